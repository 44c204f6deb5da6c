#include "host/version/wasm_version.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"
#include "host/version/capabilities.h"
#include "host/version/imports.h"
#include "host/version/loan.h"
#include "wasm/types.h"

#define MAPPED_FROM (4u << 20) /* bytes of memory: clearing as many takes about 100 us */

/* Which function of the module an entry is into; TASK and DONE bring their own. */
static const wisp_func_id func_of[WISP_ENTRY_COUNT] = {
    [WISP_ENTRY_START] = WISP_FUNC_START,     [WISP_ENTRY_MESSAGE] = WISP_FUNC_MESSAGE,
    [WISP_ENTRY_EVENT] = WISP_FUNC_EVENT,     [WISP_ENTRY_SAVE] = WISP_FUNC_SAVE,
    [WISP_ENTRY_RESTORE] = WISP_FUNC_RESTORE, [WISP_ENTRY_STOP] = WISP_FUNC_STOP,
};

/* ------------------------------------------------------------------ life */

static bool makes_regions(const wisp_module *module)
{
    wisp_import import;
    for (uint32_t i = 0; wisp_module_import(module, i, &import); i++)
        if (strcmp(import.module, "wisp") == 0 && strcmp(import.name, "region_open") == 0)
            return true;
    return false;
}

/*
 * A memory from an allocator is cleared, which for a large one takes longer than all the rest of
 * a swap; one that is mapped is clear, and costs a fault for each page that is used: several
 * times as much as clearing it, so that it does not pay for a module that uses most of a MiB,
 * unless it makes regions, which can be shared only there. [allocator] is asked for all of it
 * where it is the program's own.
 */
static wisp_memory_source source_for(const wisp_module *module, const wisp_allocator *allocator)
{
    bool pays = wisp_exports_memory_size(module) >= MAPPED_FROM || makes_regions(module);
    return pays && allocator == &wisp_allocator_default ? WISP_MEMORY_MAPPED : WISP_MEMORY_BEST;
}

static wisp_status make_store(wisp_version *version, wisp_error *err)
{
    const wisp_guest *guest = version->guest;
    wisp_store_config config = guest->config.limits;
    config.allocator = guest->host->allocator;
    if (config.memory_source == WISP_MEMORY_BEST)
        config.memory_source = source_for(version->source.module, config.allocator);
    config.fuel = guest->config.fuel;
    config.now_ns = wisp_stopwatch_look;
    config.now_user = &version->watch;
    wisp_status status = wisp_store_new(&config, &version->wasm.store, err);
    if (status != WISP_OK || guest->config.deadline_ms == WISP_NO_DEADLINE)
        return status;
    /* By the stopwatch, which begins anew with each entry: so it is set once and for all. */
    return wisp_store_set_deadline(version->wasm.store,
                                   guest->config.deadline_ms * (uint64_t)1000000, err);
}

/* What can be said of [module] before anything is made for it. */
static wisp_status check_module(const wisp_guest_config *config, const wisp_module *module,
                                wisp_error *err)
{
    wisp_status status = wisp_exports_check(module, err);
    return status != WISP_OK ? status
                             : wisp_capabilities_check(config->capabilities, module, err);
}

/* A linker with all that a module of a guest with [config] may import: [taps], on behalf of
 * [version] (NULL: nothing will run), in [slots], and what on_link adds. */
static wisp_status make_linker(wisp_store *store, const wisp_guest_config *config,
                               const wisp_taps *taps, wisp_tap_slot *slots, wisp_version *version,
                               wisp_linker **out, wisp_error *err)
{
    wisp_status status = wisp_linker_new(store, out, err);
    if (status == WISP_OK && config->on_link) {
        wisp_error words = {.text = "on_link failed", .offset = WISP_NO_OFFSET};
        status = config->on_link(config->user, *out, &words);
        if (status != WISP_OK)
            return wisp_fail(err, status, "%s", words.text);
    }
    /* Last, so that the program cannot put other functions in their place by accident. */
    return status != WISP_OK ? status : wisp_tap_add(*out, taps, slots, version, err);
}

static wisp_status new_slots(const wisp_taps *taps, const wisp_allocator *allocator,
                             wisp_tap_slot **out, wisp_error *err)
{
    size_t count = wisp_taps_count(taps);
    *out = wisp_alloc(allocator, count, sizeof **out);
    return *out ? WISP_OK : wisp_fail_memory(err, count * sizeof **out);
}

static void free_slots(const wisp_taps *taps, const wisp_allocator *allocator,
                       wisp_tap_slot *slots)
{
    wisp_free(allocator, slots, wisp_taps_count(taps) * sizeof *slots);
}

static void unload(wisp_version *version)
{
    wisp_guest *guest = version->guest;
    wisp_store_free(version->wasm.store);
    if (version->wasm.slots)
        free_slots(&guest->taps, guest->host->allocator, version->wasm.slots);
}

static wisp_status make_instance(wisp_wasm *wasm, const wisp_module *module,
                                 const wisp_linker *linker, wisp_error *err)
{
    if (wasm->snapshot)
        return wisp_instance_new_from(wasm->store, module, linker, wasm->snapshot,
                                      &wasm->instance, err);
    return wisp_instance_new(wasm->store, module, linker, &wasm->instance, err);
}

static wisp_status instantiate(wisp_version *version, wisp_error *err)
{
    wisp_wasm *wasm = &version->wasm;
    const wisp_guest *guest = version->guest;
    wisp_status status = make_store(version, err);
    if (status == WISP_OK)
        status = check_module(&guest->config, version->source.module, err);
    if (status == WISP_OK)
        status = new_slots(&guest->taps, guest->host->allocator, &wasm->slots, err);
    wisp_linker *linker;
    if (status == WISP_OK)
        status = make_linker(wasm->store, &guest->config, &guest->taps, wasm->slots, version,
                             &linker, err);
    if (status == WISP_OK)
        status = make_instance(wasm, version->source.module, linker, err);
    if (status == WISP_OK)
        status = wisp_exports_find(wasm->instance, &wasm->exports, err);
    return status;
}

static const wisp_trap *trap(const wisp_version *version)
{
    return wisp_store_trap(version->wasm.store);
}

static wisp_usage usage(const wisp_version *version)
{
    const wisp_exports *exports = &version->wasm.exports;
    if (!exports->memory)
        return (wisp_usage){0};
    return (wisp_usage){
        .memory_size = wisp_memory_size(exports->memory),
        .heap_size = wisp_heap_size(&exports->heap, exports->memory),
        .heap_peak = wisp_heap_peak(&exports->heap, exports->memory),
    };
}

static void *state(const wisp_version *version, size_t *size)
{
    const wisp_state_region *region = &version->wasm.exports.state;
    *size = region->size;
    return wisp_memory_at(version->wasm.exports.memory, region->address, region->size);
}

/* ------------------------------------------------------------------ calls */

/* Fuel without a limit would not be counted. */
static uint64_t fuel_of_entry(const wisp_version *version)
{
    uint64_t fuel = version->guest->config.fuel;
    return fuel == WISP_FUEL_UNLIMITED ? fuel - 1 : fuel;
}

static void refuel(wisp_version *version)
{
    wisp_store_set_fuel(version->wasm.store, fuel_of_entry(version));
}

/* Functions that a trap broke off do not give back their part of the module's own stack. As a
 * version may be entered again after it trapped in wisp_save, that is done for them. */
wisp_status wisp_wasm_call(wisp_version *version, wisp_func *func, const wisp_value *args,
                           uint32_t arg_count, int32_t *result, wisp_error *err)
{
    wisp_global *stack = version->wasm.exports.stack_pointer;
    wisp_value value = wisp_i32(0), top = stack ? wisp_global_get(stack) : value;
    wisp_status status = wisp_call(func, args, arg_count, &value, result ? 1 : 0, err);
    if (status != WISP_OK && stack)
        (void)wisp_global_set(stack, top, NULL);
    if (status == WISP_OK && result)
        *result = value.of.i32;
    return status;
}

static wisp_status load(wisp_version *version, wisp_error *err)
{
    int32_t number;
    wisp_status status = instantiate(version, err);
    if (status != WISP_OK)
        return status;
    refuel(version);
    status = wisp_wasm_call(version, version->wasm.exports.funcs[WISP_FUNC_VERSION], NULL, 0,
                            &number, err);
    if (status == WISP_OK)
        version->number = (uint32_t)number;
    return status;
}

/* ------------------------------------------------------------------ entries */

static bool has(const wisp_version *version, wisp_entry_kind kind)
{
    if (kind == WISP_ENTRY_TASK || kind == WISP_ENTRY_DONE)
        return true;
    return version->wasm.exports.funcs[func_of[kind]] != NULL;
}

wisp_status wisp_wasm_func_at(const wisp_table *table, uint64_t index, uint32_t params,
                              wisp_func **out, wisp_error *err)
{
    unsigned long long number = index;
    if (!table)
        return wisp_fail(err, WISP_NOT_FOUND, "the module exports no table '%s'",
                         WISP_EXPORT_TABLE);
    wisp_value slot;
    wisp_status status = wisp_table_get(table, index, &slot, NULL);
    if (status != WISP_OK)
        return wisp_fail(err, status, "function %llu is outside the table of %llu", number,
                         (unsigned long long)wisp_table_size(table));
    if (slot.type != WISP_FUNCREF || !slot.of.funcref)
        return wisp_fail(err, WISP_NOT_FOUND, "function %llu is null", number);
    wisp_functype type = wisp_func_type(slot.of.funcref);
    if (!wisp_functype_is_i32(&type, params, 0)) {
        char text[80];
        wisp_functype_print(&type, text, sizeof text);
        return wisp_fail(err, WISP_MISMATCH, "function %llu has type %s, expected %s", number,
                         text, params == 1 ? "(i32) -> ()" : "(i32, i32) -> ()");
    }
    *out = slot.of.funcref;
    return WISP_OK;
}

/* Where [entry] goes. A function that the module has handed out is looked up once more, as
 * the table may have changed since. */
static wisp_status func_for(const wisp_version *version, const wisp_entry *entry, wisp_func **out,
                            wisp_error *err)
{
    const wisp_exports *exports = &version->wasm.exports;
    if (entry->kind == WISP_ENTRY_TASK)
        return wisp_wasm_func_at(exports->table, entry->func, 1, out, err);
    if (entry->kind == WISP_ENTRY_DONE)
        return wisp_wasm_func_at(exports->table, entry->func, 2, out, err);
    *out = exports->funcs[func_of[entry->kind]];
    return WISP_OK;
}

static wisp_value u32(uint64_t value)
{
    return wisp_i32((int32_t)(uint32_t)value);
}

/* What its function takes: [address] stands for the bytes. Returns how many arguments. */
static uint32_t args_of(const wisp_entry *entry, uint32_t address, wisp_value args[4])
{
    switch (entry->kind) {
    case WISP_ENTRY_EVENT:
        args[0] = u32(entry->sender);
        args[1] = u32(entry->type);
        args[2] = u32(address);
        args[3] = u32(entry->bytes.size);
        return 4;
    case WISP_ENTRY_MESSAGE:
    case WISP_ENTRY_RESTORE:
        args[0] = u32(entry->type);
        args[1] = u32(address);
        args[2] = u32(entry->bytes.size);
        return 3;
    case WISP_ENTRY_DONE:
        args[0] = u32(entry->type);
        args[1] = u32(entry->number);
        return 2;
    case WISP_ENTRY_TASK:
        args[0] = u32(entry->number);
        return 1;
    default:
        return 0;
    }
}

static bool is_lent(const wisp_entry *entry)
{
    return entry->bytes.size > 0 && entry->at == 0 && entry->kind != WISP_ENTRY_DONE;
}

/* Puts what others have made of a region where the module has it. */
static wisp_status take_back(const wisp_version *version, const wisp_entry *entry,
                             wisp_error *err)
{
    size_t size = entry->bytes.size;
    if (entry->kind != WISP_ENTRY_DONE || size == 0)
        return WISP_OK;
    uint8_t *at = wisp_memory_at(version->wasm.exports.memory, entry->number, size);
    if (!at)
        return wisp_fail(err, WISP_MISMATCH,
                         "a region of %zu bytes at %llu is outside the memory", size,
                         (unsigned long long)entry->number);
    memcpy(at, entry->bytes.data, size);
    return WISP_OK;
}

/* What stands for the bytes of [entry] in the module where nothing is lent. */
static uint32_t stand_in(const wisp_entry *entry)
{
    return (uint32_t)(entry->bytes.size > 0 ? entry->at : entry->number);
}

static wisp_status call(wisp_version *version, wisp_func *func, const wisp_entry *entry,
                        uint32_t address, int32_t *answer, wisp_error *err)
{
    wisp_value args[4];
    bool answers = entry->kind == WISP_ENTRY_START || entry->kind == WISP_ENTRY_RESTORE;
    return wisp_wasm_call(version, func, args, args_of(entry, address, args),
                          answers ? answer : NULL, err);
}

static wisp_status run(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                       wisp_error *err)
{
    wisp_func *func = NULL;
    wisp_loan loan;
    *answer = 0;
    wisp_status status = func_for(version, entry, &func, err);
    if (status == WISP_OK)
        status = take_back(version, entry, err);
    if (status != WISP_OK)
        return status;
    if (!is_lent(entry))
        return call(version, func, entry, stand_in(entry), answer, err);
    status = wisp_loan_begin(&loan, version, entry, err);
    if (status != WISP_OK)
        return status;
    status = call(version, func, entry, loan.address, answer, err);
    return wisp_loan_end(&loan, version, entry, status, err);
}

static wisp_status enter(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                         wisp_error *err)
{
    refuel(version);
    wisp_status status = run(version, entry, answer, err);
    version->fuel = fuel_of_entry(version) - wisp_store_fuel(version->wasm.store);
    return status;
}

const wisp_backend wisp_wasm_backend = {
    .load = load,
    .has = has,
    .enter = enter,
    .trap = trap,
    .usage = usage,
    .state = state,
    .unload = unload,
};

/* ------------------------------------------------------------------ checking without running */

/* Whether all that [module] imports is among [taps] or added by on_link. */
static wisp_status check_imports(const wisp_guest_config *config, const wisp_taps *taps,
                                 const wisp_module *module, wisp_error *err)
{
    const wisp_allocator *allocator = wisp_allocator_or_default(config->limits.allocator);
    wisp_tap_slot *slots = NULL;
    wisp_store *store = NULL;
    wisp_linker *linker;
    wisp_status status = new_slots(taps, allocator, &slots, err);
    if (status == WISP_OK)
        status = wisp_store_new(&config->limits, &store, err);
    if (status == WISP_OK)
        status = make_linker(store, config, taps, slots, NULL, &linker, err);
    if (status == WISP_OK)
        status = wisp_linker_check(linker, module, err);
    wisp_store_free(store);
    if (slots)
        free_slots(taps, allocator, slots);
    return status;
}

wisp_status wisp_host_accepts(const wisp_guest_config *config, const wisp_module *module,
                              wisp_error *err)
{
    wisp_guest_config chosen = config ? *config : (wisp_guest_config){0};
    const wisp_allocator *allocator = wisp_allocator_or_default(chosen.limits.allocator);
    wisp_taps taps = {0};
    wisp_status status = check_module(&chosen, module, err);
    if (status == WISP_OK)
        status = wisp_imports_add(&taps, allocator, err);
    if (status == WISP_OK)
        status = wisp_taps_add_functions(&taps, allocator, &chosen, err);
    if (status == WISP_OK)
        status = check_imports(&chosen, &taps, module, err);
    wisp_taps_deinit(&taps, allocator);
    return status;
}
