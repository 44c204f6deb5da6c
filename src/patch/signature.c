#include "patch/signature.h"

#include "base/error.h"

/* A parser of one look ahead: [at] is the next letter. */
typedef struct parser {
    const char *text, *at;
    wisp_arena *arena;
    wisp_error *err;
} parser;

enum { NUMBER_MAX = 1024 * 1024 }; /* of any number; what it means has a limit of its own */

static const struct {
    char letter;
    uint8_t size;
} scalars[] = {
#define X(letter, name, size) [WISP_PATCH_##name] = {letter, size},
    WISP_PATCH_SCALARS(X)
#undef X
};

enum { SCALARS_END = sizeof scalars / sizeof *scalars };

bool wisp_patch_kind_is_float(wisp_patch_kind kind)
{
    return kind == WISP_PATCH_F32 || kind == WISP_PATCH_F64;
}

uint32_t wisp_patch_kind_size(wisp_patch_kind kind)
{
    if (kind == WISP_PATCH_TEXT)
        return 8;
    return (uint32_t)kind < SCALARS_END ? scalars[kind].size : 0;
}

static uint64_t offset_of(const parser *p)
{
    return (uint64_t)(p->at - p->text);
}

static wisp_status fail(const parser *p, const char *expected)
{
    if (*p->at)
        return wisp_fail_at(p->err, WISP_MALFORMED, offset_of(p),
                            "signature '%.100s': '%c' at letter %u, expected %s", p->text, *p->at,
                            (unsigned)offset_of(p), expected);
    return wisp_fail_at(p->err, WISP_MALFORMED, offset_of(p),
                        "signature '%.100s' ends, expected %s", p->text, expected);
}

static wisp_status fail_limit(const parser *p, const char *what, uint32_t limit)
{
    return wisp_fail_at(p->err, WISP_LIMIT, offset_of(p),
                        "signature '%.100s': more than %u %s at letter %u", p->text,
                        (unsigned)limit, what, (unsigned)offset_of(p));
}

static bool take(parser *p, char letter)
{
    if (*p->at != letter)
        return false;
    p->at++;
    return true;
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* A number of at most [limit] [what]. */
static wisp_status take_number(parser *p, const char *what, uint32_t limit, uint32_t *out)
{
    if (!is_digit(*p->at))
        return fail(p, "a number");
    uint32_t number = 0;
    while (is_digit(*p->at)) {
        number = number * 10 + (uint32_t)(*p->at - '0');
        if (number > limit)
            return fail_limit(p, what, limit);
        p->at++;
    }
    *out = number;
    return WISP_OK;
}

/* WISP_PATCH_VOID if the next letter is no scalar's. */
static wisp_patch_kind take_scalar(parser *p)
{
    for (uint32_t kind = WISP_PATCH_VOID + 1; kind < SCALARS_END; kind++)
        if (take(p, scalars[kind].letter))
            return (wisp_patch_kind)kind;
    return WISP_PATCH_VOID;
}

static wisp_status take_member(parser *p, uint32_t size, wisp_patch_member *out)
{
    wisp_status status = take_number(p, "bytes", WISP_PATCH_STRUCT_MAX, &out->offset);
    if (status)
        return status;
    out->kind = take_scalar(p);
    if (out->kind == WISP_PATCH_VOID)
        return fail(p, "a scalar's letter");
    if (out->offset + wisp_patch_kind_size(out->kind) > size) {
        p->at--;
        return fail(p, "a member that ends within the struct");
    }
    return WISP_OK;
}

/* How many members follow, at most: each has one letter. */
static uint32_t count_members(const parser *p)
{
    uint32_t count = 0;
    for (const char *at = p->at; *at && *at != '}'; at++)
        count += !is_digit(*at);
    return count;
}

static wisp_status take_members(parser *p, wisp_patch_type *type)
{
    uint32_t count = count_members(p);
    if (count > WISP_PATCH_MEMBERS_MAX)
        return fail_limit(p, "members", WISP_PATCH_MEMBERS_MAX);
    wisp_patch_member *members = wisp_arena_alloc(p->arena, count, sizeof *members);
    if (!members && count > 0)
        return wisp_fail_memory(p->err, count * sizeof *members);
    while (!take(p, '}')) {
        if (type->member_count == count)
            return fail(p, "'}'");
        wisp_status status = take_member(p, type->size, &members[type->member_count]);
        if (status)
            return status;
        type->member_count++;
    }
    type->members = members;
    return WISP_OK;
}

static wisp_status take_struct(parser *p, wisp_patch_type *type)
{
    type->kind = WISP_PATCH_STRUCT;
    wisp_status status = take_number(p, "bytes", WISP_PATCH_STRUCT_MAX, &type->size);
    if (status)
        return status;
    if (!take(p, ','))
        return fail(p, "','");
    status = take_number(p, "bytes of alignment", WISP_PATCH_ALIGN_MAX, &type->align);
    if (status)
        return status;
    if (type->align == 0 || (type->align & (type->align - 1)))
        return fail(p, "a power of 2 before it");
    if (!take(p, ':'))
        return fail(p, "':'");
    return take_members(p, type);
}

static wisp_status take_pointee(parser *p, wisp_patch_type *type)
{
    if (!is_digit(*p->at))
        return WISP_OK;
    wisp_status status = take_number(p, "bytes", NUMBER_MAX, &type->pointee);
    if (status == WISP_OK && type->pointee == 0)
        return fail(p, "a size other than 0 before it");
    return status;
}

static wisp_status take_type(parser *p, wisp_patch_type *type)
{
    *type = (wisp_patch_type){0};
    if (take(p, '{'))
        return take_struct(p, type);
    type->kind = take(p, 'z') ? WISP_PATCH_TEXT : take_scalar(p);
    if (type->kind == WISP_PATCH_VOID)
        return fail(p, "a type");
    type->size = type->align = wisp_patch_kind_size(type->kind);
    return type->kind == WISP_PATCH_POINTER ? take_pointee(p, type) : WISP_OK;
}

/* How many parameters follow, at most: each type has a letter outside of brackets. */
static uint32_t count_params(const parser *p)
{
    uint32_t count = 0;
    bool is_inside = false;
    for (const char *at = p->at; *at && *at != ')'; at++) {
        count += !is_inside && !is_digit(*at);
        is_inside = *at == '{' || (is_inside && *at != '}');
    }
    return count;
}

static wisp_status take_params(parser *p, wisp_patch_signature *out)
{
    uint32_t count = count_params(p);
    if (count > WISP_PATCH_PARAMS_MAX)
        return fail_limit(p, "parameters", WISP_PATCH_PARAMS_MAX);
    wisp_patch_type *params = wisp_arena_alloc(p->arena, count, sizeof *params);
    if (!params && count > 0)
        return wisp_fail_memory(p->err, count * sizeof *params);
    while (!take(p, ')')) {
        if (out->param_count == count)
            return fail(p, "')'");
        wisp_status status = take_type(p, &params[out->param_count]);
        if (status)
            return status;
        out->param_count++;
    }
    out->params = params;
    return WISP_OK;
}

wisp_status wisp_patch_signature_read(wisp_arena *arena, const char *text,
                                      wisp_patch_signature *out, wisp_error *err)
{
    parser p = {text, text, arena, err};
    *out = (wisp_patch_signature){0};
    if (!take(&p, '('))
        return fail(&p, "'('");
    wisp_status status = take_params(&p, out);
    if (status == WISP_OK && *p.at)
        status = take_type(&p, &out->result);
    if (status == WISP_OK && *p.at)
        status = fail(&p, "the end");
    return status;
}
