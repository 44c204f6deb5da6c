#include "trust/json.h"

#include "base/error.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

/*
 * A value takes up to a hundred bytes of memory but only two of text ("0,"), so the text's
 * size alone does not bound the memory; 262,144 values are about three times what 5 MB of
 * real targets have.
 */
#define VALUES_MAX (UINT32_C(1) << 18)

static json_t *inner(const wisp_json *value)
{
    return (json_t *)(uintptr_t)value;
}

static wisp_json *outer(json_t *value)
{
    return (wisp_json *)value;
}

/* The library reads by recursion and allocates as it goes, hence a look at the text before. */
static wisp_status check_shape(wisp_bytes bytes, wisp_error *err)
{
    uint32_t depth = 0, values = 1;
    bool quoted = false;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t c = bytes.data[i];
        if (c == '"')
            quoted = !quoted;
        else if (quoted && c == '\\')
            i++;
        else if (quoted)
            continue;
        else if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return wisp_fail_at(err, WISP_MALFORMED, i, "values are nested deeper than %d",
                                DEPTH_MAX);
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        if (!quoted && (c == '{' || c == '[' || c == ',') && ++values > VALUES_MAX)
            return wisp_fail_at(err, WISP_MALFORMED, i, "more than %u values",
                                (unsigned)VALUES_MAX);
    }
    return WISP_OK;
}

/* Signed documents have integers only; a fraction has no canonical form. */
static bool has_real(const json_t *value)
{
    json_t *child;
    const char *key;
    size_t index;
    if (json_is_object(value)) {
        json_object_foreach ((json_t *)(uintptr_t)value, key, child)
            if (has_real(child))
                return true;
    } else if (json_is_array(value)) {
        json_array_foreach (value, index, child)
            if (has_real(child))
                return true;
    }
    return json_is_real(value);
}

static wisp_status parse_failure(const json_error_t *error, wisp_error *err)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_out_of_memory || code == json_error_unknown) /* it says no more */
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a JSON document");
    uint64_t offset = error->position > 0 ? (uint64_t)error->position : 0;
    return wisp_fail_at(err, WISP_MALFORMED, offset, "not JSON: line %d, column %d: %s",
                        error->line, error->column, error->text);
}

wisp_status wisp_json_parse(wisp_bytes bytes, wisp_json **out, wisp_error *err)
{
    wisp_status status = check_shape(bytes, err);
    if (status != WISP_OK)
        return status;
    json_error_t error = {0};
    json_t *value = json_loadb(bytes.size ? (const char *)bytes.data : "", bytes.size,
                               JSON_REJECT_DUPLICATES, &error);
    if (!value)
        return parse_failure(&error, err);
    if (!json_is_object(value))
        status = wisp_fail_at(err, WISP_MALFORMED, 0, "an array, expected an object");
    else if (has_real(value))
        status = wisp_fail_at(err, WISP_MALFORMED, 0, "a number with a fraction or exponent");
    if (status != WISP_OK) {
        json_decref(value);
        return status;
    }
    *out = outer(value);
    return WISP_OK;
}

void wisp_json_free(wisp_json *document)
{
    json_decref(inner(document));
}

static const char *kind(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",  [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a fraction", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return value ? names[json_typeof(value)] : "missing";
}

static wisp_status unexpected(const char *key, const json_t *found, const char *expected,
                              wisp_error *err)
{
    return wisp_fail(err, WISP_MALFORMED, "'%.80s' is %s, expected %s", key, kind(found),
                     expected);
}

wisp_status wisp_json_object(const wisp_json *object, const char *key, const wisp_json **out,
                             wisp_error *err)
{
    json_t *value = json_object_get(inner(object), key);
    if (!json_is_object(value))
        return unexpected(key, value, "an object", err);
    *out = outer(value);
    return WISP_OK;
}

wisp_status wisp_json_array(const wisp_json *object, const char *key, const wisp_json **out,
                            wisp_error *err)
{
    json_t *value = json_object_get(inner(object), key);
    if (!json_is_array(value))
        return unexpected(key, value, "an array", err);
    *out = outer(value);
    return WISP_OK;
}

wisp_status wisp_json_string(const wisp_json *object, const char *key, const char **out,
                             wisp_error *err)
{
    json_t *value = json_object_get(inner(object), key);
    if (!json_is_string(value))
        return unexpected(key, value, "a string", err);
    *out = json_string_value(value);
    return WISP_OK;
}

wisp_status wisp_json_number(const wisp_json *object, const char *key, uint64_t *out,
                             wisp_error *err)
{
    json_t *value = json_object_get(inner(object), key);
    if (!json_is_integer(value))
        return unexpected(key, value, "a number", err);
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number > WISP_JSON_NUMBER_MAX)
        return wisp_fail(err, WISP_MALFORMED, "'%.80s' is %lld, expected 0 to 2^53", key,
                         (long long)number);
    *out = (uint64_t)number;
    return WISP_OK;
}

wisp_status wisp_json_bool(const wisp_json *object, const char *key, bool *out, wisp_error *err)
{
    json_t *value = json_object_get(inner(object), key);
    if (!json_is_boolean(value))
        return unexpected(key, value, "true or false", err);
    *out = json_is_true(value);
    return WISP_OK;
}

bool wisp_json_has(const wisp_json *object, const char *key)
{
    return json_object_get(inner(object), key) != NULL;
}

const wisp_json *wisp_json_value(const wisp_json *object, const char *key)
{
    return outer(json_object_get(inner(object), key));
}

size_t wisp_json_len(const wisp_json *container)
{
    json_t *value = inner(container);
    return json_is_object(value) ? json_object_size(value) : json_array_size(value);
}

const wisp_json *wisp_json_item(const wisp_json *array, size_t index)
{
    return outer(json_array_get(inner(array), index));
}

const char *wisp_json_item_string(const wisp_json *array, size_t index)
{
    return json_string_value(json_array_get(inner(array), index));
}

bool wisp_json_is_object(const wisp_json *value)
{
    return json_is_object(inner(value));
}

bool wisp_json_is_array(const wisp_json *value)
{
    return json_is_array(inner(value));
}

bool wisp_json_next(const wisp_json *object, void **cursor, const char **key,
                    const wisp_json **value)
{
    json_t *o = inner(object);
    *cursor = *cursor ? json_object_iter_next(o, *cursor) : json_object_iter(o);
    if (!*cursor)
        return false;
    *key = json_object_iter_key(*cursor);
    *value = outer(json_object_iter_value(*cursor));
    return true;
}

wisp_json *wisp_json_new_object(void)
{
    return outer(json_object());
}

wisp_json *wisp_json_new_array(void)
{
    return outer(json_array());
}

bool wisp_json_set(wisp_json *object, const char *key, wisp_json *child)
{
    return json_object_set_new(inner(object), key, inner(child)) == 0;
}

bool wisp_json_set_string(wisp_json *object, const char *key, const char *value)
{
    return json_object_set_new(inner(object), key, json_string(value)) == 0;
}

bool wisp_json_set_number(wisp_json *object, const char *key, uint64_t value)
{
    return value <= WISP_JSON_NUMBER_MAX &&
           json_object_set_new(inner(object), key, json_integer((json_int_t)value)) == 0;
}

bool wisp_json_set_bool(wisp_json *object, const char *key, bool value)
{
    return json_object_set_new(inner(object), key, json_boolean(value)) == 0;
}

bool wisp_json_append(wisp_json *array, wisp_json *child)
{
    return json_array_append_new(inner(array), inner(child)) == 0;
}

bool wisp_json_append_string(wisp_json *array, const char *value)
{
    return json_array_append_new(inner(array), json_string(value)) == 0;
}

bool wisp_json_insert(wisp_json *array, size_t index, wisp_json *child)
{
    return json_array_insert_new(inner(array), index, inner(child)) == 0;
}

wisp_json *wisp_json_copy(const wisp_json *value)
{
    return outer(json_deep_copy(inner(value)));
}

wisp_json *wisp_json_member(wisp_json *object, const char *key)
{
    return outer(json_object_get(inner(object), key));
}

wisp_json *wisp_json_element(wisp_json *array, size_t index)
{
    return outer(json_array_get(inner(array), index));
}

void wisp_json_remove(wisp_json *object, const char *key)
{
    json_object_del(inner(object), key);
}

void wisp_json_remove_item(wisp_json *array, size_t index)
{
    json_array_remove(inner(array), index);
}

bool wisp_json_equal(const wisp_json *a, const wisp_json *b)
{
    return a == b || json_equal(inner(a), inner(b));
}

/* The library's own memory functions, so that its users' texts are of one kind. */
static void *text_alloc(size_t size)
{
    json_malloc_t allocate;
    json_free_t release;
    json_get_alloc_funcs(&allocate, &release);
    return allocate(size);
}

static void text_free(void *block)
{
    json_malloc_t allocate;
    json_free_t release;
    json_get_alloc_funcs(&allocate, &release);
    if (block)
        release(block);
}

/* Canonical text is made in two runs: one that counts (at is NULL), one that writes. */
typedef struct canonical_writer {
    char *at;
    size_t size;
    bool failed;
} canonical_writer;

static void put(canonical_writer *w, const char *text, size_t size)
{
    if (w->at)
        memcpy(w->at + w->size, text, size);
    w->size += size;
}

/* Only '"' and '\' are escaped; all else, line ends too, stands for itself. */
static void put_string(canonical_writer *w, const char *text, size_t size)
{
    put(w, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\')
            put(w, "\\", 1);
        put(w, &text[i], 1);
    }
    put(w, "\"", 1);
}

static void put_value(canonical_writer *w, const json_t *value);

static void put_integer(canonical_writer *w, json_int_t number)
{
    char text[24];
    put(w, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)number));
}

static void put_array(canonical_writer *w, const json_t *array)
{
    json_t *item;
    size_t index;
    put(w, "[", 1);
    json_array_foreach (array, index, item) {
        if (index)
            put(w, ",", 1);
        put_value(w, item);
    }
    put(w, "]", 1);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_keys(json_t *object, size_t len)
{
    const char **keys = text_alloc((len ? len : 1) * sizeof *keys);
    if (!keys)
        return NULL;
    const char *key;
    json_t *value;
    size_t at = 0;
    json_object_foreach (object, key, value)
        keys[at++] = key;
    qsort(keys, len, sizeof *keys, by_bytes);
    return keys;
}

static void put_object(canonical_writer *w, json_t *object)
{
    size_t len = json_object_size(object);
    const char **keys = sorted_keys(object, len);
    if (!keys) {
        w->failed = true;
        return;
    }
    put(w, "{", 1);
    for (size_t i = 0; i < len; i++) {
        if (i)
            put(w, ",", 1);
        put_string(w, keys[i], strlen(keys[i]));
        put(w, ":", 1);
        put_value(w, json_object_get(object, keys[i]));
    }
    put(w, "}", 1);
    text_free(keys);
}

static void put_value(canonical_writer *w, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(w, (json_t *)(uintptr_t)value);
        break;
    case JSON_ARRAY:
        put_array(w, value);
        break;
    case JSON_STRING:
        put_string(w, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        put_integer(w, json_integer_value(value));
        break;
    case JSON_TRUE:
        put(w, "true", 4);
        break;
    case JSON_FALSE:
        put(w, "false", 5);
        break;
    case JSON_NULL:
        put(w, "null", 4);
        break;
    case JSON_REAL: /* neither parsed nor built */
        w->failed = true;
        break;
    }
}

char *wisp_json_canonical(const wisp_json *value, size_t *size)
{
    canonical_writer w = {NULL, 0, false};
    put_value(&w, inner(value));
    char *text = w.failed ? NULL : text_alloc(w.size + 1);
    if (!text)
        return NULL;
    w = (canonical_writer){text, 0, false};
    put_value(&w, inner(value));
    if (w.failed) {
        text_free(text);
        return NULL;
    }
    text[w.size] = '\0';
    *size = w.size;
    return text;
}

char *wisp_json_pretty(const wisp_json *value, size_t *size)
{
    const size_t flags = JSON_INDENT(2) | JSON_ENCODE_ANY;
    size_t len = json_dumpb(inner(value), NULL, 0, flags);
    char *text = len > 0 ? text_alloc(len + 2) : NULL;
    if (!text)
        return NULL;
    if (json_dumpb(inner(value), text, len, flags) != len) {
        text_free(text);
        return NULL;
    }
    text[len] = '\n';
    text[len + 1] = '\0';
    *size = len + 1;
    return text;
}

void wisp_json_text_free(char *text)
{
    text_free(text);
}
