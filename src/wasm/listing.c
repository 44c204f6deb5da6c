#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "wasm/bits.h"
#include "wasm/code_layout.h"
#include "wasm/compiler.h"
#include "wasm/types.h"

/*
 * Code as text, for people (wisp_module_list_code). The compiler takes instructions back and
 * makes others of them, so nothing is told until the function is finished: by then there is a
 * mark at each register instruction that says which one of WebAssembly it came from.
 */

/* An instruction of WebAssembly. */
typedef struct origin {
    uint32_t offset;
    const wisp_opcode *opcode;
    const char *text;
} origin;

/* A head as it is in the code. */
typedef struct head {
    uint16_t units[WISP_UNITS_HEAD];
    uint16_t code;
} head;

typedef struct listing {
    const wisp_module *module;
    const wisp_allocator *allocator;
    wisp_compiler *c;
    wisp_code_sink *sink;
    void *user;
    wisp_error *err;
    uint32_t entry;  /* unit where the code begins */
    size_t mark;     /* how many have been told */
    uint32_t second; /* code of the next one, which is joined to the last one; 0 if it is not */
    head *heads;     /* of all codes, sorted */
    origin *origins;
    size_t origin_len, origin_capacity;
} listing;

/* ------------------------------------------------------------------ lines */

enum { NAME_COLUMN = 16, OPERANDS_COLUMN = 18 };

/* One line of text, cut where it is too long. */
typedef struct text {
    char chars[200];
    size_t size;
} text;

WISP_PRINTF(2, 3)
static void add(text *l, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    size_t room = sizeof l->chars - l->size;
    int size = vsnprintf(l->chars + l->size, room, format, list);
    va_end(list);
    l->size = size >= 0 && (size_t)size < room ? l->size + (size_t)size : sizeof l->chars - 1;
}

static void tell(const listing *l, const text *line)
{
    l->sink(l->user, line->chars);
}

/* ------------------------------------------------------------------ WebAssembly */

static void add_blocktype(text *l, wisp_reader *r)
{
    int64_t type;
    if (!wisp_read_leb_s33(r, &type) || type == -0x40)
        return;
    if (type >= 0)
        add(l, " type %" PRId64, type);
    else
        add(l, " %s", wisp_valtype_name((wisp_valtype)(type & 0x7f)));
}

/* The offset of an access to memory, and which memory if it is not the first. */
static void add_memarg(text *l, wisp_reader *r)
{
    enum { HAS_MEMORY = 0x40 };
    uint32_t flags, memory;
    uint64_t offset;
    if (!wisp_read_leb_u32(r, &flags))
        return;
    if (flags & HAS_MEMORY && wisp_read_leb_u32(r, &memory))
        add(l, " memory=%" PRIu32, memory);
    if (wisp_read_leb_u64(r, &offset) && offset != 0)
        add(l, " offset=%" PRIu64, offset);
}

static void add_constant(text *l, wisp_shape shape, wisp_reader *r)
{
    union {
        int32_t i32;
        int64_t i64;
        uint32_t bits32;
        uint64_t bits64;
        float f32;
        double f64;
    } value;
    if (shape == WISP_SHAPE_I32_CONST && wisp_read_leb_s32(r, &value.i32))
        add(l, " %" PRId32, value.i32);
    else if (shape == WISP_SHAPE_I64_CONST && wisp_read_leb_s64(r, &value.i64))
        add(l, " %" PRId64, value.i64);
    else if (shape == WISP_SHAPE_F32_CONST && wisp_read_u32le(r, &value.bits32))
        add(l, " %.9g", (double)value.f32);
    else if (shape == WISP_SHAPE_F64_CONST && wisp_read_u64le(r, &value.bits64))
        add(l, " %.17g", value.f64);
}

static void add_bytes(text *l, wisp_reader *r)
{
    uint8_t byte;
    add(l, " ");
    while (wisp_read_u8(r, &byte))
        add(l, "%02x", byte);
}

static void add_numbers(text *l, wisp_reader *r)
{
    uint64_t number;
    while (wisp_read_leb_u64(r, &number))
        add(l, " %" PRIu64, number);
}

/* The immediates that [r] is at; those of rare instructions as they are encoded. */
static void add_immediates(text *l, wisp_shape shape, uint32_t number, wisp_reader *r)
{
    uint32_t count;
    switch (shape) {
    case WISP_SHAPE_BLOCK:
    case WISP_SHAPE_LOOP:
    case WISP_SHAPE_IF:
    case WISP_SHAPE_TRY:
    case WISP_SHAPE_TRY_TABLE:
        add_blocktype(l, r);
        break;
    case WISP_SHAPE_BR_TABLE:
        if (!wisp_read_leb_u32(r, &count))
            return;
        break;
    case WISP_SHAPE_VECTOR:
        if (number == WISP_VECTOR_CONST)
            add_bytes(l, r);
        break;
    case WISP_SHAPE_LOAD_1:
    case WISP_SHAPE_LOAD_2:
    case WISP_SHAPE_LOAD_4:
    case WISP_SHAPE_LOAD_8:
    case WISP_SHAPE_STORE_1:
    case WISP_SHAPE_STORE_2:
    case WISP_SHAPE_STORE_4:
    case WISP_SHAPE_STORE_8:
        add_memarg(l, r);
        break;
    default:
        add_constant(l, shape, r);
    }
    add_numbers(l, r);
}

/* The [index]-th instruction. Its immediates end where the next one begins. */
static void tell_origin(const listing *l, size_t index)
{
    const origin *o = &l->origins[index];
    wisp_span body = l->module->functions[l->c->function].body;
    uint32_t end =
        index + 1 < l->origin_len ? l->origins[index + 1].offset : body.offset + body.size;
    wisp_reader r =
        wisp_reader_of(wisp_module_span(l->module, (wisp_span){o->offset, end - o->offset}));
    text line = {.size = 0};
    add(&line, "  0x%06" PRIx32 "  %s", o->offset, o->text);
    uint8_t byte;
    uint32_t number = 0;
    if (wisp_read_u8(&r, &byte) &&
        (byte < WISP_OPCODE_PREFIX_FC || wisp_read_leb_u32(&r, &number)))
        add_immediates(&line, o->opcode->shape, number, &r);
    tell(l, &line);
}

/* ------------------------------------------------------------------ register code */

static int compare_heads(const void *a, const void *b)
{
    return memcmp(((const head *)a)->units, ((const head *)b)->units,
                  WISP_UNITS_HEAD * sizeof(uint16_t));
}

static head *sorted_heads(const wisp_allocator *allocator)
{
    head *heads = wisp_alloc(allocator, WISP_CODE_COUNT, sizeof *heads);
    for (uint32_t code = 0; heads && code < WISP_CODE_COUNT; code++) {
        wisp_code_head(code, heads[code].units);
        heads[code].code = (uint16_t)code;
    }
    if (heads)
        qsort(heads, WISP_CODE_COUNT, sizeof *heads, compare_heads);
    return heads;
}

static uint32_t code_at(const listing *l, uint32_t unit)
{
    head wanted;
    memcpy(wanted.units, &l->c->code[unit], sizeof wanted.units);
    const head *found = bsearch(&wanted, l->heads, WISP_CODE_COUNT, sizeof wanted, compare_heads);
    return found ? found->code : WISP_CODE_COUNT;
}

/* A number that unit [at] holds is where a jump goes, from there. */
static uint32_t target_of(const listing *l, uint32_t at)
{
    return at + wisp_unit32(&l->c->code[at]);
}

static void add_operand(const listing *l, text *line, char letter, uint32_t at)
{
    const uint16_t *unit = &l->c->code[at];
    switch (letter) {
    case 'd':
        add(line, "s%u =", *unit);
        return;
    case '_':
        add(line, "acc =");
        return;
    case 's':
        add(line, "s%u", *unit);
        return;
    case 'a':
        add(line, "acc");
        return;
    case 'n':
        add(line, "%u", *unit);
        return;
    case 'k':
        add(line, "%s", wisp_code_name(*unit & ~WISP_ACCESS_UPPER_HALF));
        return;
    case 'i':
        add(line, "%" PRId32, (int32_t)wisp_unit32(unit));
        return;
    case 'f':
        add(line, "%.9g", (double)wisp_unit_f32(unit));
        return;
    case 'F':
        add(line, "%.17g", wisp_unit_f64(unit));
        return;
    case 'C':
        add(line, "0x%" PRIx64, wisp_unit64(unit));
        return;
    case 'V':
        add(line, "0x%016" PRIx64 " 0x%016" PRIx64, wisp_unit64(unit),
            wisp_unit64(unit + WISP_UNITS_64));
        return;
    case 'o':
        add(line, "+%" PRIu32, wisp_unit32(unit));
        return;
    case 'O':
        add(line, "+%" PRIu64, wisp_unit64(unit));
        return;
    case 'x':
        add(line, "#%" PRIu32, wisp_unit32(unit));
        return;
    case 'c':
        add(line, "func %td",
            (const wisp_function *)(uintptr_t)wisp_unit64(unit) - l->module->functions);
        return;
    case 'j':
        add(line, "-> %" PRIu32, target_of(l, at));
        return;
    case 'w':
        add(line, "fuel %" PRIu32, wisp_unit32(unit));
        return;
    }
}

/* The jumps of a table behind [at], where the last one's number is, a line each. */
static void tell_table(const listing *l, uint32_t at)
{
    uint32_t last = wisp_unit32(&l->c->code[at]);
    for (uint32_t i = 0; i <= last; i++) {
        text line = {.size = 0};
        add(&line, "%*s", OPERANDS_COLUMN, "");
        if (i < last)
            add(&line, "%" PRIu32 " ", i);
        else
            add(&line, "else ");
        add(&line, "-> %" PRIu32, target_of(l, at + (i + 1) * WISP_UNITS_32));
        tell(l, &line);
    }
}

/* The instruction that begins at [unit]. One that is joined to that before it has a plus sign
 * there, and begins where its head would be. */
static void add_code(const listing *l, text *line, uint32_t unit, uint32_t code)
{
    if (l->second)
        add(line, "%*s  %s", NAME_COLUMN - 2, "+", wisp_code_name(code));
    else
        add(line, "%*" PRIu32 "  %s", NAME_COLUMN - 2, unit, wisp_code_name(code));
}

/* The instruction from [unit] to where the next one begins. */
static wisp_status tell_code(listing *l, uint32_t unit, uint32_t end)
{
    uint32_t code = l->second ? l->second : code_at(l, unit), second = 0;
    if (wisp_code_is_joined(code, &code, &second))
        end += WISP_UNITS_HEAD;
    uint32_t units = wisp_code_units(code, &l->c->code[unit]);
    if (!wisp_code_layout(code) || units != end - unit)
        return wisp_fail(l->err, WISP_INVALID,
                         "unit %" PRIu32 ": %s of %" PRIu32 " units, not %" PRIu32, unit,
                         wisp_code_name(code), end - unit, units);
    text line = {.size = 0};
    add_code(l, &line, unit, code);
    l->second = second;
    uint32_t at = unit + WISP_UNITS_HEAD, table = 0;
    const char *between = "  ";
    for (const char *letter = wisp_code_layout(code); *letter; letter++) {
        if (*letter == 't') {
            table = at;
        } else {
            add(&line, "%s", between);
            add_operand(l, &line, *letter, at);
            between = *letter == 'd' || *letter == '_' ? " " : ", ";
        }
        at += wisp_code_operand_units(*letter, &l->c->code[at]);
    }
    tell(l, &line);
    if (table)
        tell_table(l, table);
    return WISP_OK;
}

/* All code that came from what is before [offset]. */
static wisp_status tell_codes(listing *l, uint32_t offset)
{
    const wisp_compiler *c = l->c;
    wisp_status status = WISP_OK;
    for (; status == WISP_OK && l->mark < c->mark_len && c->marks[l->mark].offset < offset;
         l->mark++) {
        uint32_t end =
            l->mark + 1 < c->mark_len ? c->marks[l->mark + 1].unit : (uint32_t)c->code_len;
        if (c->marks[l->mark].unit >= l->entry)
            status = tell_code(l, c->marks[l->mark].unit, end);
    }
    return status;
}

/* ------------------------------------------------------------------ functions */

static void tell_function(const listing *l, uint32_t index)
{
    text line = {.size = 0};
    char type[120];
    wisp_bytes name = wisp_module_function_name(l->module, index);
    wisp_functype_print(wisp_module_functype(l->module, index), type, sizeof type);
    add(&line, "func %" PRIu32, index);
    if (name.data)
        add(&line, " %.*s", (int)name.size, (const char *)name.data);
    add(&line, " %s: %zu units of code, %" PRIu32 " slots", type, l->c->code_len,
        l->c->slots_max);
    tell(l, &line);
}

static wisp_status walk(listing *l, uint32_t index)
{
    wisp_compiler *c = l->c;
    c->is_listed = true;
    c->locate = INT32_MAX;
    wisp_compile_begin(c, index, l->err);
    while (wisp_compile_step(c)) {
        if (!wisp_array_reserve(l->allocator, &l->origins, &l->origin_capacity, l->origin_len + 1,
                                sizeof *l->origins))
            return wisp_fail_memory(l->err, (l->origin_len + 1) * sizeof *l->origins);
        l->origins[l->origin_len++] = (origin){
            .offset = wisp_compile_offset(c), .opcode = c->opcode, .text = wisp_compile_text(c)};
    }
    l->entry = wisp_compile_finish(c);
    return c->status;
}

static wisp_status list(listing *l, uint32_t index)
{
    wisp_status status = walk(l, index);
    if (status)
        return status;
    tell_function(l, index);
    for (size_t i = 0; i < l->origin_len && status == WISP_OK; i++) {
        status = tell_codes(l, l->origins[i].offset);
        if (status == WISP_OK)
            tell_origin(l, i);
    }
    return status ? status : tell_codes(l, UINT32_MAX);
}

wisp_status wisp_module_list_code(const wisp_module *module, const wisp_allocator *allocator,
                                  uint32_t func_index, wisp_code_sink *sink, void *user,
                                  wisp_error *err)
{
    if (func_index >= module->function_count)
        return wisp_fail(err, WISP_INVALID, "no function %" PRIu32 ": the module has %" PRIu32,
                         func_index, module->function_count);
    if (func_index < module->imported_functions)
        return wisp_fail(err, WISP_INVALID, "function %" PRIu32 " is imported: it has no code",
                         func_index);
    allocator = wisp_allocator_or_default(allocator);
    listing l = {
        .module = module, .allocator = allocator, .sink = sink, .user = user, .err = err};
    wisp_status status = wisp_compiler_new(module, allocator, true, &l.c, err);
    if (status)
        return status;
    l.heads = sorted_heads(allocator);
    status =
        l.heads ? list(&l, func_index) : wisp_fail_memory(err, WISP_CODE_COUNT * sizeof *l.heads);
    wisp_free(allocator, l.origins, l.origin_capacity * sizeof *l.origins);
    wisp_free(allocator, l.heads, WISP_CODE_COUNT * sizeof *l.heads);
    wisp_compiler_free(l.c);
    return status;
}
