#include "patch/manifest.h"

#include <assert.h>
#include <string.h>

/* A patch's manifest is refused in words, or within its limits and the same when it is written
 * and read again. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHUNK = 4096 };

static void check_name(const char *name, size_t max)
{
    assert(name && strlen(name) <= max);
}

static void check(const wisp_patch_manifest *m)
{
    assert(m->function_count >= 1 && m->function_count <= WISP_PATCH_FUNCTIONS_MAX);
    assert(m->build_id.size >= 1 && m->build_id.size <= WISP_PATCH_BUILD_ID_MAX);
    assert(m->grant <= WISP_PATCH_GRANT_PROCESS);
    for (uint32_t i = 0; i < m->function_count; i++) {
        const wisp_patch_function *f = &m->functions[i];
        check_name(f->export, WISP_PATCH_NAME_MAX);
        check_name(f->symbol, WISP_PATCH_NAME_MAX);
        check_name(f->file, WISP_PATCH_NAME_MAX);
        check_name(f->signature, WISP_PATCH_SIGNATURE_MAX);
        assert(f->place == WISP_PATCH_SLOT || f->sled < f->entry.size);
    }
    for (uint32_t i = 0; i < m->native_count; i++)
        check_name(m->natives[i].name, WISP_PATCH_NAME_MAX);
    for (uint32_t i = 0; i < m->global_count; i++)
        assert(m->globals[i].address <= UINT64_MAX - m->globals[i].size);
    for (uint32_t i = 0; i < m->line_count; i++)
        assert(m->lines[i].file < m->file_count &&
               (i == 0 || m->lines[i - 1].offset <= m->lines[i].offset));
}

/* Numbers can be longer than they need be in what was read, so that it is what is written that
 * must come back as it is. */
static void check_writing(const wisp_patch_manifest *m)
{
    const wisp_allocator *allocator = &wisp_allocator_default;
    uint8_t *bytes, *again;
    size_t size, again_size;
    wisp_arena arena;
    wisp_patch_manifest read;
    wisp_arena_init(&arena, allocator, CHUNK);
    wisp_status status = wisp_patch_manifest_write(m, allocator, &bytes, &size, NULL);
    assert(status == WISP_OK);
    status = wisp_patch_manifest_read(&arena, (wisp_bytes){bytes, size}, &read, NULL);
    assert(status == WISP_OK);
    status = wisp_patch_manifest_write(&read, allocator, &again, &again_size, NULL);
    assert(status == WISP_OK && size == again_size && memcmp(bytes, again, size) == 0);
    wisp_free(allocator, bytes, size);
    wisp_free(allocator, again, again_size);
    wisp_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_arena arena;
    wisp_patch_manifest manifest;
    wisp_error err = {0};
    wisp_arena_init(&arena, &wisp_allocator_default, CHUNK);
    if (wisp_patch_manifest_read(&arena, (wisp_bytes){data, size}, &manifest, &err) == WISP_OK) {
        check(&manifest);
        check_writing(&manifest);
    } else {
        assert(err.text[0]);
    }
    wisp_arena_deinit(&arena);
    return 0;
}
