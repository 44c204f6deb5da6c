#include "update/flags.h"

#include "base/error.h"
#include "trust/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading ----------------------------------------------------------------------------- */

/* The text at [*cursor], which moves behind its NUL; NULL if it has none. */
static const char *take_text(const wisp_flags *flags, size_t *cursor)
{
    const char *text = flags->text + *cursor;
    const char *end = memchr(text, '\0', sizeof flags->text - *cursor);
    if (!end)
        return NULL;
    *cursor += (size_t)(end - text) + 1;
    return text;
}

static bool read_value(const char *value, wisp_flag *out)
{
    out->text = value + 1;
    switch (*value) {
    case 't':
    case 'f':
        out->kind = WISP_FLAG_BOOL;
        out->number = *value == 't';
        return true;
    case 'n':
        out->kind = WISP_FLAG_NUMBER;
        out->number = strtoull(value + 1, NULL, 10);
        return true;
    case 's':
        out->kind = WISP_FLAG_TEXT;
        out->number = 0;
        return true;
    default:
        return false;
    }
}

bool wisp_flags_next(const wisp_flags *flags, size_t *cursor, wisp_flag *out)
{
    out->name = take_text(flags, cursor);
    if (!out->name || !*out->name)
        return false;
    const char *value = take_text(flags, cursor);
    return value && read_value(value, out);
}

bool wisp_flags_are_sound(const wisp_flags *flags)
{
    size_t cursor = 0;
    wisp_flag flag;
    while (wisp_flags_next(flags, &cursor, &flag))
        continue;
    return flag.name && !*flag.name; /* it ended where they end, not at what is none */
}

static bool find(const wisp_image *image, const char *name, wisp_flag_kind kind, wisp_flag *out)
{
    size_t cursor = 0;
    while (wisp_flags_next(&image->flags, &cursor, out))
        if (out->kind == kind && strcmp(out->name, name) == 0)
            return true;
    return false;
}

bool wisp_image_flag_bool(const wisp_image *image, const char *name, bool otherwise)
{
    wisp_flag flag;
    return find(image, name, WISP_FLAG_BOOL, &flag) ? flag.number != 0 : otherwise;
}

uint64_t wisp_image_flag_number(const wisp_image *image, const char *name, uint64_t otherwise)
{
    wisp_flag flag;
    return find(image, name, WISP_FLAG_NUMBER, &flag) ? flag.number : otherwise;
}

const char *wisp_image_flag_text(const wisp_image *image, const char *name, const char *otherwise)
{
    wisp_flag flag;
    return find(image, name, WISP_FLAG_TEXT, &flag) ? flag.text : otherwise;
}

/* --- packing ----------------------------------------------------------------------------- */

static wisp_status add(wisp_flags *out, size_t *used, const char *name, const char *kind,
                       const char *value, wisp_error *err)
{
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 2;
    if (name_size == 1)
        return wisp_fail(err, WISP_UNSUPPORTED, "a flag has an empty name");
    if (name_size + value_size + 1 > sizeof out->text - *used)
        return wisp_fail(err, WISP_LIMIT, "flag '%.40s' does not fit: all take at most %d bytes",
                         name, WISP_FLAGS_SIZE);
    snprintf(out->text + *used, sizeof out->text - *used, "%s", name);
    *used += name_size;
    snprintf(out->text + *used, sizeof out->text - *used, "%s%s", kind, value);
    *used += value_size;
    return WISP_OK;
}

static wisp_status pack_one(const wisp_json *object, const char *name, wisp_flags *out,
                            size_t *used, wisp_error *err)
{
    bool truth;
    uint64_t number;
    const char *text;
    char digits[21];
    if (wisp_json_bool(object, name, &truth, NULL) == WISP_OK)
        return add(out, used, name, truth ? "t" : "f", "", err);
    if (wisp_json_number(object, name, &number, NULL) == WISP_OK) {
        snprintf(digits, sizeof digits, "%" PRIu64, number);
        return add(out, used, name, "n", digits, err);
    }
    if (wisp_json_string(object, name, &text, NULL) == WISP_OK)
        return add(out, used, name, "s", text, err);
    return wisp_fail(err, WISP_UNSUPPORTED,
                     "flag '%.40s' is not true, false, a whole number or a text", name);
}

static wisp_status pack_all(const wisp_json *object, wisp_flags *out, wisp_error *err)
{
    void *cursor = NULL;
    const char *name;
    const wisp_json *value;
    size_t used = 0;
    wisp_status status = WISP_OK;
    while (status == WISP_OK && wisp_json_next(object, &cursor, &name, &value))
        status = pack_one(object, name, out, &used, err);
    return status;
}

wisp_status wisp_flags_pack(const char *json, wisp_flags *out, wisp_error *err)
{
    wisp_json *object;
    wisp_bytes text = {(const uint8_t *)json, strlen(json)};
    *out = (wisp_flags){0};
    wisp_status status = wisp_json_parse(text, &object, err);
    if (status != WISP_OK)
        return status;
    status = pack_all(object, out, err);
    wisp_json_free(object);
    return status;
}
