#include "host/version/native_version.h"

#include <string.h>

#include "base/error.h"
#include "host/guest.h"
#include "host/version/native_calls.h"

#define MEMORY_MAX (UINT64_C(256) << 20) /* as in wisp_store_config */

/* ------------------------------------------------------------------ life */

/* Whether another version has the module. One that has failed has it no more, although it is
 * freed only when the next one has been started. */
static bool is_taken(const wisp_native *native, const wisp_guest *guest)
{
    const wisp_version *holder = native->link->host;
    return holder &&
           (holder->guest != guest || holder == guest->current || holder == guest->fallback);
}

static wisp_status load(wisp_version *version, wisp_error *err)
{
    const wisp_native *native = version->source.native;
    if (is_taken(native, version->guest))
        return wisp_fail(err, WISP_BUSY, "the native module of version %u is in a guest already",
                         native->version);
    *native->link = (wisp_native_link){&wisp_native_calls_table, version};
    version->number = native->version;
    uint64_t memory_max = version->guest->config.limits.memory_max;
    version->native.heap.size_max = memory_max > 0 ? memory_max : MEMORY_MAX;
    return WISP_OK;
}

static void unload(wisp_version *version)
{
    wisp_native_link *link = version->source.native->link;
    wisp_native_heap_clear(&version->native.heap, version->guest->host->allocator);
    if (link->host == version)
        *link = (wisp_native_link){NULL, NULL};
}

static const wisp_trap *trap(const wisp_version *version)
{
    return &version->native.trap;
}

static wisp_usage usage(const wisp_version *version)
{
    const wisp_native_heap *heap = &version->native.heap;
    return (wisp_usage){
        .memory_size = heap->size, .heap_size = heap->size, .heap_peak = heap->peak};
}

static void *state(const wisp_version *version, size_t *size)
{
    const wisp_native_state *region = version->source.native->state;
    *size = region ? region->size : 0;
    return region ? region->data : NULL;
}

/* ------------------------------------------------------------------ entries */

static bool has(const wisp_version *version, wisp_entry_kind kind)
{
    const wisp_native *native = version->source.native;
    switch (kind) {
    case WISP_ENTRY_MESSAGE:
        return native->message;
    case WISP_ENTRY_EVENT:
        return native->event;
    case WISP_ENTRY_SAVE:
        return native->save;
    case WISP_ENTRY_RESTORE:
        return native->restore;
    case WISP_ENTRY_STOP:
        return native->stop;
    default:
        return true;
    }
}

/* What stands for the bytes of [entry]: nothing is copied, as the host's copy can be read, and
 * what it may change is changed where it is. */
static const void *data_of(const wisp_entry *entry)
{
    if (entry->bytes.size == 0)
        return (const void *)(uintptr_t)entry->number;
    if (entry->changed)
        return entry->changed;
    return entry->at ? (const void *)(uintptr_t)entry->at : entry->bytes.data;
}

static int32_t call(const wisp_native *native, const wisp_entry *entry)
{
    uint32_t size = (uint32_t)entry->bytes.size;
    const void *data = data_of(entry);
    switch (entry->kind) {
    case WISP_ENTRY_START:
        return native->start();
    case WISP_ENTRY_RESTORE:
        return native->restore(entry->type, data, size);
    case WISP_ENTRY_MESSAGE:
        native->message(entry->type, data, size);
        break;
    case WISP_ENTRY_EVENT:
        native->event(entry->sender, entry->type, data, size);
        break;
    case WISP_ENTRY_TASK:
        ((void (*)(void *))(uintptr_t)entry->func)((void *)(uintptr_t)entry->number);
        break;
    case WISP_ENTRY_DONE:
        ((void (*)(uint32_t, const void *))(uintptr_t)entry->func)(entry->type, data);
        break;
    case WISP_ENTRY_SAVE:
        native->save();
        break;
    default:
        native->stop();
    }
    return 0;
}

void wisp_native_break_off(wisp_version *version, const wisp_error *why)
{
    version->native.trap = (wisp_trap){.code = WISP_TRAP_HOST};
    memcpy(version->native.trap.text, why->text, sizeof version->native.trap.text);
    longjmp(version->native.way_out, 1);
}

static wisp_status enter(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                         wisp_error *err)
{
    *answer = 0;
    version->fuel = 0;
    if (entry->bytes.size > UINT32_MAX)
        return wisp_fail(err, WISP_LIMIT, "no module can take %zu bytes", entry->bytes.size);
    if (setjmp(version->native.way_out) != 0)
        return wisp_fail(err, WISP_TRAP, "%s", version->native.trap.text);
    *answer = call(version->source.native, entry);
    return WISP_OK;
}

const wisp_backend wisp_native_backend = {
    .load = load,
    .has = has,
    .enter = enter,
    .trap = trap,
    .usage = usage,
    .state = state,
    .unload = unload,
};
