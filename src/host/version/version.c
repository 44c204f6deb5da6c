#include "host/version/version.h"

#include <string.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"
#include "host/tape/recorder.h"
#include "host/version/native_version.h"
#include "host/version/wasm_version.h"
#include "wasm/snapshot.h"

const char *wisp_entry_kind_name(wisp_entry_kind kind)
{
    static const char *const names[WISP_ENTRY_COUNT] = {
#define X(id, text) text,
        WISP_ENTRIES(X)
#undef X
    };
    return names[kind];
}

/* ------------------------------------------------------------------ life */

wisp_version *wisp_version_new(wisp_guest *guest, wisp_source source, wisp_error *err)
{
    wisp_version *version = wisp_alloc(guest->host->allocator, 1, sizeof *version);
    if (!version) {
        wisp_fail_memory(err, sizeof *version);
        return NULL;
    }
    version->guest = guest;
    version->source = source;
    version->backend = source.native ? &wisp_native_backend : &wisp_wasm_backend;
    version->generation = ++guest->host->last_generation;
    version->watch.os = guest->host->os;
    if (wisp_effects_init(&version->effects, guest->host->allocator))
        return version;
    wisp_version_free(version);
    wisp_fail_memory(err, sizeof version->effects);
    return NULL;
}

static void raise_to(uint64_t *peak, uint64_t value)
{
    if (*peak < value)
        *peak = value;
}

void wisp_version_raise_peaks(const wisp_version *version, wisp_guest_status *counts)
{
    wisp_usage usage = version->backend->usage(version);
    raise_to(&counts->memory_peak, usage.memory_size);
    raise_to(&counts->heap_peak, usage.heap_peak);
}

/* Answered from a tape, it is not what the guest runs, and nothing of it counts. */
static bool is_trial(const wisp_version *version)
{
    return version->playback != NULL;
}

void wisp_version_free(wisp_version *version)
{
    if (!version)
        return;
    const wisp_allocator *allocator = version->guest->host->allocator;
    if (!is_trial(version))
        wisp_version_raise_peaks(version, &version->guest->counts);
    wisp_effects_drop(&version->effects, version->guest);
    wisp_effects_deinit(&version->effects, allocator);
    wisp_windows_deinit(version);
    version->backend->unload(version);
    wisp_tasks_deinit(&version->tasks, allocator);
    wisp_free(allocator, version, sizeof *version);
}

void wisp_version_choose_tape(wisp_version *version)
{
    const wisp_guest *guest = version->guest;
    bool is_shadowed = guest->shadow && guest->current == version;
    version->tape = version->life > 0 || is_shadowed ? &version->guest->tape : NULL;
}

/* ------------------------------------------------------------------ entries */

void wisp_version_taken(wisp_version *version)
{
    wisp_effects_release(&version->effects, version->guest);
}

/* What [entry] has sent goes out, stays or is forgotten. */
static void settle(wisp_version *version, const wisp_entry *entry, wisp_status status)
{
    if (status != WISP_OK)
        wisp_effects_drop(&version->effects, version->guest);
    else if (entry->kind != WISP_ENTRY_START && entry->kind != WISP_ENTRY_RESTORE)
        wisp_effects_release(&version->effects, version->guest);
}

static wisp_status count_trap(wisp_version *version, wisp_status status)
{
    wisp_guest_status *counts = &version->guest->counts;
    if (status != WISP_TRAP || is_trial(version))
        return status;
    wisp_trap_code code = version->backend->trap(version)->code;
    counts->traps++;
    counts->fuel_exhausted += code == WISP_TRAP_FUEL;
    counts->deadlines_missed += code == WISP_TRAP_DEADLINE;
    return status;
}

wisp_status wisp_version_enter(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                               wisp_error *err)
{
    int32_t unwanted;
    if (!version->backend->has(version, entry->kind))
        return wisp_fail(err, WISP_NOT_FOUND, "version %u exports no 'wisp_%s'", version->number,
                         wisp_entry_kind_name(entry->kind));
    int32_t *result = answer ? answer : &unwanted;
    if (version->life > 0)
        wisp_recorder_before(version, entry); /* which may have it save first */
    version->asked = entry->request;
    if (version->tape)
        wisp_tape_clear(version->tape);
    wisp_meter *meter = &version->guest->meter;
    wisp_blackbox *blackbox = version->guest->host->blackbox;
    bool is_timed = version->guest->shadow || is_trial(version) || wisp_meter_next(meter);
    wisp_blackbox_enter(blackbox, &version->note, entry->kind, entry->type);
    wisp_stopwatch_begin(&version->watch, is_timed);
    wisp_status status = version->backend->enter(version, entry, result, err);
    version->ns = wisp_stopwatch_ns(&version->watch);
    if (!is_trial(version))
        wisp_meter_add(meter, version->fuel, version->ns, is_timed);
    if (version->life > 0)
        wisp_recorder_note(version, entry, status, *result);
    settle(version, entry, status);
    wisp_blackbox_leave(blackbox);
    return count_trap(version, status);
}

/* What tells its code from other code: of native code, which is not to be looked at, the guest
 * that it is in and its number. */
static uint64_t identity_of(const wisp_version *version)
{
    const wisp_guest_config *config = &version->guest->config;
    const wisp_source *source = &version->source;
    if (source->module)
        return wisp_module_hash(source->module);
    wisp_blackbox_note note =
        wisp_blackbox_note_of(config->name, config->app_id, 0, source->native->version);
    return wisp_checksum((wisp_bytes){note.bytes, sizeof note.bytes});
}

/* What is noted of [version] in the black box. */
static wisp_blackbox_note note_of(const wisp_version *version, uint64_t module)
{
    const wisp_guest_config *config = &version->guest->config;
    return wisp_blackbox_note_of(config->name, config->app_id, module, version->number);
}

/* Whether the module was not to blame for too many ends of the program. */
static wisp_status check_blame(const wisp_version *version, uint64_t module, wisp_error *err)
{
    const wisp_host *host = version->guest->host;
    uint32_t times = wisp_blackbox_count(host->blackbox, module);
    if (times < host->blames_max)
        return WISP_OK;
    return wisp_fail(err, WISP_BANNED,
                     "the program has ended in this module %u times in a row, allowed are %u",
                     times, host->blames_max - 1);
}

static wisp_status load_counted(wisp_version *version, wisp_error *err)
{
    wisp_stopwatch_begin(&version->watch, false);
    wisp_recorder_begin_life(version);
    if (version->tape)
        wisp_tape_clear(version->tape);
    wisp_status status = version->backend->load(version, err);
    wisp_recorder_note_load(version, status);
    return count_trap(version, status);
}

/* With a black box, loading is watched as entries are. */
wisp_status wisp_version_load(wisp_version *version, wisp_error *err)
{
    wisp_blackbox *blackbox = version->guest->host->blackbox;
    if (!blackbox)
        return load_counted(version, err);
    uint64_t module = identity_of(version);
    wisp_status status = check_blame(version, module, err);
    if (status != WISP_OK)
        return status;
    wisp_blackbox_started(blackbox, module);
    version->note = note_of(version, module);
    wisp_blackbox_enter(blackbox, &version->note, WISP_BLACKBOX_LOAD, 0);
    status = load_counted(version, err);
    wisp_blackbox_leave(blackbox);
    version->note = note_of(version, module); /* now with its number */
    return status;
}

wisp_status wisp_version_start(wisp_version *version, wisp_error *err)
{
    wisp_status status = wisp_version_load(version, err);
    if (status != WISP_OK)
        return status;
    int32_t answer;
    status = wisp_version_enter(version, &(wisp_entry){.kind = WISP_ENTRY_START}, &answer, err);
    if (status == WISP_OK && answer != 0)
        status = wisp_fail(err, WISP_UNSUPPORTED, "wisp_start returned %d, expected 0", answer);
    return status;
}

/* Collects what [version] hands over. What is wrong with the state itself is noted in it. */
static wisp_status collect(wisp_version *version, wisp_state *state, wisp_error *err)
{
    wisp_entry entry = {.kind = WISP_ENTRY_SAVE};
    size_t size;
    const void *region = version->backend->state(version, &size);
    bool has_save = version->backend->has(version, entry.kind);
    if (!has_save && size == 0)
        return wisp_fail(err, WISP_NOT_FOUND, "version %u exports neither 'wisp_save' nor '%s'",
                         version->number, WISP_EXPORT_STATE);
    if (!has_save) {
        (void)wisp_state_append(state, version->guest->host->allocator,
                                version->guest->config.state_size_max,
                                (wisp_bytes){region, size});
        return WISP_OK;
    }
    version->saving = state;
    wisp_status status = wisp_version_enter(version, &entry, NULL, err);
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

static wisp_status fill_region(wisp_version *version, const wisp_entry *entry, wisp_error *err)
{
    size_t size;
    void *region = version->backend->state(version, &size);
    if (size == 0)
        return WISP_OK;
    if (entry->bytes.size != size)
        return wisp_fail(err, WISP_MISMATCH,
                         "the state of version %u is of %zu bytes, '%s' of %zu", entry->type,
                         entry->bytes.size, WISP_EXPORT_STATE, size);
    memcpy(region, entry->bytes.data, size);
    return WISP_OK;
}

/* That is no call, but bytes come into the module all the same. */
wisp_status wisp_version_give(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                              wisp_error *err)
{
    *answer = 0;
    if (version->backend->has(version, entry->kind))
        return wisp_version_enter(version, entry, answer, err);
    if (version->tape)
        wisp_tape_clear(version->tape);
    version->fuel = 0;
    wisp_status status = fill_region(version, entry, err);
    if (version->life > 0)
        wisp_recorder_note(version, entry, status, 0);
    return status;
}

wisp_status wisp_version_restore(wisp_version *version, const wisp_state *state, wisp_error *err)
{
    wisp_entry entry = {
        .kind = WISP_ENTRY_RESTORE, .type = state->version, .bytes = {state->data, state->size}};
    int32_t answer;
    wisp_status status = wisp_version_give(version, &entry, &answer, err);
    if (status == WISP_OK && answer != 0)
        status = wisp_fail(err, WISP_MISMATCH,
                           "wisp_restore returned %d for the state of version %u, expected 0",
                           answer, state->version);
    return status;
}

wisp_status wisp_version_stop(wisp_version *version, wisp_error *err)
{
    wisp_entry entry = {.kind = WISP_ENTRY_STOP};
    if (!version->backend->has(version, entry.kind))
        return WISP_OK;
    return wisp_version_enter(version, &entry, NULL, err);
}

const wisp_trap *wisp_version_trap(const wisp_version *version, wisp_status status)
{
    return version && status == WISP_TRAP ? version->backend->trap(version) : NULL;
}
