#ifndef WISP_TRUST_JSON_H
#define WISP_TRUST_JSON_H

#include <wisp/base.h>

/*
 * JSON documents: read with limits, looked into with errors that name the place, built, and
 * written in the canonical form that TUF signs (OLPC canonical JSON: keys sorted, no spaces,
 * integers only). The one file behind this header is the only one that knows the JSON
 * library (jansson).
 *
 * A value is borrowed from the document that holds it; a document is freed by
 * wisp_json_free. One thread a document.
 */

typedef struct wisp_json wisp_json;

/* Numbers go up to here, as every reader of JSON has those exactly. */
#define WISP_JSON_NUMBER_MAX (UINT64_C(1) << 53)

/* Parses [bytes], one JSON object; duplicate keys, a depth over 32, more than 262,144 values,
 * numbers with a fraction, and what is no UTF-8 are refused. WISP_MALFORMED with the byte
 * offset; WISP_NO_MEMORY.
 *
 * Where malloc fails, the library sometimes blames the text, or loses a character of a string:
 * what a document says is to be believed after its signature was verified, and not before. */
wisp_status wisp_json_parse(wisp_bytes bytes, wisp_json **out, wisp_error *err);
void wisp_json_free(wisp_json *document); /* NULL allowed */

/* Members of an object. The first four fail with WISP_MALFORMED, naming [key], what was
 * found and what was expected; a number must be an integer from 0 to 2^53. */
wisp_status wisp_json_object(const wisp_json *object, const char *key, const wisp_json **out,
                             wisp_error *err);
wisp_status wisp_json_array(const wisp_json *object, const char *key, const wisp_json **out,
                            wisp_error *err);
wisp_status wisp_json_string(const wisp_json *object, const char *key, const char **out,
                             wisp_error *err);
wisp_status wisp_json_number(const wisp_json *object, const char *key, uint64_t *out,
                             wisp_error *err);
wisp_status wisp_json_bool(const wisp_json *object, const char *key, bool *out, wisp_error *err);
bool wisp_json_has(const wisp_json *object, const char *key);
const wisp_json *wisp_json_value(const wisp_json *object, const char *key); /* NULL for none */

/* Items of an array, and members of an object in turn: start with *[cursor] = NULL. */
size_t wisp_json_len(const wisp_json *container);
const wisp_json *wisp_json_item(const wisp_json *array, size_t index);
const char *wisp_json_item_string(const wisp_json *array, size_t index); /* NULL if it is none */
bool wisp_json_is_object(const wisp_json *value);                        /* NULL allowed */
bool wisp_json_is_array(const wisp_json *value);                         /* likewise */
bool wisp_json_next(const wisp_json *object, void **cursor, const char **key,
                    const wisp_json **value);

/* Builders. They return NULL or false when out of memory. A child that is given away belongs
 * to its parent, also when the call fails. */
wisp_json *wisp_json_new_object(void);
wisp_json *wisp_json_new_array(void);
bool wisp_json_set(wisp_json *object, const char *key, wisp_json *child);
bool wisp_json_set_string(wisp_json *object, const char *key, const char *value);
bool wisp_json_set_number(wisp_json *object, const char *key, uint64_t value);
bool wisp_json_set_bool(wisp_json *object, const char *key, bool value);
bool wisp_json_append(wisp_json *array, wisp_json *child);
bool wisp_json_append_string(wisp_json *array, const char *value);
bool wisp_json_insert(wisp_json *array, size_t index, wisp_json *child);
wisp_json *wisp_json_copy(const wisp_json *value);

/* Changes of what was built or copied: a member or an item to be changed in place, NULL where
 * there is none; and their removal, which does nothing then. */
wisp_json *wisp_json_member(wisp_json *object, const char *key);
wisp_json *wisp_json_element(wisp_json *array, size_t index);
void wisp_json_remove(wisp_json *object, const char *key);
void wisp_json_remove_item(wisp_json *array, size_t index);

/* Whether two values say the same; NULL is like none but itself. */
bool wisp_json_equal(const wisp_json *a, const wisp_json *b);

/* The text of [value], to be freed by wisp_json_text_free: canonical for signing, or
 * indented and with a line end for people. NULL when out of memory. */
char *wisp_json_canonical(const wisp_json *value, size_t *size);
char *wisp_json_pretty(const wisp_json *value, size_t *size);
void wisp_json_text_free(char *text); /* NULL allowed */

#endif
