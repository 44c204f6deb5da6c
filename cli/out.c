#include "out.h"

#include "base/error.h"
#include "term.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_SIZE_MAX (UINT64_C(1) << 30)

exit_code exit_code_of(wisp_status status)
{
    switch (status) {
    case WISP_OK:
        return EXIT_OK;
    case WISP_TRAP:
        return EXIT_TRAP;
    case WISP_BUSY:
        return EXIT_BUSY;
    case WISP_IO:
    case WISP_NO_MEMORY:
    case WISP_NETWORK:
        return EXIT_SYSTEM;
    case WISP_INVALID:
    case WISP_MALFORMED:
    case WISP_UNSUPPORTED:
    case WISP_LIMIT:
    case WISP_NOT_FOUND:
    case WISP_MISMATCH:
    case WISP_UNTRUSTED:
    case WISP_BANNED:
        break;
    }
    return EXIT_NO;
}

int fail_with(const char *about, const wisp_error *err)
{
    fprintf(stderr, "%swisp:%s ", term(stderr, TERM_RED), term(stderr, TERM_PLAIN));
    if (about)
        fprintf(stderr, "%s: ", about);
    if (err->offset != WISP_NO_OFFSET)
        fprintf(stderr, "byte %" PRIu64 " (0x%" PRIx64 "): ", err->offset, err->offset);
    fprintf(stderr, "%s\n", err->text);
    return exit_code_of(err->status);
}

int print_json(wisp_json *object, int code)
{
    size_t size;
    char *text = object ? wisp_json_pretty(object, &size) : NULL;
    wisp_json_free(object);
    if (!text) {
        fputs("wisp: no JSON: out of memory, or a name that is not UTF-8\n", stderr);
        return EXIT_SYSTEM;
    }
    fputs(text, stdout);
    wisp_json_text_free(text);
    return code;
}

/* Makes *[data], of *[room] bytes, twice as large. */
static wisp_status grow(uint8_t **data, size_t *room, const char *path, wisp_error *err)
{
    size_t wanted = *room ? *room * 2 : 65536;
    if (wanted > INPUT_SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "%s has %zu bytes or more, expected less", path, *room);
    uint8_t *more = realloc(*data, wanted);
    if (!more)
        return wisp_fail_memory(err, wanted);
    *data = more;
    *room = wanted;
    return WISP_OK;
}

static wisp_status read_file(FILE *file, const char *path, wisp_bytes *out, wisp_error *err)
{
    uint8_t *data = NULL;
    size_t size = 0, room = 0, n = 1;
    wisp_status status = WISP_OK;
    while (!status && n > 0) {
        if (size == room)
            status = grow(&data, &room, path, err);
        n = status ? 0 : fread(data + size, 1, room - size, file);
        size += n;
    }
    if (!status && ferror(file))
        status = wisp_fail(err, WISP_IO, "cannot read %s: %s", path, strerror(errno));
    if (status)
        free(data);
    else
        *out = (wisp_bytes){data, size};
    return status;
}

wisp_status read_input(const char *path, wisp_bytes *out, wisp_error *err)
{
    if (strcmp(path, "-") == 0)
        return read_file(stdin, "the standard input", out, err);
    FILE *file = fopen(path, "rb");
    if (!file)
        return wisp_fail(err, WISP_IO, "cannot open %s: %s", path, strerror(errno));
    wisp_status status = read_file(file, path, out, err);
    fclose(file);
    return status;
}

const char *count_text(uint64_t count, char text[COUNT_TEXT_SIZE])
{
    char digits[COUNT_TEXT_SIZE];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = text;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

const char *ago_text(int64_t at, int64_t now, char text[AGO_TEXT_SIZE])
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    int64_t distance = at > now ? at - now : now - at;
    size_t unit = 0;
    while (unit < 3 && distance < 2 * units[unit].seconds)
        unit++;
    int64_t count = distance / units[unit].seconds;
    if (count == 0)
        snprintf(text, AGO_TEXT_SIZE, "just now");
    else
        snprintf(text, AGO_TEXT_SIZE, "%s%" PRId64 " %s%s%s", at > now ? "in " : "", count,
                 units[unit].name, count == 1 ? "" : "s", at > now ? "" : " ago");
    return text;
}

bool set_hash(wisp_json *object, const char *key, const wisp_hash *hash)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(hash, text);
    return wisp_json_set_string(object, key, text);
}
