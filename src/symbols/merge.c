#include "symbols/merge.h"

#include "base/error.h"
#include "publish/file.h"
#include "publish/permission.h"
#include "symbols/sleds.h"

#include <string.h>

#define ARENA_CHUNK (64 * 1024)

static wisp_status write_merged(const wisp_os *os, const wisp_object *object, uint8_t *bytes,
                                uint32_t *merged, wisp_error *err)
{
    unsigned mode;
    memcpy(bytes, object->bytes.data, object->bytes.size);
    *merged = wisp_sled_merge(object, bytes);
    int result = wisp_permission_get(object->path, &mode);
    if (result < 0)
        return wisp_fail(err, WISP_IO, "cannot ask who may use %s: %s", object->path,
                         strerror(-result));
    return wisp_file_replace(os, object->path, (wisp_bytes){bytes, object->bytes.size}, mode,
                             err);
}

static wisp_status merge(wisp_arena *arena, const wisp_os *os, const wisp_object *object,
                         uint32_t *merged, wisp_error *err)
{
    if (wisp_sled_count(object).raw == 0)
        return WISP_OK;
    uint8_t *bytes = wisp_arena_take(arena, object->bytes.size);
    return bytes ? write_merged(os, object, bytes, merged, err)
                 : wisp_fail_memory(err, object->bytes.size);
}

wisp_status wisp_symbols_merge(const wisp_allocator *allocator, const wisp_os *os,
                               const char *path, uint32_t *merged, wisp_error *err)
{
    wisp_arena arena;
    wisp_object object = {0};
    wisp_bytes bytes;
    *merged = 0;
    wisp_arena_init(&arena, wisp_allocator_or_default(allocator), ARENA_CHUNK);
    wisp_status status = wisp_file_read(os, &arena, path, WISP_OBJECT_SIZE_MAX, &bytes, err);
    if (!status)
        status = wisp_object_open(&arena, path, bytes, &object, err);
    if (!status)
        status = merge(&arena, os, &object, merged, err);
    wisp_object_close(&object);
    wisp_arena_deinit(&arena);
    return status;
}
