#include "kernel.h"

/* Reads JSON to a tree of values and prints the tree again. */

#define RECORDS   200
#define TEXT_SIZE (RECORDS * 160)
#define VALUE_MAX (RECORDS * 16)

typedef enum kind { NIL, TRUE, FALSE, NUMBER, STRING, ARRAY, OBJECT } kind;

typedef struct value {
    kind kind;
    struct value *next;  /* in the array or object that it is in */
    struct value *first; /* ARRAY, OBJECT: what is in it */
    const char *name;    /* in an object */
    const char *text;    /* STRING */
    double number;       /* NUMBER */
} value;

typedef struct reader {
    const char *at;
    char *strings; /* where the next one goes */
    u32 value_count;
    int is_bad;
} reader;

static char input[TEXT_SIZE], output[TEXT_SIZE], strings[TEXT_SIZE];
static value values[VALUE_MAX];

/* ------------------------------------------------------------------ writing */

static char *put(char *at, const char *from)
{
    while (*from)
        *at++ = *from++;
    return at;
}

static char *put_integer(char *at, u64 number)
{
    char digits[20];
    u32 len = 0;
    do
        digits[len++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (len > 0)
        *at++ = digits[--len];
    return at;
}

/* With three decimals where it is no integer. */
static char *put_number(char *at, double number)
{
    if (number < 0) {
        *at++ = '-';
        number = -number;
    }
    u64 whole = (u64)number;
    u32 rest = (u32)((number - (double)whole) * 1000 + 0.5);
    at = put_integer(at, whole);
    if (rest == 0)
        return at;
    *at++ = '.';
    *at++ = (char)('0' + rest / 100 % 10);
    *at++ = (char)('0' + rest / 10 % 10);
    *at++ = (char)('0' + rest % 10);
    return at;
}

static char *put_string(char *at, const char *text)
{
    *at++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        if (*text == '\n') {
            at = put(at, "\\n");
            continue;
        }
        *at++ = *text;
    }
    *at++ = '"';
    return at;
}

static char *put_value(char *at, const value *v);

static char *put_members(char *at, const value *of)
{
    for (const value *v = of->first; v; v = v->next) {
        if (v != of->first)
            *at++ = ',';
        if (of->kind == OBJECT) {
            at = put_string(at, v->name);
            *at++ = ':';
        }
        at = put_value(at, v);
    }
    return at;
}

static char *put_value(char *at, const value *v)
{
    switch (v->kind) {
    case NIL:
        return put(at, "null");
    case TRUE:
        return put(at, "true");
    case FALSE:
        return put(at, "false");
    case NUMBER:
        return put_number(at, v->number);
    case STRING:
        return put_string(at, v->text);
    case ARRAY:
        return put(put_members(put(at, "["), v), "]");
    case OBJECT:
        return put(put_members(put(at, "{"), v), "}");
    }
    return at;
}

/* ------------------------------------------------------------------ reading */

static void skip_space(reader *r)
{
    while (*r->at == ' ' || *r->at == '\n' || *r->at == '\t')
        r->at++;
}

static int accept(reader *r, char c)
{
    skip_space(r);
    if (*r->at != c)
        return 0;
    r->at++;
    return 1;
}

static const char *read_string(reader *r)
{
    char *text = r->strings;
    if (!accept(r, '"'))
        r->is_bad = 1;
    while (!r->is_bad && *r->at != '"') {
        char c = *r->at++;
        if (c == '\\') {
            c = *r->at++;
            c = c == 'n' ? '\n' : c;
        }
        r->is_bad |= c == 0;
        *r->strings++ = c;
    }
    r->at++;
    *r->strings++ = 0;
    return text;
}

static double read_number(reader *r)
{
    double number = 0, scale = 1;
    int is_negative = accept(r, '-');
    for (; *r->at >= '0' && *r->at <= '9'; r->at++)
        number = number * 10 + (*r->at - '0');
    if (*r->at == '.')
        for (r->at++; *r->at >= '0' && *r->at <= '9'; r->at++)
            number += (*r->at - '0') * (scale *= 0.1);
    return is_negative ? -number : number;
}

static kind read_word(reader *r, const char *word, kind means)
{
    for (; *word; word++, r->at++)
        r->is_bad |= *r->at != *word;
    return means;
}

static value *read_value(reader *r);

static void read_members(reader *r, value *of, char end)
{
    value **last = &of->first;
    if (accept(r, end))
        return;
    do {
        const char *name = 0;
        if (of->kind == OBJECT) {
            name = read_string(r);
            r->is_bad |= !accept(r, ':');
        }
        *last = read_value(r);
        (*last)->name = name;
        last = &(*last)->next;
    } while (!r->is_bad && accept(r, ','));
    r->is_bad |= !accept(r, end);
}

static value *read_value(reader *r)
{
    value *v = &values[r->value_count++ % VALUE_MAX];
    *v = (value){NIL, 0, 0, 0, 0, 0};
    skip_space(r);
    switch (*r->at) {
    case '{':
        r->at++;
        v->kind = OBJECT;
        read_members(r, v, '}');
        break;
    case '[':
        r->at++;
        v->kind = ARRAY;
        read_members(r, v, ']');
        break;
    case '"':
        v->kind = STRING;
        v->text = read_string(r);
        break;
    case 't':
        v->kind = read_word(r, "true", TRUE);
        break;
    case 'f':
        v->kind = read_word(r, "false", FALSE);
        break;
    case 'n':
        v->kind = read_word(r, "null", NIL);
        break;
    default:
        v->kind = NUMBER;
        v->number = read_number(r);
    }
    return v;
}

/* ------------------------------------------------------------------ the kernel */

static void write_input(void)
{
    u32 seed = 11;
    char *at = put(input, "[");
    for (u32 i = 0; i < RECORDS; i++) {
        at = put(at, i ? ",\n {\"id\": " : "\n {\"id\": ");
        at = put_integer(at, i);
        at = put(at, ", \"name\": \"sensor \\\"");
        at = put_integer(at, bench_random(&seed) % 1000);
        at = put(at, "\\\"\\n\", \"at\": [");
        at = put_number(at, (double)(bench_random(&seed) % 360000) / 1000.0 - 180.0);
        at = put(at, ", ");
        at = put_number(at, (double)(bench_random(&seed) % 180000) / 1000.0 - 90.0);
        at = put(at, bench_random(&seed) & 1 ? "], \"on\": true" : "], \"on\": false");
        at = put(at, ", \"next\": null, \"tags\": {\"a\": \"x\", \"b\": []}}");
    }
    *put(at, "]\n") = 0;
}

u32 run(u32 rounds)
{
    u32 sum = 0;
    write_input();
    for (u32 round = 0; round < rounds; round++) {
        reader r = {input, strings, 0, 0};
        const value *root = read_value(&r);
        if (r.is_bad)
            return 0;
        char *end = put_value(output, root);
        for (const char *at = output; at < end; at++)
            sum = sum * 31 + (u8)*at;
    }
    return sum;
}
