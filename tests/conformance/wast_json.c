#include "wast_json.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* of arrays and objects in each other; the suite's deepest is 7 */

/* The root with what all of the tree lives in. */
typedef struct document {
    wast_json root;
    wisp_arena arena;
} document;

typedef struct parser {
    const char *at; /* the text ends with a NUL */
    wisp_arena *arena;
    int depth;
} parser;

/* ------------------------------------------------------------------ strings */

static void skip_space(parser *p)
{
    p->at += strspn(p->at, " \t\r\n");
}

static bool take(parser *p, char wanted)
{
    skip_space(p);
    if (*p->at != wanted)
        return false;
    p->at++;
    return true;
}

/* The four digits at [at]. */
static bool parse_hex(const char *at, uint32_t *out)
{
    char digits[5], *end;
    snprintf(digits, sizeof digits, "%.4s", at);
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        return false;
    *out = (uint32_t)strtoul(digits, &end, 16);
    return true;
}

static char *put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xe0 | code >> 12);
        } else {
            *to++ = (char)(0xf0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (code & 0x3f));
    return to;
}

/* \uXXXX, or two of them that make one character. */
static bool parse_unicode(parser *p, char **to)
{
    uint32_t code, low;
    if (!parse_hex(p->at, &code))
        return false;
    p->at += 4;
    if (code >= 0xd800 && code < 0xdc00 && p->at[0] == '\\' && p->at[1] == 'u' &&
        parse_hex(p->at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
        p->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = put_utf8(*to, code);
    return true;
}

static bool parse_escape(parser *p, char **to)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char name = *p->at;
    if (name == '\0')
        return false;
    p->at++;
    if (name == 'u')
        return parse_unicode(p, to);
    const char *found = strchr(names, name);
    if (found)
        *(*to)++ = meanings[found - names];
    return found != NULL;
}

/* Behind the opening quote. What is decoded is never longer than how it is written. */
static const char *parse_string(parser *p, size_t *size)
{
    size_t written = 0;
    while (p->at[written] != '\0' && p->at[written] != '"')
        written += p->at[written] == '\\' && p->at[written + 1] != '\0' ? 2 : 1;
    char *text = wisp_arena_alloc(p->arena, written + 1, 1), *to = text;
    while (text && *p->at != '"') {
        char c = *p->at;
        if ((unsigned char)c < ' ')
            return NULL;
        p->at++;
        if (c != '\\')
            *to++ = c;
        else if (!parse_escape(p, &to))
            return NULL;
    }
    if (text)
        p->at++;
    *size = (size_t)(to - text);
    return text;
}

/* ------------------------------------------------------------------ values */

static bool parse_value(parser *p, wast_json *out);

static bool parse_member(parser *p, wast_json *parent, wast_json ***tail)
{
    const char *key = NULL;
    size_t key_size;
    if (parent->kind == WAST_JSON_OBJECT) {
        if (!take(p, '"') || !(key = parse_string(p, &key_size)) || !take(p, ':'))
            return false;
    }
    wast_json *item = wisp_arena_alloc(p->arena, 1, sizeof *item);
    if (!item || !parse_value(p, item))
        return false;
    item->key = key;
    parent->len++;
    **tail = item;
    *tail = &item->next;
    return true;
}

/* Behind the opening bracket. */
static bool parse_members(parser *p, wast_json *out, char closing)
{
    wast_json **tail = &out->first;
    if (p->depth == DEPTH_MAX)
        return false;
    if (take(p, closing))
        return true;
    p->depth++;
    do {
        if (!parse_member(p, out, &tail))
            return false;
    } while (take(p, ','));
    p->depth--;
    return take(p, closing);
}

static bool parse_word(parser *p, wast_json *out)
{
    size_t size = strspn(p->at, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");
    out->text = wisp_arena_text(p->arena, p->at, size);
    out->size = size;
    p->at += size;
    return size > 0 && out->text;
}

static bool parse_value(parser *p, wast_json *out)
{
    if (take(p, '{')) {
        out->kind = WAST_JSON_OBJECT;
        return parse_members(p, out, '}');
    }
    if (take(p, '[')) {
        out->kind = WAST_JSON_ARRAY;
        return parse_members(p, out, ']');
    }
    if (take(p, '"')) {
        out->kind = WAST_JSON_STRING;
        return (out->text = parse_string(p, &out->size)) != NULL;
    }
    out->kind = WAST_JSON_OTHER;
    return parse_word(p, out);
}

/* ------------------------------------------------------------------ files */

/* The content of [path] with a NUL behind it, in [arena]. */
static const char *read_text(const char *path, wisp_arena *arena)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = NULL;
    long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (end >= 0 && fseek(file, 0, SEEK_SET) == 0)
        text = wisp_arena_alloc(arena, (size_t)end + 1, 1);
    if (text && fread(text, 1, (size_t)end, file) != (size_t)end)
        text = NULL;
    fclose(file);
    return text;
}

wast_json *wast_json_load(const char *path, const char **fault)
{
    document *doc = calloc(1, sizeof *doc);
    *fault = "out of memory";
    if (!doc)
        return NULL;
    wisp_arena_init(&doc->arena, wisp_allocator_or_default(NULL), 64 * 1024);
    parser p = {read_text(path, &doc->arena), &doc->arena, 0};
    *fault = "cannot be read";
    bool is_good = p.at != NULL;
    if (is_good) {
        *fault = "is no JSON";
        is_good = parse_value(&p, &doc->root);
        skip_space(&p);
        is_good = is_good && *p.at == '\0';
    }
    if (is_good)
        return &doc->root;
    wast_json_free(&doc->root);
    return NULL;
}

void wast_json_free(wast_json *root)
{
    if (!root)
        return;
    document *doc = (document *)(void *)root; /* its first member */
    wisp_arena_deinit(&doc->arena);
    free(doc);
}

/* ------------------------------------------------------------------ looking into it */

const wast_json *wast_json_get(const wast_json *object, const char *key)
{
    if (!object || object->kind != WAST_JSON_OBJECT)
        return NULL;
    const wast_json *member = object->first;
    while (member && strcmp(member->key, key) != 0)
        member = member->next;
    return member;
}

const wast_json *wast_json_at(const wast_json *array, size_t index)
{
    if (!array || array->kind != WAST_JSON_ARRAY)
        return NULL;
    const wast_json *item = array->first;
    while (item && index-- > 0)
        item = item->next;
    return item;
}

size_t wast_json_len(const wast_json *array)
{
    return array && array->kind == WAST_JSON_ARRAY ? array->len : 0;
}

const char *wast_json_text(const wast_json *string)
{
    return string && string->kind == WAST_JSON_STRING ? string->text : NULL;
}

long wast_json_integer(const wast_json *number)
{
    return number && number->kind == WAST_JSON_OTHER ? strtol(number->text, NULL, 10) : 0;
}
