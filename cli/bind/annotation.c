#include "annotation.h"

#include "../take.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>

typedef struct parser {
    const char *text, *at;
    wisp_arena *arena;
    annotation *out;
    int depth; /* of parentheses */
    wisp_error *err;
} parser;

enum { DEPTH_MAX = 32 };

static wisp_status fail(const parser *p, const char *expected)
{
    uint64_t offset = (uint64_t)(p->at - p->text);
    if (*p->at)
        return wisp_fail_at(p->err, WISP_INVALID, offset, "'%.60s' at '%.20s', expected %s",
                            p->text, p->at, expected);
    return wisp_fail_at(p->err, WISP_INVALID, offset, "'%.60s' ends, expected %s", p->text,
                        expected);
}

static void skip_spaces(parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static bool take_mark(parser *p, const char *mark)
{
    skip_spaces(p);
    size_t size = strlen(mark);
    if (strncmp(p->at, mark, size) != 0)
        return false;
    p->at += size;
    return true;
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The name or number that comes next; NULL where none does. */
static const char *take_word(parser *p)
{
    skip_spaces(p);
    size_t size = 0;
    while (is_letter(p->at[size]))
        size++;
    if (size == 0)
        return NULL;
    p->at += size;
    return take_text(p->arena, p->at - size, size);
}

/* ------------------------------------------------------------------ counts */

static wisp_status take_count(parser *p, const count **out);

static const count *make_count(parser *p, count_kind kind, const char *text, const count *left,
                               const count *right)
{
    count *made = take(p->arena, 1, sizeof *made);
    *made = (count){kind, text, left, right};
    return made;
}

static bool is_number(const char *word)
{
    size_t digits = strspn(word, "0123456789");
    return word[digits] == '\0' && digits <= 9;
}

static wisp_status take_operand(parser *p, const count **out)
{
    if (take_mark(p, "(")) {
        wisp_status status = take_count(p, out);
        return status ? status : take_mark(p, ")") ? WISP_OK : fail(p, "')'");
    }
    bool is_target = take_mark(p, "*");
    const char *word = take_word(p);
    if (!word)
        return fail(p, "a number or a name");
    if (isdigit((unsigned char)word[0]) && (is_target || !is_number(word)))
        return fail(p, "a name or a decimal number before it");
    count_kind kind = is_target                     ? COUNT_TARGET
                      : is_number(word)             ? COUNT_NUMBER
                      : strcmp(word, "result") == 0 ? COUNT_RESULT
                                                    : COUNT_NAME;
    *out = make_count(p, kind, word, NULL, NULL);
    return WISP_OK;
}

static wisp_status take_product(parser *p, const count **out)
{
    const count *right;
    wisp_status status = take_operand(p, out);
    while (!status && take_mark(p, "*")) {
        status = take_operand(p, &right);
        if (!status)
            *out = make_count(p, COUNT_PRODUCT, NULL, *out, right);
    }
    return status;
}

static wisp_status take_sum(parser *p, const count **out)
{
    const count *right;
    wisp_status status = take_product(p, out);
    while (!status) {
        count_kind kind = COUNT_SUM;
        if (take_mark(p, "-"))
            kind = COUNT_DIFFERENCE;
        else if (!take_mark(p, "+"))
            break;
        status = take_product(p, &right);
        if (!status)
            *out = make_count(p, kind, NULL, *out, right);
    }
    return status;
}

static wisp_status take_count(parser *p, const count **out)
{
    const count *right;
    if (++p->depth > DEPTH_MAX)
        return fail(p, "fewer parentheses");
    wisp_status status = take_sum(p, out);
    while (!status && take_mark(p, "<<")) {
        status = take_sum(p, &right);
        if (!status)
            *out = make_count(p, COUNT_SHIFT, NULL, *out, right);
    }
    p->depth--;
    return status;
}

/* ------------------------------------------------------------------ words */

static wisp_status close(parser *p)
{
    return take_mark(p, ")") ? WISP_OK : fail(p, "')'");
}

static wisp_status take_bracketed_count(parser *p, const count **out)
{
    if (!take_mark(p, "("))
        return fail(p, "'('");
    wisp_status status = take_count(p, out);
    return status ? status : close(p);
}

/* "(name)", or nothing: "". */
static wisp_status take_bracketed_name(parser *p, const char **out)
{
    *out = "";
    if (!take_mark(p, "("))
        return WISP_OK;
    *out = take_word(p);
    return *out ? close(p) : fail(p, "a name");
}

static wisp_status take_cstr(parser *p)
{
    const char *max;
    wisp_status status = take_bracketed_name(p, &max);
    if (status)
        return status;
    p->out->text_max = max[0] ? max : NULL;
    return is_number(max) ? WISP_OK : fail(p, "a decimal number before it");
}

static wisp_status take_len(parser *p)
{
    p->out->len_is_bytes = false;
    return take_bracketed_count(p, &p->out->len);
}

static wisp_status take_bytes(parser *p)
{
    p->out->len_is_bytes = true;
    return take_bracketed_count(p, &p->out->len);
}

static wisp_status take_cap(parser *p)
{
    p->out->way = p->out->way ? p->out->way : WAY_OUT;
    return take_len(p);
}

static wisp_status take_written(parser *p)
{
    return take_bracketed_count(p, &p->out->written);
}

static wisp_status take_handle(parser *p)
{
    return take_bracketed_name(p, &p->out->handle);
}

static wisp_status take_lent(parser *p)
{
    const char *word;
    wisp_status status = take_bracketed_name(p, &word);
    if (status)
        return status;
    if (strcmp(word, "static") != 0 && strcmp(word, "event") != 0)
        return fail(p, "lent(static) or lent(event) before it");
    p->out->lent = strcmp(word, "static") == 0 ? LENT_STATIC : LENT_EVENT;
    return WISP_OK;
}

static wisp_status take_cb(parser *p)
{
    static const char *const lives[] = {
        [LIFE_ONCE] = "once", [LIFE_MANY] = "many", [LIFE_SCOPE] = "scope"};
    const char *word = take_mark(p, "(") ? take_word(p) : NULL;
    for (lifetime i = LIFE_ONCE; word && i <= LIFE_SCOPE; i++)
        if (strcmp(word, lives[i]) == 0)
            p->out->life = i;
    if (!p->out->life)
        return fail(p, "cb(once, …), cb(many, …) or cb(scope, …)");
    if (take_mark(p, ",")) {
        if (!take_mark(p, "user") || !take_mark(p, "="))
            return fail(p, "user=parameter");
        p->out->user = take_word(p);
        if (!p->out->user)
            return fail(p, "the name of a parameter");
    }
    return close(p);
}

static wisp_status take_kept(parser *p)
{
    const char *word;
    wisp_status status = take_bracketed_name(p, &word);
    if (status)
        return status;
    if (strcmp(word, "zero") != 0 && strcmp(word, "nonzero") != 0)
        return fail(p, "kept(zero) or kept(nonzero) before it");
    p->out->kept = strcmp(word, "zero") == 0 ? KEPT_ZERO : KEPT_NONZERO;
    return WISP_OK;
}

/* "VALUE: MEMBER" */
static wisp_status take_variant(parser *p)
{
    annotation *out = p->out;
    if (out->variant_len == VARIANTS_MAX)
        return fail(p, "no more than 64 variants");
    variant *v = &out->variants[out->variant_len++];
    v->value = take_word(p);
    if (!v->value || !take_mark(p, ":"))
        return fail(p, "'value: member'");
    v->member = take_word(p);
    if (!v->member)
        return fail(p, "the name of a member, or none");
    if (strcmp(v->value, "default") == 0)
        v->value = NULL;
    if (strcmp(v->member, "none") == 0)
        v->member = NULL;
    return WISP_OK;
}

static wisp_status take_switch(parser *p)
{
    p->out->tag = take_mark(p, "(") ? take_word(p) : NULL;
    if (!p->out->tag || !take_mark(p, ")") || !take_mark(p, "{"))
        return fail(p, "switch(field){value: member, …}");
    p->out->variants = take(p->arena, VARIANTS_MAX, sizeof *p->out->variants);
    wisp_status status;
    do
        status = take_variant(p);
    while (!status && take_mark(p, ","));
    if (status)
        return status;
    return take_mark(p, "}") ? WISP_OK : fail(p, "'}'");
}

static const char *const names[WORD_LEN] = {
#define X(word) #word,
    ANNOTATION_WORDS(X)
#undef X
};

/* What takes that which follows a word; NULL for one that stands alone. */
static wisp_status (*const takes[WORD_LEN])(parser *p) = {
    [WORD_cstr] = take_cstr,  [WORD_len] = take_len,         [WORD_bytes] = take_bytes,
    [WORD_cap] = take_cap,    [WORD_written] = take_written, [WORD_lent] = take_lent,
    [WORD_new] = take_handle, [WORD_del] = take_handle,      [WORD_handle] = take_handle,
    [WORD_cb] = take_cb,      [WORD_kept] = take_kept,       [WORD_switch] = take_switch,
};

static const direction ways[WORD_LEN] = {
    [WORD_in] = WAY_IN, [WORD_out] = WAY_OUT, [WORD_inout] = WAY_INOUT};

const char *annotation_word_name(annotation_word word)
{
    return names[word];
}

static wisp_status take_annotation(parser *p)
{
    const char *before = p->at;
    const char *name = take_word(p);
    for (unsigned i = 0; name && i < WORD_LEN; i++)
        if (strcmp(name, names[i]) == 0) {
            p->out->said |= 1u << i;
            p->out->way = ways[i] ? ways[i] : p->out->way;
            return takes[i] ? takes[i](p) : WISP_OK;
        }
    p->at = before;
    skip_spaces(p);
    return fail(p, "a word such as in, out, cstr, len(…) or scalar");
}

wisp_status annotation_parse(const char *text, wisp_arena *arena, annotation *out,
                             wisp_error *err)
{
    parser p = {text, text, arena, out, 0, err};
    wisp_status status = WISP_OK;
    *out = (annotation){.way = WAY_UNSAID};
    for (skip_spaces(&p); !status && *p.at; skip_spaces(&p)) {
        status = take_annotation(&p);
        take_mark(&p, ",");
    }
    return status;
}
