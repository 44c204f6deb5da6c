#include "patch/manifest.h"

#include <string.h>

#include "base/error.h"

/* Bytes that grow. Where memory is refused it stays as it is, and says so in the end. */
typedef struct sink {
    const wisp_allocator *allocator;
    uint8_t *bytes;
    size_t size, capacity;
    bool is_refused;
} sink;

static void put(sink *s, const void *bytes, size_t size)
{
    if (!s->is_refused &&
        !wisp_array_reserve(s->allocator, &s->bytes, &s->capacity, s->size + size, 1))
        s->is_refused = true;
    if (s->is_refused || size == 0)
        return;
    memcpy(s->bytes + s->size, bytes, size);
    s->size += size;
}

static void put_number(sink *s, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;
    do {
        bytes[size++] = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
        value >>= 7;
    } while (value);
    put(s, bytes, size);
}

static void put_blob(sink *s, wisp_bytes blob)
{
    put_number(s, blob.size);
    put(s, blob.data, blob.size);
}

static void put_text(sink *s, const char *text)
{
    put_blob(s, (wisp_bytes){(const uint8_t *)text, text ? strlen(text) : 0});
}

static void put_function(sink *s, const wisp_patch_function *f)
{
    put_text(s, f->export);
    put_text(s, f->symbol);
    put_text(s, f->signature);
    put_text(s, f->file);
    put_number(s, f->line);
    put_number(s, f->place);
    put_number(s, f->address);
    if (f->place == WISP_PATCH_SLOT)
        return;
    put_number(s, f->sled);
    put_blob(s, f->entry);
}

/* "original", "program" and "system"; the reader refuses others. */
static uint32_t kind_of(const char *module)
{
    static const char *const modules[] = {"original", "program", "system"};
    uint32_t kind = 0;
    while (kind < 3 && (!module || strcmp(module, modules[kind]) != 0))
        kind++;
    return kind;
}

static void put_native(sink *s, const wisp_patch_native *n)
{
    uint32_t kind = kind_of(n->module);
    put_number(s, kind);
    put_text(s, n->name);
    put_text(s, n->signature);
    if (kind == 1)
        put_number(s, n->address);
}

static void put_global(sink *s, const wisp_patch_global *g)
{
    put_text(s, g->name);
    put_number(s, g->address);
    put_number(s, g->size);
}

static void put_lines(sink *s, const wisp_patch_manifest *m)
{
    put_number(s, m->line_count);
    for (uint32_t i = 0, from = 0; i < m->line_count; from = m->lines[i++].offset) {
        put_number(s, (uint64_t)m->lines[i].offset - from); /* huge, if they do not ascend */
        put_number(s, m->lines[i].file);
        put_number(s, m->lines[i].line);
    }
}

static void put_manifest(sink *s, const wisp_patch_manifest *m)
{
    put_number(s, WISP_PATCH_FORMAT);
    put_text(s, m->title);
    put_number(s, m->machine);
    put_blob(s, m->build_id);
    put_number(s, m->grant);
    put_number(s, m->function_count);
    for (uint32_t i = 0; i < m->function_count; i++)
        put_function(s, &m->functions[i]);
    put_number(s, m->native_count);
    for (uint32_t i = 0; i < m->native_count; i++)
        put_native(s, &m->natives[i]);
    put_number(s, m->global_count);
    for (uint32_t i = 0; i < m->global_count; i++)
        put_global(s, &m->globals[i]);
    put_number(s, m->file_count);
    for (uint32_t i = 0; i < m->file_count; i++)
        put_text(s, m->files[i]);
    put_lines(s, m);
}

/* What was written is right if it can be read. */
static wisp_status check(const sink *s, wisp_error *err)
{
    enum { CHUNK = 4096 };
    wisp_patch_manifest manifest;
    wisp_arena arena;
    wisp_arena_init(&arena, s->allocator, CHUNK);
    wisp_status status =
        wisp_patch_manifest_read(&arena, (wisp_bytes){s->bytes, s->size}, &manifest, err);
    wisp_arena_deinit(&arena);
    return status;
}

wisp_status wisp_patch_manifest_write(const wisp_patch_manifest *manifest,
                                      const wisp_allocator *allocator, uint8_t **out,
                                      size_t *size, wisp_error *err)
{
    sink s = {.allocator = wisp_allocator_or_default(allocator)};
    put_manifest(&s, manifest);
    wisp_status status = s.is_refused ? wisp_fail_memory(err, s.capacity) : check(&s, err);
    uint8_t *exact = status ? NULL : wisp_realloc(s.allocator, s.bytes, s.capacity, s.size);
    if (!status && !exact)
        status = wisp_fail_memory(err, s.size);
    if (status) {
        wisp_free(s.allocator, s.bytes, s.capacity);
        return status;
    }
    *out = exact;
    *size = s.size;
    return WISP_OK;
}
