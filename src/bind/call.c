#include "bind/binding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "wasm/runtime.h"

/* Calls across the line: their faults, and what is copied for them. */

void call_begin(wisp_bind_call *call, wisp_bind *bind, const char *module, const char *name,
                wisp_error *err)
{
    memset(call, 0, offsetof(wisp_bind_call, error));
    call->bind = bind;
    call->module = module;
    call->name = name;
    call->err = err;
}

/* A block of scratch memory that did not fit into the call itself. */
typedef struct block {
    struct block *next;
    size_t size;
} block;

wisp_status call_end(wisp_bind_call *call)
{
    for (block *b = call->blocks, *next; b; b = next) {
        next = b->next;
        wisp_free(call->bind->allocator, b, b->size);
    }
    call->blocks = NULL;
    return call->status;
}

void wisp_bind_fail(wisp_bind_call *call, const char *what, const char *format, ...)
{
    char text[WISP_ERROR_TEXT_MAX];
    va_list list;
    if (call->status)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    call->status = wisp_fail(call->err, WISP_INVALID, "%.40s%s%.60s: '%.60s' %s", call->module,
                             call->module[0] ? "." : "", call->name, what, text);
}

bool wisp_bind_is_ready(wisp_bind_call *call)
{
    call->is_entered = call->status == WISP_OK;
    return call->is_entered;
}

/* ------------------------------------------------------------------ scratch memory */

enum { SCRATCH_ALIGNMENT = 16 };

static void *take_block(wisp_bind_call *call, size_t size)
{
    const size_t header =
        (sizeof(block) + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT;
    block *made = wisp_alloc(call->bind->allocator, 1, header + size);
    if (!made) {
        call->status = wisp_fail_memory(call->err, header + size);
        return NULL;
    }
    made->next = call->blocks;
    made->size = header + size;
    call->blocks = made;
    return (uint8_t *)made + header;
}

void *wisp_bind_scratch(wisp_bind_call *call, uint64_t count, uint32_t size)
{
    uint64_t bytes = wisp_bind_product(count, size);
    size_t left = sizeof call->here - call->used;
    if (call->status)
        return NULL;
    if (bytes > call->bind->config.copied_max - call->copied) {
        wisp_bind_fail(call, "copied_max",
                       "is %u bytes, and %llu elements of %u are to be copied",
                       call->bind->config.copied_max, (unsigned long long)count, size);
        return NULL;
    }
    call->copied += (size_t)bytes;
    bytes = bytes ? (bytes + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT
                  : SCRATCH_ALIGNMENT;
    if (bytes > left)
        return take_block(call, (size_t)bytes);
    void *taken = memset(call->here.bytes + call->used, 0, (size_t)bytes);
    call->used += (size_t)bytes;
    return taken;
}

/* ------------------------------------------------------------------ from the module */

static uint64_t memory_size(const wisp_bind_call *call)
{
    return call->bind->memory ? wisp_memory_size(call->bind->memory) : 0;
}

/* Whether there is something to be looked at: false where it is null, which may be a fault. */
static bool is_there(wisp_bind_call *call, const char *what, uint32_t address, uint64_t count,
                     bool is_optional)
{
    if (address == 0 && count > 0 && !is_optional)
        wisp_bind_fail(call, what, "is null");
    return address != 0 && !call->status;
}

/* The [count] elements in place. */
static uint8_t *find(wisp_bind_call *call, const char *what, uint32_t address, uint64_t count,
                     uint32_t size, uint32_t alignment)
{
    unsigned long long bytes = wisp_bind_product(count, size);
    if (address & (alignment - 1)) {
        wisp_bind_fail(call, what, "is at address %u, which is not a multiple of %u", address,
                       alignment);
        return NULL;
    }
    uint8_t *data =
        call->bind->memory ? wisp_memory_at(call->bind->memory, address, bytes) : NULL;
    if (!data)
        wisp_bind_fail(call, what,
                       "is %llu elements of %u bytes at address %u, outside the memory of %llu "
                       "bytes",
                       (unsigned long long)count, size, address,
                       (unsigned long long)memory_size(call));
    return data;
}

void *wisp_bind_get(wisp_bind_call *call, const char *what, uint32_t address, uint64_t count,
                    uint32_t size, uint32_t alignment, bool is_optional)
{
    if (!is_there(call, what, address, count, is_optional))
        return NULL;
    const uint8_t *from = find(call, what, address, count, size, alignment);
    void *copy = from ? wisp_bind_scratch(call, count, size) : NULL;
    return copy ? memcpy(copy, from, (size_t)(count * size)) : NULL;
}

void *wisp_bind_room(wisp_bind_call *call, const char *what, uint32_t address, uint64_t count,
                     uint32_t size, uint32_t alignment, uint32_t own_size, bool is_optional)
{
    if (!is_there(call, what, address, count, is_optional) ||
        !find(call, what, address, count, size, alignment))
        return NULL;
    return wisp_bind_scratch(call, count, own_size);
}

char *wisp_bind_text(wisp_bind_call *call, const char *what, uint32_t address, uint32_t size_max,
                     bool is_optional)
{
    if (!is_there(call, what, address, 1, is_optional))
        return NULL;
    uint64_t left = memory_size(call) > address ? memory_size(call) - address : 0;
    if (size_max && size_max < left)
        left = size_max;
    const char *text = left ? (const char *)find(call, what, address, left, 1, 1) : NULL;
    size_t len = text ? strnlen(text, (size_t)left) : (size_t)left;
    if (len == left) {
        wisp_bind_fail(call, what, "is a text at address %u without an end within %llu bytes",
                       address, (unsigned long long)left);
        return NULL;
    }
    char *copy = wisp_bind_scratch(call, len + 1, 1);
    return copy ? memcpy(copy, text, len) : NULL; /* the end is there, whatever became of it */
}

/* ------------------------------------------------------------------ to the module */

void wisp_bind_store(wisp_bind_call *call, const char *what, uint32_t address, const void *bytes,
                     uint64_t count, uint32_t size)
{
    uint8_t *to = bytes && !call->status ? find(call, what, address, count, size, 1) : NULL;
    if (to)
        memcpy(to, bytes, (size_t)(count * size));
}

void wisp_bind_store_u32(wisp_bind_call *call, const char *what, uint32_t address, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    wisp_bind_store(call, what, address, bytes, 1, 4);
}

uint64_t wisp_bind_unsigned(wisp_bind_call *call, const char *what, uint64_t value, uint32_t bits)
{
    if (value >> (bits - 1) >> 1)
        wisp_bind_fail(call, what, "is %llu, which does not fit into %u bits",
                       (unsigned long long)value, bits);
    return value;
}

int64_t wisp_bind_signed(wisp_bind_call *call, const char *what, int64_t value, uint32_t bits)
{
    int64_t high = value >> (bits - 1); /* the sign, and whatever is too much */
    if (high != 0 && high != -1)
        wisp_bind_fail(call, what, "is %lld, which does not fit into %u bits", (long long)value,
                       bits);
    return value;
}
