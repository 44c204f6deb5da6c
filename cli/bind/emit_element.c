#include "emit.h"

#include "../take.h"

#include <stdlib.h>
#include <string.h>

/* The functions for structs: from the module's bytes to one of the program's and back. */

/* How a field is called in errors: "item.label". */
static const char *what_of(const emitter *e, const char *owner, const plan_item *item)
{
    return take_print(e->arena, "%s.%s", owner, item->name);
}

/* Where something is: its bytes, and the program's own of it. */
typedef struct spot {
    const char *owner;  /* for errors */
    const char *base;   /* "to->" or "from->" */
    const char *lvalue; /* the program's */
    const char *index;  /* of its bytes: what loops add, "i0 * 4 + " … */
    uint32_t offset;    /* … to this */
    int loops;          /* around it */
} spot;

/* "bytes + i0 * 4 + 8" */
static const char *bytes_at(const emitter *e, const spot *at)
{
    return take_print(e->arena, "bytes + %s%u", at->index, at->offset);
}

/* The field [item] of the struct at [at]. */
static spot field_spot(const emitter *e, const plan_item *item, const spot *at)
{
    spot field = *at;
    field.offset += item->field->bit_width ? 0 : item->field->offset_bits / 8;
    if (item->name[0])
        field.lvalue = take_print(e->arena, "%s%s", at->lvalue, item->name);
    return field;
}

/* Inside [at], which is a struct in place. */
static spot inner_spot(const emitter *e, const plan_item *item, const spot *at)
{
    spot inner = *at;
    if (item->name[0])
        inner.lvalue = take_print(e->arena, "%s.", at->lvalue);
    return inner;
}

static const char *raw_number(const emitter *e, const c_type *guest, const spot *at)
{
    if (guest->size == 1)
        return take_print(e->arena, "bytes[%s%u]", at->index, at->offset);
    return take_print(e->arena, "wisp_get_%c%u(%s)", guest->kind == C_FLOAT ? 'f' : 'u',
                      guest->size * 8, bytes_at(e, at));
}

/* The bit of the struct's bytes at which the bit-field [item] begins. */
static const char *first_bit(const emitter *e, const plan_item *item, const spot *at)
{
    uint32_t bit = at->offset * 8 + item->field->offset_bits;
    if (!at->index[0])
        return take_print(e->arena, "%u", bit);
    return take_print(e->arena, "(%s0) * 8 + %u", at->index, bit);
}

typedef void item_emitter(emitter *e, const plan_item *item, const spot *at);

/* Numbers first: what others are counted by must be there. */
static void emit_fields(emitter *e, const plan_item *items, size_t len, const spot *at,
                        item_emitter *one)
{
    for (int late = 0; late < 2; late++)
        for (size_t i = 0; i < len; i++) {
            bool is_late = items[i].shape != SHAPE_VALUE && items[i].shape != SHAPE_BYTES;
            spot field = field_spot(e, &items[i], at);
            if (is_late == (late == 1) && items[i].shape != SHAPE_NOTHING)
                one(e, &items[i], &field);
        }
}

static void emit_array(emitter *e, const plan_item *item, const spot *at, item_emitter *one)
{
    spot element = *at;
    const char *index = take_print(e->arena, "i%d", at->loops);
    element.loops++;
    element.lvalue = take_print(e->arena, "%s[%s]", at->lvalue, index);
    element.index = take_print(e->arena, "%s%s * %u + ", at->index, index, item->of->guest->size);
    emit(e, "for (uint32_t %s = 0; %s < %llu; %s++) {", index, index,
         (unsigned long long)item->guest->len, index);
    e->depth++;
    one(e, item->of, &element);
    emit_close(e);
}

static const plan_item *find_member(const plan_item *item, const char *name)
{
    for (size_t i = 0; i < item->of_len; i++)
        if (strcmp(item->of[i].name, name) == 0)
            return &item->of[i];
    return NULL;
}

static void emit_union(emitter *e, const plan_item *item, const spot *at, item_emitter *one)
{
    const annotation *notes = &item->notes;
    const spot inner = inner_spot(e, item, at);
    bool has_default = false;
    emit(e, "switch (%s%s) {", at->base, item->tag);
    for (size_t i = 0; i < notes->variant_len; i++) {
        const variant *v = &notes->variants[i];
        has_default |= v->value == NULL;
        emit(e, v->value ? "case %s:" : "default:", v->value);
        e->depth++;
        if (v->member) {
            const plan_item *member = find_member(item, v->member);
            spot field = field_spot(e, member, &inner);
            one(e, member, &field);
        }
        emit(e, "break;");
        e->depth--;
    }
    if (!has_default) {
        emit(e, "default:");
        emit(e, "    wisp_bind_fail(call, \"%s.%s\", \"is none of those that are known\");",
             at->owner, item->tag);
    }
    emit(e, "}");
}

/* ------------------------------------------------------------------ from bytes */

static void read_value(emitter *e, const plan_item *item, const spot *at, const char *what)
{
    uint32_t width = item->field ? item->field->bit_width : 0;
    if (width)
        emit(e, "%s = (%s)wisp_bind_get_%sbits(bytes, %s, %u);", at->lvalue, item->host->text,
             item->guest->is_signed ? "signed_" : "", first_bit(e, item, at), width);
    else
        emit(e, "%s = %s;", at->lvalue,
             c_number_to_host(e, what, item->guest, item->host, raw_number(e, item->guest, at)));
}

static void read_item(emitter *e, const plan_item *item, const spot *at)
{
    const char *what = what_of(e, at->owner, item);
    const char *address = take_print(e->arena, "wisp_get_u32(%s)", bytes_at(e, at));
    const char *optional = c_bool(annotation_says(&item->notes, WORD_opt));
    const spot inner = inner_spot(e, item, at);
    switch (item->shape) {
    case SHAPE_VALUE:
        read_value(e, item, at, what);
        break;
    case SHAPE_BYTES:
        emit(e, "memcpy(&%s, %s, %u);", at->lvalue, bytes_at(e, at), item->guest->size);
        break;
    case SHAPE_COOKIE:
        emit(e, "%s = (void *)(uintptr_t)%s;", at->lvalue, address);
        break;
    case SHAPE_TEXT:
        emit(e, "%s = wisp_bind_text(call, \"%s\", %s, %s, %s);", at->lvalue, what, address,
             item->notes.text_max ? item->notes.text_max : "0", optional);
        break;
    case SHAPE_OBJECTS:
        emit(e, "%s = %s;", at->lvalue, c_get(e, item, what, address, c_len(e, item, at->base)));
        break;
    case SHAPE_HANDLE:
        emit(e, "%s = wisp_bind_handle(call, \"%s\", &type_%s, %s, %s);", at->lvalue, what,
             item->handle->name, address, optional);
        break;
    case SHAPE_ARRAY:
        emit_array(e, item, at, read_item);
        break;
    case SHAPE_UNION:
        emit_union(e, item, at, read_item);
        break;
    case SHAPE_RECORD:
        if (item->element)
            emit(e, "read_%s(call, %s, &%s);", item->element->name, bytes_at(e, at), at->lvalue);
        else
            emit_fields(e, item->of, item->of_len, &inner, read_item);
        break;
    default:
        break;
    }
}

/* ------------------------------------------------------------------ to bytes */

static void write_number(emitter *e, const plan_item *item, const spot *at, const char *number)
{
    uint32_t width = item->field ? item->field->bit_width : 0;
    if (width)
        emit(e, "wisp_bind_put_bits(bytes, %s, %u, (uint64_t)%s);", first_bit(e, item, at), width,
             number);
    else if (item->guest->size == 1)
        emit(e, "bytes[%s%u] = %s;", at->index, at->offset, c_cast(e, "uint8_t", number));
    else
        emit(e, "wisp_put_%c%u(%s, %s);", item->guest->kind == C_FLOAT ? 'f' : 'u',
             item->guest->size * 8, bytes_at(e, at), number);
}

static void write_item(emitter *e, const plan_item *item, const spot *at)
{
    const char *what = what_of(e, at->owner, item), *number;
    const spot inner = inner_spot(e, item, at);
    switch (item->shape) {
    case SHAPE_VALUE:
        write_number(e, item, at,
                     c_number_to_guest(e, what, item->guest, item->host, at->lvalue));
        break;
    case SHAPE_BYTES:
        emit(e, "memcpy(%s, &%s, %u);", bytes_at(e, at), at->lvalue, item->guest->size);
        break;
    case SHAPE_COOKIE:
        number =
            take_print(e->arena, "(uint32_t)wisp_bind_unsigned(call, \"%s\", (uintptr_t)%s, 32)",
                       what, at->lvalue);
        write_number(e, item, at, number);
        break;
    case SHAPE_TEXT:
        number = take_print(e->arena, "wisp_bind_lend_text(call, \"%s\", %s, %s)", what,
                            at->lvalue, c_bool(item->notes.lent != LENT_EVENT));
        write_number(e, item, at, number);
        break;
    case SHAPE_OBJECTS:
        number = c_lend(e, item, what, at->lvalue, c_len(e, item, at->base));
        write_number(e, item, at, number);
        break;
    case SHAPE_HANDLE:
        number = take_print(e->arena, "wisp_bind_handle_to(call, \"%s\", &type_%s, %s, %s)", what,
                            item->handle->name, at->lvalue,
                            c_bool(annotation_says(&item->notes, WORD_new)));
        write_number(e, item, at, number);
        break;
    case SHAPE_ARRAY:
        emit_array(e, item, at, write_item);
        break;
    case SHAPE_UNION:
        emit_union(e, item, at, write_item);
        break;
    case SHAPE_RECORD:
        if (item->element)
            emit(e, "write_%s(call, %s, &%s);", item->element->name, bytes_at(e, at), at->lvalue);
        else
            emit_fields(e, item->of, item->of_len, &inner, write_item);
        break;
    default:
        break;
    }
}

/* ------------------------------------------------------------------ functions */

/* A number is an element without fields. */
static plan_item number_item(const plan_element *element)
{
    return (plan_item){
        .name = "value", .guest = element->guest, .host = element->host, .shape = SHAPE_VALUE};
}

/* The body of read or write, which may have no need of [call]. */
static void emit_body(emitter *e, const plan_element *element, const char *base,
                      item_emitter *one)
{
    char *text = NULL;
    size_t size;
    FILE *out = e->out;
    spot at = {element->guest->name, base, base, "", 0, 0};
    e->out = open_memstream(&text, &size);
    e->depth++;
    if (element->guest->kind == C_RECORD) {
        emit_fields(e, element->fields, element->field_len, &at, one);
    } else {
        plan_item number = number_item(element);
        at.lvalue = base[0] == 't' ? "*to" : "*from";
        one(e, &number, &at);
    }
    fclose(e->out);
    e->out = out;
    if (!strstr(text, "(call"))
        emit(e, "(void)call;");
    fputs(text, out);
    free(text);
    e->depth--;
}

static void emit_read(emitter *e, const plan_element *element)
{
    const char *to = c_declare(e, element->host, "");
    emit(e, "static void read_%s(wisp_bind_call *call, const uint8_t *bytes, %s*to)",
         element->name, to);
    emit(e, "{");
    if (element->is_alike)
        emit(e, "    (void)call;\n    memcpy(to, bytes, %u);", element->guest->size);
    else
        emit_body(e, element, "to->", read_item);
    emit(e, "}");
    emit_blank(e);
}

static void emit_get(emitter *e, const plan_element *element)
{
    const char *type = c_declare(e, element->host, "");
    const c_type *guest = element->guest;
    emit(e,
         "static %s*get_%s(wisp_bind_call *call, const char *what, uint32_t address, "
         "uint64_t count,",
         type, element->name);
    emit(e, "    bool is_optional)");
    emit_open(e);
    emit(e,
         "const uint8_t *bytes = wisp_bind_get(call, what, address, count, %u, %u, "
         "is_optional);",
         guest->size, guest->alignment);
    emit(e, "%s*to = bytes ? wisp_bind_scratch(call, count, sizeof *to) : NULL;", type);
    emit(e, "for (uint64_t i = 0; to && i < count; i++)");
    emit(e, "    read_%s(call, bytes + i * %u, &to[i]);", element->name, guest->size);
    emit(e, "return to;");
    emit_close(e);
    emit_blank(e);
}

static void emit_write(emitter *e, const plan_element *element)
{
    emit(e, "static void write_%s(wisp_bind_call *call, uint8_t *bytes, const %s*from)",
         element->name, c_declare(e, element->host, ""));
    emit(e, "{");
    if (element->is_dense)
        emit(e, "    (void)call;\n    memcpy(bytes, from, %u);", element->guest->size);
    else
        emit_body(e, element, "from->", write_item);
    emit(e, "}");
    emit_blank(e);
}

static void emit_pack(emitter *e, const plan_element *element)
{
    uint32_t size = element->guest->size;
    emit(e, "static uint8_t *pack_%s(wisp_bind_call *call, const %s*from, uint64_t count)",
         element->name, c_declare(e, element->host, ""));
    emit_open(e);
    emit(e, "uint8_t *bytes = from ? wisp_bind_scratch(call, count, %u) : NULL;", size);
    emit(e, "for (uint64_t i = 0; bytes && i < count; i++)");
    emit(e, "    write_%s(call, bytes + i * %u, &from[i]);", element->name, size);
    emit(e, "return bytes;");
    emit_close(e);
    emit_blank(e);
}

static void emit_element(emitter *e, plan_element *element);

static void emit_needed(emitter *e, const plan_item *items, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (items[i].element)
            emit_element(e, items[i].element);
        emit_needed(e, items[i].of, items[i].of_len);
    }
}

static void emit_element(emitter *e, plan_element *element)
{
    unsigned uses = element->uses;
    if (!uses || element->is_told)
        return;
    element->is_told = true;
    emit_needed(e, element->fields, element->field_len);
    if (uses & USE_READ)
        emit_read(e, element);
    if ((uses & USE_GET) && !element->is_alike)
        emit_get(e, element);
    if (uses & USE_WRITE)
        emit_write(e, element);
    if ((uses & USE_PACK) && !element->is_dense)
        emit_pack(e, element);
}

void emit_elements(emitter *e)
{
    for (size_t i = 0; i < e->plan->elements.len; i++)
        emit_element(e, e->plan->elements.items[i]);
}
