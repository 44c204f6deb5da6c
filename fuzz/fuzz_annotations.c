#include <stdint.h>
#include <string.h>

#include "bind/annotation.h"

/* The words that the author of a header writes into it or beside it, for `wisp bind`: as a whole
 * file of lines, and as the words of one. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_arena arena;
    sidecar lines;
    annotation words;
    wisp_error err;
    wisp_arena_init(&arena, &wisp_allocator_default, 4096);
    char *text = wisp_arena_text(&arena, data, size);
    if (text && sidecar_parse("fuzz", text, &arena, &lines, &err) == WISP_OK)
        for (size_t i = 0; i < lines.len; i++)
            annotation_parse(lines.lines[i].words, &arena, &words, &err);
    if (text)
        annotation_parse(text, &arena, &words, &err);
    wisp_arena_deinit(&arena);
    return 0;
}
