#include "bridge/signature.h"

#include "base/error.h"

/* A parser of one look ahead. [at] is the next letter; a fault is told once. */
typedef struct parser {
    const char *text, *at;
    char address;
    wisp_signature *signature;
    wisp_error *err;
} parser;

enum { SIZE_MAX_DIGITS = 9, ALIGNMENT_MAX = 16 };

static wisp_status fail(const parser *p, const char *expected)
{
    if (*p->at)
        return wisp_fail(p->err, WISP_INVALID,
                         "signature '%.100s': '%c' at letter %u, expected %s", p->text, *p->at,
                         (unsigned)(p->at - p->text), expected);
    return wisp_fail(p->err, WISP_INVALID, "signature '%.100s' ends, expected %s", p->text,
                     expected);
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

/* A number of a few digits, or [otherwise] where there is none. */
static wisp_status take_number(parser *p, uint32_t otherwise, uint32_t *out)
{
    *out = is_digit(*p->at) ? 0 : otherwise;
    for (int digits = 0; is_digit(*p->at); digits++) {
        if (digits == SIZE_MAX_DIGITS)
            return fail(p, "a smaller number");
        *out = *out * 10 + (uint32_t)(*p->at++ - '0');
    }
    return WISP_OK;
}

/* The parameter between the brackets; whether it can count is seen when all are known. */
static wisp_status take_count(parser *p, wisp_param *param)
{
    uint32_t index;
    wisp_status status = take_number(p, WISP_BRIDGE_PARAMS_MAX, &index);
    if (status)
        return status;
    if (index >= WISP_BRIDGE_PARAMS_MAX)
        return fail(p, "the parameter that counts");
    param->count_at = (uint8_t)index;
    return take(p, ']') ? WISP_OK : fail(p, "']'");
}

static wisp_status take_extent(parser *p, wisp_param *param)
{
    bool has_size = is_digit(*p->at);
    wisp_status status = take_number(p, 1, &param->size);
    if (status)
        return status;
    if (has_size && param->size == 0)
        return fail(p, "a size other than 0 before it");
    if (take(p, '['))
        return take_count(p, param);
    return has_size ? WISP_OK : fail(p, "a size or '['");
}

static wisp_status take_alignment(parser *p, wisp_param *param)
{
    uint32_t alignment;
    wisp_status status = take_number(p, 0, &alignment);
    if (status)
        return status;
    if (alignment < 2 || alignment > ALIGNMENT_MAX || (alignment & (alignment - 1)))
        return fail(p, "2, 4, 8 or 16 before it");
    param->alignment = (uint8_t)alignment;
    return WISP_OK;
}

static wisp_status take_pointer(parser *p, wisp_param *param)
{
    wisp_status status;
    param->is_read = take(p, '<');
    param->is_written = take(p, '>');
    if (param->is_read || param->is_written) {
        param->kind = WISP_PARAM_BYTES;
        status = take_extent(p, param);
    } else {
        p->at++;
        param->kind = WISP_PARAM_TEXT;
        p->signature->has_text = true;
        param->is_read = true;
        status = take_number(p, 0, &param->size);
    }
    if (status == WISP_OK && take(p, '@'))
        status = take_alignment(p, param);
    if (take(p, '?'))
        param->null = WISP_NULL_ALLOWED;
    else if (take(p, '!'))
        param->null = WISP_NULL_REFUSED;
    return status;
}

/* One parameter, whose letter of a plain signature goes to *[plain]. */
static wisp_status take_param(parser *p, wisp_param *param, char *plain)
{
    *param = (wisp_param){.alignment = 1, .count_at = WISP_PARAM_NO_COUNT};
    *plain = p->address;
    if (*p->at == '<' || *p->at == '>' || *p->at == '$')
        return take_pointer(p, param);
    if (take(p, 'z'))
        param->kind = WISP_PARAM_SIZE;
    else
        *plain = *p->at++;
    return WISP_OK;
}

static void skip_spaces(parser *p)
{
    while (take(p, ' '))
        continue;
}

static wisp_status take_params(parser *p, char *plain)
{
    wisp_signature *s = p->signature;
    s->param_count = 0;
    s->has_text = false;
    for (skip_spaces(p); !take(p, ')'); skip_spaces(p)) {
        if (!*p->at)
            return fail(p, "')'");
        if (s->param_count == WISP_BRIDGE_PARAMS_MAX)
            return fail(p, "')' after 16 parameters");
        wisp_status status = take_param(p, &s->params[s->param_count], plain + s->param_count);
        if (status)
            return status;
        s->param_count++;
    }
    return WISP_OK;
}

static wisp_status take_results(parser *p, char *plain)
{
    uint32_t count = 0;
    for (; *p->at; p->at++, count++) {
        if (count == WISP_BRIDGE_RESULTS_MAX)
            return fail(p, "no more than 16 results");
        plain[count] = *p->at == 'z' ? p->address : *p->at;
    }
    plain[count] = '\0';
    return WISP_OK;
}

/* Each parameter that counts must be there and be an integer. */
static wisp_status check_counts(const parser *p)
{
    const wisp_signature *s = p->signature;
    for (uint32_t i = 0; i < s->param_count; i++) {
        uint32_t at = s->params[i].count_at;
        if (at == WISP_PARAM_NO_COUNT)
            continue;
        bool is_number = at < s->param_count && (s->params[at].kind == WISP_PARAM_SIZE ||
                                                 s->params[at].kind == WISP_PARAM_VALUE);
        if (!is_number || (s->plain[1 + at] != 'i' && s->plain[1 + at] != 'I'))
            return wisp_fail(
                p->err, WISP_INVALID,
                "signature '%.100s': parameter %u, which counts for %u, is no i, I or z", p->text,
                at, i);
    }
    return WISP_OK;
}

wisp_status wisp_signature_parse(const char *text, char address, wisp_signature *out,
                                 wisp_error *err)
{
    parser p = {text, text, address, out, err};
    if (!take(&p, '('))
        return fail(&p, "'('");
    out->plain[0] = '(';
    wisp_status status = take_params(&p, out->plain + 1);
    if (status)
        return status;
    out->plain[1 + out->param_count] = ')';
    status = take_results(&p, out->plain + 2 + out->param_count);
    return status ? status : check_counts(&p);
}
