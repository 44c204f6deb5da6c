#include "seal.h"

#include "../take.h"
#include "name.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_SIZE = 8, ID_CUSTOM = 0, ID_CODE = 10, LEB_SIZE_MAX = 5 };

/* ------------------------------------------------------------------ sections */

static bool is_kept(const wisp_section *section)
{
    return section->id != ID_CUSTOM || strcmp(section->name, "name") == 0;
}

wisp_status seal_strip(const wisp_module *module, wisp_bytes bytes, sealed *out, wisp_error *err)
{
    wisp_section section;
    size_t from = HEADER_SIZE; /* where the section begins, with what stands before its content */
    *out = (sealed){.data = malloc(bytes.size), .size = HEADER_SIZE};
    if (!out->data)
        return wisp_fail_memory(err, bytes.size);
    memcpy(out->data, bytes.data, HEADER_SIZE);
    for (uint32_t i = 0; wisp_module_section(module, i, &section); i++) {
        size_t to = (size_t)section.offset + section.size;
        if (section.id == ID_CODE) {
            out->code_from = section.offset;
            out->code_to = (uint32_t)(out->size + (section.offset - from));
        }
        if (is_kept(&section)) {
            memcpy(out->data + out->size, bytes.data + from, to - from);
            out->size += to - from;
        }
        from = to;
    }
    return WISP_OK;
}

static size_t put_leb(uint8_t *to, size_t value)
{
    size_t size = 0;
    do {
        to[size++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    return size;
}

wisp_status seal_close(sealed *s, const wisp_patch_manifest *manifest, wisp_error *err)
{
    const wisp_allocator *allocator = &wisp_allocator_default;
    const size_t name_size = strlen(WISP_PATCH_SECTION);
    uint8_t *content = NULL;
    size_t size = 0;
    wisp_status status = wisp_patch_manifest_write(manifest, allocator, &content, &size, err);
    if (status)
        return status;
    uint8_t *grown = realloc(s->data, s->size + 1 + LEB_SIZE_MAX + 1 + name_size + size);
    if (grown) {
        uint8_t *to = grown + s->size;
        *to++ = ID_CUSTOM;
        to += put_leb(to, 1 + name_size + size); /* the name's size is a byte */
        *to++ = (uint8_t)name_size;
        memcpy(to, WISP_PATCH_SECTION, name_size);
        memcpy(to + name_size, content, size);
        s->data = grown;
        s->size = (size_t)(to + name_size + size - grown);
    }
    wisp_free(allocator, content, size);
    return grown ? WISP_OK : wisp_fail_memory(err, s->size + size);
}

wisp_status seal_read(wisp_arena *arena, wisp_bytes bytes, wisp_patch_manifest *out,
                      wisp_error *err)
{
    wisp_module *module = NULL;
    wisp_bytes content;
    wisp_status status = wisp_module_new_borrowed(NULL, bytes, &module, err);
    if (!status && !wisp_patch_manifest_find(module, bytes, &content))
        status = wisp_fail(err, WISP_NOT_FOUND,
                           "a module without a section \"" WISP_PATCH_SECTION
                           "\": it is no patch, or 'wisp patch build' has not made it");
    if (!status)
        status = wisp_patch_manifest_read(arena, content, out, err);
    wisp_module_free(module);
    return status;
}

/* ------------------------------------------------------------------ lines */

typedef struct collecting {
    wisp_arena *arena;
    const sealed *module;
    wisp_patch_manifest *manifest;
    name_table files; /* to their numbers in manifest->files */
    size_t file_room, line_room, line_len, file_len;
} collecting;

/* The number of [file] among those of the manifest. */
static uint32_t number_of(collecting *c, const char *file)
{
    if (strncmp(file, "./", 2) == 0)
        file += 2;
    const uint32_t *known = name_find(&c->files, file);
    if (known)
        return *known;
    const char *kept = take_text(c->arena, file, strlen(file));
    uint32_t *number = take(c->arena, 1, sizeof *number);
    *number = (uint32_t)c->file_len;
    name_set(&c->files, kept, number);
    take_room(c->arena, &c->manifest->files, c->file_len, &c->file_room, sizeof(const char *));
    c->manifest->files[c->file_len++] = kept;
    return *number;
}

static void collect(void *user, uint32_t offset, const char *file, uint32_t line)
{
    collecting *c = user;
    wisp_patch_manifest *m = c->manifest;
    if (c->line_len == WISP_PATCH_LINES_MAX || c->file_len == WISP_PATCH_FILES_MAX)
        return;
    take_room(c->arena, &m->lines, c->line_len, &c->line_room, sizeof *m->lines);
    m->lines[c->line_len++] =
        (wisp_patch_line){.offset = offset - c->module->code_from + c->module->code_to,
                          .file = number_of(c, file),
                          .line = line};
}

static int by_offset(const void *left, const void *right)
{
    const wisp_patch_line *a = left, *b = right;
    return a->offset != b->offset ? (a->offset < b->offset ? -1 : 1)
           : a->line != b->line   ? (a->line < b->line ? -1 : 1)
           : a->file != b->file   ? (a->file < b->file ? -1 : 1)
                                  : 0;
}

/* Of several lines at one place the last stays, and of places with one line the first. */
static size_t thin_out(wisp_patch_line *lines, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_last = i + 1 == len || lines[i + 1].offset != lines[i].offset;
        bool is_new = kept == 0 || lines[kept - 1].line != lines[i].line ||
                      lines[kept - 1].file != lines[i].file;
        if (is_last && is_new)
            lines[kept++] = lines[i];
    }
    return kept;
}

void seal_lines(wisp_arena *arena, source_lines *lines, const sealed *s,
                wisp_patch_manifest *manifest)
{
    collecting c = {.arena = arena, .module = s, .manifest = manifest, .files = {.arena = arena}};
    if (lines)
        source_lines_each(lines, collect, &c);
    if (c.line_len)
        qsort(manifest->lines, c.line_len, sizeof *manifest->lines, by_offset);
    manifest->line_count = (uint32_t)thin_out(manifest->lines, c.line_len);
    manifest->file_count = (uint32_t)c.file_len;
}
