#include "publish/difference.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 512

typedef struct difference {
    const char *name;
    wisp_json *out;
} difference;

static bool set_copy(wisp_json *object, const char *key, const wisp_json *value)
{
    wisp_json *copy = value ? wisp_json_copy(value) : NULL;
    return !value || (copy && wisp_json_set(object, key, copy));
}

static bool tell(const difference *d, const char *path, const wisp_json *before,
                 const wisp_json *after)
{
    wisp_json *object = wisp_json_new_object();
    return object && wisp_json_append(d->out, object) &&
           wisp_json_set_string(object, "document", d->name) &&
           wisp_json_set_string(object, "path", path) && set_copy(object, "before", before) &&
           set_copy(object, "after", after);
}

static bool compare(const difference *d, const char *path, const wisp_json *before,
                    const wisp_json *after);

/* "targets › stable/app.wasm › custom": names of targets have dots and slashes in them. */
static void join(char out[PATH_SIZE], const char *path, const char *key)
{
    snprintf(out, PATH_SIZE, "%s%s%s", path, *path ? " > " : "", key);
}

static bool compare_objects(const difference *d, const char *path, const wisp_json *before,
                            const wisp_json *after)
{
    char inner[PATH_SIZE];
    const char *key;
    const wisp_json *value;
    bool done = true;
    for (void *cursor = NULL; done && wisp_json_next(before, &cursor, &key, &value);) {
        join(inner, path, key);
        done = compare(d, inner, value, wisp_json_value(after, key));
    }
    for (void *cursor = NULL; done && wisp_json_next(after, &cursor, &key, &value);) {
        join(inner, path, key);
        if (!wisp_json_has(before, key))
            done = compare(d, inner, NULL, value);
    }
    return done;
}

static bool has_item(const wisp_json *array, const wisp_json *item)
{
    for (size_t i = 0; i < wisp_json_len(array); i++) {
        if (wisp_json_equal(wisp_json_item(array, i), item))
            return true;
    }
    return false;
}

/* Items of [array] that [other] does not have. */
static size_t count_missing(const wisp_json *array, const wisp_json *other)
{
    size_t count = 0;
    for (size_t i = 0; i < wisp_json_len(array); i++)
        count += !has_item(other, wisp_json_item(array, i));
    return count;
}

/* The item of [array] after *[at] that [other] does not have. */
static const wisp_json *next_missing(const wisp_json *array, const wisp_json *other, size_t *at)
{
    while (has_item(other, wisp_json_item(array, *at)))
        ++*at;
    return wisp_json_item(array, (*at)++);
}

/* As many items gone as came: each of them was changed. Else some came and some went. */
static bool compare_arrays(const difference *d, const char *path, const wisp_json *before,
                           const wisp_json *after)
{
    char inner[PATH_SIZE], number[24];
    size_t gone = count_missing(before, after), come = count_missing(after, before);
    size_t old_at = 0, new_at = 0;
    bool done = true;
    for (size_t i = 0; i < (gone > come ? gone : come) && done; i++) {
        bool is_pair = gone == come;
        const wisp_json *old = i < gone ? next_missing(before, after, &old_at) : NULL;
        const wisp_json *new = i < come ? next_missing(after, before, &new_at) : NULL;
        snprintf(number, sizeof number, "%zu", new ? new_at - 1 : old_at - 1);
        join(inner, path, number);
        if (is_pair)
            done = compare(d, inner, old, new);
        else
            done = (!old || tell(d, inner, old, NULL)) && (!new || tell(d, inner, NULL, new));
    }
    return done;
}

static bool compare(const difference *d, const char *path, const wisp_json *before,
                    const wisp_json *after)
{
    if (before && after && wisp_json_equal(before, after))
        return true;
    if (wisp_json_is_object(before) && wisp_json_is_object(after))
        return compare_objects(d, path, before, after);
    if (wisp_json_is_array(before) && wisp_json_is_array(after))
        return compare_arrays(d, path, before, after);
    return tell(d, path, before, after);
}

bool wisp_difference(const char *name, const wisp_json *before, const wisp_json *after,
                     wisp_json *out)
{
    const difference d = {name, out};
    return compare(&d, "", before, after);
}
