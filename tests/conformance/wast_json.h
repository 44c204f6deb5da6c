#ifndef WAST_JSON_H
#define WAST_JSON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * JSON (RFC 8259) as the scripts of the test suite need it: a tree that is read and looked
 * into. It takes nothing but libc, so that the runner can be built for machines that have no
 * more than that.
 *
 * Looking into what is not there, or of another kind, finds nothing: NULL, no items, 0.
 */

typedef enum wast_json_kind {
    WAST_JSON_OBJECT,
    WAST_JSON_ARRAY,
    WAST_JSON_STRING,
    WAST_JSON_OTHER /* a number, true, false or null */
} wast_json_kind;

typedef struct wast_json wast_json;

struct wast_json {
    wast_json_kind kind;
    const char *key;         /* of a member of an object */
    const char *text;        /* STRING: decoded; OTHER: as it is written; NUL-terminated */
    size_t size;             /* bytes of text */
    size_t len;              /* members or items */
    wast_json *first, *next; /* its members or items, and what follows among its siblings */
};

/* Reads the file at [path]; to be freed by wast_json_free. NULL if it cannot be read or is no
 * JSON, and *[fault], which is static, says which. */
wast_json *wast_json_load(const char *path, const char **fault);

/* Frees what wast_json_load returned. NULL is fine. */
void wast_json_free(wast_json *root);

const wast_json *wast_json_get(const wast_json *object, const char *key);
const wast_json *wast_json_at(const wast_json *array, size_t index);
size_t wast_json_len(const wast_json *array);
/* NULL for what is no string. */
const char *wast_json_text(const wast_json *string);
long wast_json_integer(const wast_json *number);

#endif
