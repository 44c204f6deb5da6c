#include "annotation.h"

#include "../take.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>

/* Takes spaces off both ends of the [size] bytes at [text]. */
static const char *trim(wisp_arena *arena, const char *text, size_t size)
{
    while (size && isspace((unsigned char)text[0]))
        text++, size--;
    while (size && isspace((unsigned char)text[size - 1]))
        size--;
    return take_text(arena, text, size);
}

static wisp_status take_line(const char *text, size_t size, unsigned number, wisp_arena *arena,
                             sidecar *out, wisp_error *err)
{
    const char *hash = memchr(text, '#', size);
    if (hash)
        size = (size_t)(hash - text);
    const char *colon = memchr(text, ':', size);
    if (!colon) {
        const char *words = trim(arena, text, size);
        return words[0] ? wisp_fail(err, WISP_MALFORMED,
                                    "line %u: '%.80s', expected 'function.parameter: words'",
                                    number, words)
                        : WISP_OK;
    }
    take_room(arena, &out->lines, out->len, &out->room, sizeof *out->lines);
    struct sidecar_line *line = &out->lines[out->len++];
    line->line = number;
    line->name = trim(arena, text, (size_t)(colon - text));
    line->words = trim(arena, colon + 1, size - (size_t)(colon + 1 - text));
    return WISP_OK;
}

wisp_status sidecar_parse(const char *path, const char *text, wisp_arena *arena, sidecar *out,
                          wisp_error *err)
{
    wisp_status status = WISP_OK;
    *out = (sidecar){.path = path};
    for (unsigned number = 1; *text && !status; number++) {
        size_t size = strcspn(text, "\n");
        status = take_line(text, size, number, arena, out, err);
        text += size + (text[size] == '\n');
    }
    return status;
}

static bool is_name(const char *name, const char *owner, const char *member)
{
    size_t size = strlen(owner);
    if (strncmp(name, owner, size) != 0)
        return false;
    return member ? name[size] == '.' && strcmp(name + size + 1, member) == 0
                  : name[size] == '\0';
}

const char *sidecar_find(sidecar *from, const char *owner, const char *member)
{
    const char *words = "";
    for (size_t i = 0; i < from->len; i++)
        if (is_name(from->lines[i].name, owner, member)) {
            from->lines[i].is_used = true;
            words = from->lines[i].words;
        }
    return words;
}
