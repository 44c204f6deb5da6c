#include "host/version.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/capabilities.h"
#include "host/guest.h"
#include "host/imports.h"

/* ------------------------------------------------------------------ life */

static wisp_store_config store_config(const wisp_guest *guest)
{
    wisp_store_config config = guest->config.limits;
    config.allocator = guest->host->allocator;
    config.fuel = guest->config.fuel;
    return config;
}

wisp_version *wisp_version_new(wisp_guest *guest, const wisp_module *module, wisp_error *err)
{
    const wisp_allocator *allocator = guest->host->allocator;
    wisp_version *version = wisp_alloc(allocator, 1, sizeof *version);
    if (!version) {
        wisp_fail_memory(err, sizeof *version);
        return NULL;
    }
    version->guest = guest;
    version->module = module;
    wisp_store_config config = store_config(guest);
    if (wisp_store_new(&config, &version->store, err) != WISP_OK) {
        wisp_free(allocator, version, sizeof *version);
        return NULL;
    }
    return version;
}

static void raise_to(uint64_t *peak, uint64_t value)
{
    if (*peak < value)
        *peak = value;
}

void wisp_version_raise_peaks(const wisp_version *version, wisp_guest_status *counts)
{
    const wisp_exports *exports = &version->exports;
    if (!exports->memory)
        return;
    raise_to(&counts->memory_peak, wisp_memory_size(exports->memory));
    raise_to(&counts->heap_peak, wisp_heap_peak(&exports->heap, exports->memory));
}

void wisp_version_free(wisp_version *version)
{
    if (!version)
        return;
    const wisp_allocator *allocator = version->guest->host->allocator;
    wisp_version_raise_peaks(version, &version->guest->counts);
    wisp_store_free(version->store);
    wisp_tasks_deinit(&version->tasks, allocator);
    wisp_free(allocator, version, sizeof *version);
}

/* What can be said of [module] before anything is made for it. */
static wisp_status check_module(const wisp_guest_config *config, const wisp_module *module,
                                wisp_error *err)
{
    wisp_status status = wisp_exports_check(module, err);
    return status != WISP_OK ? status
                             : wisp_capabilities_check(config->capabilities, module, err);
}

/* A linker with all that a module of a guest with [config] may import. */
static wisp_status make_linker(wisp_store *store, const wisp_guest_config *config,
                               wisp_version *version, wisp_linker **out, wisp_error *err)
{
    wisp_status status = wisp_linker_new(store, out, err);
    if (status == WISP_OK && config->on_link) {
        wisp_error words = {.text = "on_link failed", .offset = WISP_NO_OFFSET};
        status = config->on_link(config->user, *out, &words);
        if (status != WISP_OK)
            return wisp_fail(err, status, "%s", words.text);
    }
    /* Last, so that the program cannot put other functions in their place by accident. */
    return status != WISP_OK ? status : wisp_imports_add(*out, version, err);
}

/* ------------------------------------------------------------------ entries */

static void refuel(wisp_version *version)
{
    wisp_store_set_fuel(version->store, version->guest->config.fuel);
}

/*
 * Calls [func], which takes [arg_count] i32 and gives one if [result] is not NULL.
 *
 * Functions that a trap broke off do not give back their part of the module's own stack. As a
 * version may be entered again after it trapped in wisp_save, that is done for them.
 */
static wisp_status call(wisp_version *version, wisp_func *func, const wisp_value *args,
                        uint32_t arg_count, int32_t *result, wisp_error *err)
{
    wisp_global *stack = version->exports.stack_pointer;
    wisp_value value = wisp_i32(0), top = stack ? wisp_global_get(stack) : value;
    wisp_status status = wisp_call(func, args, arg_count, &value, result ? 1 : 0, err);
    if (status == WISP_TRAP)
        version->guest->counts.traps++;
    if (status != WISP_OK && stack)
        (void)wisp_global_set(stack, top, NULL);
    if (status == WISP_OK && result)
        *result = value.of.i32;
    return status;
}

/* Puts a copy of [bytes], which are a [what], where the module wants them. */
static wisp_status lend(wisp_version *version, wisp_bytes bytes, const char *what,
                        int32_t *address, wisp_error *err)
{
    *address = 0;
    if (bytes.size == 0)
        return WISP_OK;
    wisp_func *buffer = version->exports.entries[WISP_ENTRY_BUFFER];
    if (!buffer)
        return wisp_fail(err, WISP_LIMIT, "the module exports no 'wisp_buffer' to take a %s",
                         what);
    if (bytes.size > INT32_MAX)
        return wisp_fail(err, WISP_LIMIT, "no module can take a %s of %zu bytes", what,
                         bytes.size);
    wisp_value arg = wisp_i32((int32_t)bytes.size);
    wisp_status status = call(version, buffer, &arg, 1, address, err);
    if (status != WISP_OK)
        return status;
    uint32_t at = (uint32_t)*address;
    if (at == 0)
        return wisp_fail(err, WISP_LIMIT, "the module has no room for a %s of %zu bytes", what,
                         bytes.size);
    uint8_t *into = wisp_memory_at(version->exports.memory, at, bytes.size);
    if (!into)
        return wisp_fail(err, WISP_MISMATCH,
                         "wisp_buffer gave address %u, where %zu bytes are outside the memory",
                         at, bytes.size);
    memcpy(into, bytes.data, bytes.size);
    return WISP_OK;
}

static wisp_status link(wisp_version *version, wisp_error *err)
{
    wisp_linker *linker;
    wisp_status status = check_module(&version->guest->config, version->module, err);
    if (status == WISP_OK)
        status = make_linker(version->store, &version->guest->config, version, &linker, err);
    if (status == WISP_OK) {
        refuel(version);
        status =
            wisp_instance_new(version->store, version->module, linker, &version->instance, err);
    }
    if (status == WISP_TRAP)
        version->guest->counts.traps++;
    if (status == WISP_OK)
        status = wisp_exports_find(version->instance, &version->exports, err);
    return status;
}

wisp_status wisp_version_start(wisp_version *version, wisp_error *err)
{
    wisp_status status = link(version, err);
    if (status != WISP_OK)
        return status;
    refuel(version);
    int32_t number, answer;
    status = call(version, version->exports.entries[WISP_ENTRY_VERSION], NULL, 0, &number, err);
    if (status != WISP_OK)
        return status;
    version->number = (uint32_t)number;
    status = call(version, version->exports.entries[WISP_ENTRY_START], NULL, 0, &answer, err);
    if (status == WISP_OK && answer != 0)
        status = wisp_fail(err, WISP_UNSUPPORTED, "wisp_start returned %d, expected 0", answer);
    return status;
}

wisp_status wisp_version_message(wisp_version *version, uint32_t channel, wisp_bytes bytes,
                                 wisp_error *err)
{
    wisp_func *message = version->exports.entries[WISP_ENTRY_MESSAGE];
    if (!message)
        return wisp_fail(err, WISP_NOT_FOUND, "version %u exports no 'wisp_message'",
                         version->number);
    refuel(version);
    int32_t address;
    wisp_status status = lend(version, bytes, "message", &address, err);
    if (status != WISP_OK)
        return status;
    wisp_value args[] = {wisp_i32((int32_t)channel), wisp_i32(address),
                         wisp_i32((int32_t)bytes.size)};
    return call(version, message, args, 3, NULL, err);
}

wisp_status wisp_version_task(wisp_version *version, const wisp_task *task, wisp_error *err)
{
    refuel(version);
    wisp_value context = wisp_i32(task->context);
    return call(version, task->func, &context, 1, NULL, err);
}

/* Collects what [version] hands over. What is wrong with the state itself is noted in it. */
static wisp_status collect(wisp_version *version, wisp_state *state, wisp_error *err)
{
    wisp_func *save = version->exports.entries[WISP_ENTRY_SAVE];
    const wisp_state_region *region = &version->exports.state;
    if (!save && region->size == 0)
        return wisp_fail(err, WISP_NOT_FOUND, "version %u exports neither 'wisp_save' nor '%s'",
                         version->number, WISP_EXPORT_STATE);
    if (!save) {
        (void)wisp_state_region_save(region, version->exports.memory, state,
                                     version->guest->host->allocator,
                                     version->guest->config.state_size_max);
        return WISP_OK;
    }
    refuel(version);
    version->saving = state;
    wisp_status status = call(version, save, NULL, 0, NULL, err);
    version->saving = NULL;
    return status;
}

wisp_status wisp_version_save(wisp_version *version, wisp_state *state, wisp_error *err)
{
    wisp_status status = collect(version, state, err);
    state->version = version->number;
    state->is_saved = true;
    if (status == WISP_OK && state->status == WISP_LIMIT)
        status = wisp_fail(err, WISP_LIMIT, "the state is of more than %llu bytes",
                           (unsigned long long)version->guest->config.state_size_max);
    if (status == WISP_OK && state->status != WISP_OK)
        status = wisp_fail(err, state->status, "out of memory while the state was saved");
    if (status != WISP_OK)
        wisp_state_clear(state, version->guest->host->allocator);
    return status;
}

wisp_status wisp_version_restore(wisp_version *version, const wisp_state *state, wisp_error *err)
{
    wisp_func *restore = version->exports.entries[WISP_ENTRY_RESTORE];
    const wisp_state_region *region = &version->exports.state;
    if (!restore && region->size == 0)
        return WISP_OK;
    if (!restore)
        return wisp_state_region_restore(region, version->exports.memory, state, err);
    refuel(version);
    int32_t address, answer;
    wisp_status status =
        lend(version, (wisp_bytes){state->data, state->size}, "state", &address, err);
    if (status != WISP_OK)
        return status;
    wisp_value args[] = {wisp_i32((int32_t)state->version), wisp_i32(address),
                         wisp_i32((int32_t)state->size)};
    status = call(version, restore, args, 3, &answer, err);
    if (status == WISP_OK && answer != 0)
        status = wisp_fail(err, WISP_MISMATCH,
                           "wisp_restore returned %d for the state of version %u, expected 0",
                           answer, state->version);
    return status;
}

wisp_status wisp_version_stop(wisp_version *version, wisp_error *err)
{
    wisp_func *stop = version->exports.entries[WISP_ENTRY_STOP];
    if (!stop)
        return WISP_OK;
    refuel(version);
    return call(version, stop, NULL, 0, NULL, err);
}

const wisp_trap *wisp_version_trap(const wisp_version *version, wisp_status status)
{
    return version && status == WISP_TRAP ? wisp_store_trap(version->store) : NULL;
}

/* ------------------------------------------------------------------ checking without running */

wisp_status wisp_host_accepts(const wisp_guest_config *config, const wisp_module *module,
                              wisp_error *err)
{
    wisp_guest_config chosen = config ? *config : (wisp_guest_config){0};
    wisp_status status = check_module(&chosen, module, err);
    if (status != WISP_OK)
        return status;
    wisp_store *store;
    status = wisp_store_new(&chosen.limits, &store, err);
    if (status != WISP_OK)
        return status;
    wisp_linker *linker;
    status = make_linker(store, &chosen, NULL, &linker, err);
    if (status == WISP_OK)
        status = wisp_linker_check(linker, module, err);
    wisp_store_free(store);
    return status;
}
