#include <wisp/record.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"
#include "host/tape/recording.h"
#include "host/version/imports.h"

/*
 * A replay is a guest of its own, in a host of its own, that never runs anything by itself: its
 * one version is entered as the recording says, and all its calls are answered by a playback.
 */
struct wisp_replay {
    const wisp_allocator *allocator;
    wisp_recording *recording;
    const wisp_module *module;
    wisp_recorded_life life;
    bool is_same;   /* the module is the one that was recorded */
    bool has_begun; /* the version was made, as the life begins */
    bool is_loaded; /* and can be entered */
    wisp_host *host;
    wisp_guest *guest;
    wisp_version *version;
    wisp_playback playback;
    wisp_trap trap; /* of the last step */
};

/* ------------------------------------------------------------------ finding the life */

/* Finds the next life of number [number], or any for 0, that is of [module] (NULL: any). */
static wisp_status find_life(wisp_recording *recording, uint32_t number,
                             const wisp_module *module, wisp_recorded_life *out, wisp_error *err)
{
    wisp_recorded item;
    wisp_status status;
    while ((status = wisp_recording_next(recording, &item, err)) == WISP_OK) {
        if (item.kind != WISP_RECORDED_LIFE || (number > 0 && item.of.life.number != number) ||
            (module && !wisp_recorded_is_of(&item.of.life, module)))
            continue;
        *out = item.of.life;
        return WISP_OK;
    }
    return status;
}

static wisp_status choose_life(wisp_replay *replay, uint32_t number, wisp_error *err)
{
    wisp_recording *recording = replay->recording;
    wisp_status status = wisp_recording_rewind(recording, err);
    if (status == WISP_OK)
        status =
            find_life(recording, number, number > 0 ? NULL : replay->module, &replay->life, err);
    if (status == WISP_NOT_FOUND && number == 0) {
        status = wisp_recording_rewind(recording, err);
        if (status == WISP_OK)
            status = find_life(recording, 0, NULL, &replay->life, err);
    }
    if (status == WISP_NOT_FOUND && number > 0)
        return wisp_fail(err, status, "the recording has no life %u", number);
    if (status == WISP_NOT_FOUND)
        return wisp_fail(err, status, "the recording has no life at all");
    return status;
}

/* ------------------------------------------------------------------ making it */

/* Whether [recorded] is performed here: what touches the version alone, or asks for what the
 * recording says of its host and guest. */
static bool is_ours(const wisp_tap_func *recorded, const wisp_tap_func *ours)
{
    return recorded->kind == ours->kind && strcmp(recorded->signature, ours->signature) == 0 &&
           (ours->kind == WISP_TAP_OWN || ours->is_fixed);
}

/* The functions of the recording under their numbers. */
static wisp_status add_recorded(wisp_taps *taps, const wisp_replay *replay, wisp_error *err)
{
    const wisp_taps *recorded = &replay->recording->taps;
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < recorded->len && status == WISP_OK; i++) {
        const wisp_tap *tap = &recorded->items[i];
        wisp_tap_func func = tap->func;
        const wisp_tap *ours = wisp_taps_find(&replay->host->taps, tap->module, func.name);
        if (ours && is_ours(&func, &ours->func))
            func = ours->func;
        status = wisp_taps_add(taps, replay->allocator, tap->module, &func, err);
    }
    return status;
}

/* Those of "wisp" that there were not yet when it was recorded, for a newer module. */
static wisp_status add_newer(wisp_taps *taps, const wisp_replay *replay, wisp_error *err)
{
    const wisp_taps *ours = &replay->host->taps;
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < ours->len && status == WISP_OK; i++) {
        const wisp_tap *tap = &ours->items[i];
        if (!wisp_taps_find(taps, tap->module, tap->func.name))
            status = wisp_taps_add(taps, replay->allocator, tap->module, &tap->func, err);
    }
    return status;
}

/* Puts what the recording offers in the place of what this host does. */
static wisp_status replace_taps(wisp_replay *replay, wisp_error *err)
{
    wisp_taps taps = {0};
    wisp_status status = add_recorded(&taps, replay, err);
    if (status == WISP_OK)
        status = add_newer(&taps, replay, err);
    wisp_taps_deinit(&replay->guest->taps, replay->allocator);
    replay->guest->taps = taps;
    return status;
}

/* The names that had a type, so that they get the same. */
static wisp_status add_topics(wisp_replay *replay, wisp_error *err)
{
    const wisp_topics *topics = &replay->recording->topics;
    for (size_t i = 0; i < topics->len; i++) {
        wisp_bytes name = {(const uint8_t *)topics->names[i], strlen(topics->names[i])};
        if (wisp_topics_add(&replay->host->topics, replay->allocator, name) == 0)
            return wisp_fail_memory(err, name.size);
    }
    return WISP_OK;
}

static wisp_status make_guest(wisp_replay *replay, wisp_error *err)
{
    const wisp_recording *recording = replay->recording;
    wisp_host_config host_config = {.allocator = replay->allocator};
    wisp_guest_config config = {
        .name = recording->name,
        .limits = recording->limits,
        .fuel = recording->fuel,
        .deadline_ms = WISP_NO_DEADLINE,
        .state_size_max = recording->state_size_max,
    };
    wisp_status status = wisp_host_new(&host_config, &replay->host, err);
    if (status == WISP_OK)
        status = wisp_guest_new(replay->host, &config, &replay->guest, err);
    if (status != WISP_OK)
        return status;
    replay->guest->id = recording->guest_id;
    status = add_topics(replay, err);
    return status == WISP_OK ? replace_taps(replay, err) : status;
}

static wisp_status make_version(wisp_replay *replay, const wisp_replay_config *config,
                                wisp_error *err)
{
    wisp_source source = {.module = replay->module};
    wisp_status status =
        wisp_playback_init(&replay->playback, replay->allocator, &replay->guest->taps, err);
    if (status != WISP_OK)
        return status;
    replay->playback.is_same = replay->is_same;
    replay->playback.ignores = config->ignore;
    replay->playback.ignore_len = config->ignore_len;
    replay->version = wisp_version_new(replay->guest, source, err);
    if (!replay->version)
        return WISP_NO_MEMORY;
    replay->version->playback = &replay->playback;
    return WISP_OK;
}

wisp_status wisp_replay_new(const wisp_replay_config *config, wisp_recording *recording,
                            const wisp_module *module, wisp_replay **out, wisp_error *err)
{
    static const wisp_replay_config defaults;
    if (!config)
        config = &defaults;
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_replay *replay = wisp_alloc(allocator, 1, sizeof *replay);
    if (!replay)
        return wisp_fail_memory(err, sizeof *replay);
    replay->allocator = allocator;
    replay->recording = recording;
    replay->module = module;
    wisp_status status = choose_life(replay, config->life, err);
    if (status == WISP_OK) {
        replay->is_same = wisp_recorded_is_of(&replay->life, module);
        status = make_guest(replay, err);
    }
    if (status == WISP_OK)
        status = make_version(replay, config, err);
    if (status == WISP_OK)
        *out = replay;
    else
        wisp_replay_free(replay);
    return status;
}

void wisp_replay_free(wisp_replay *replay)
{
    if (!replay)
        return;
    wisp_version_free(replay->version);
    wisp_playback_deinit(&replay->playback);
    wisp_host_free(replay->host);
    wisp_free(replay->allocator, replay, sizeof *replay);
}

const wisp_recorded_life *wisp_replay_life(const wisp_replay *replay)
{
    return &replay->life;
}

bool wisp_replay_is_same(const wisp_replay *replay)
{
    return replay->is_same;
}

/* ------------------------------------------------------------------ how a life begins */

/* Once, whatever a recording says. */
static wisp_status load(wisp_replay *replay, wisp_error *err)
{
    if (replay->version->wasm.store)
        return wisp_fail(err, WISP_INVALID, "the module is loaded once more");
    wisp_status status = wisp_version_load(replay->version, err);
    replay->is_loaded = status == WISP_OK;
    return status;
}

/* In the state that the recorded version was in. */
static wisp_status load_snapshot(wisp_replay *replay, wisp_error *err)
{
    wisp_snapshot *snapshot;
    wisp_status status =
        wisp_snapshot_read(replay->allocator, replay->life.snapshot, &snapshot, err);
    if (status != WISP_OK)
        return status;
    replay->version->wasm.snapshot = snapshot;
    status = load(replay, err);
    replay->version->wasm.snapshot = NULL;
    wisp_snapshot_free(snapshot);
    return status;
}

/* As a new version that takes over from the recorded one. */
static wisp_status take_over(wisp_replay *replay, wisp_error *err)
{
    const wisp_recorded_life *life = &replay->life;
    wisp_playback_begin_untaped(&replay->playback);
    wisp_status status = wisp_version_start(replay->version, err);
    replay->is_loaded = status == WISP_OK;
    if (status != WISP_OK || !life->has_state)
        return status;
    wisp_state state = {
        .is_saved = true,
        .version = life->version,
        .data = (uint8_t *)life->state.data, /* only read */
        .size = life->state.size,
    };
    return wisp_version_restore(replay->version, &state, err);
}

/* ------------------------------------------------------------------ one entry */

static wisp_status save(wisp_version *version, const wisp_entry *entry, wisp_error *err)
{
    wisp_state state = {0};
    version->saving = &state;
    wisp_status status = wisp_version_enter(version, entry, NULL, err);
    version->saving = NULL;
    wisp_state_clear(&state, version->guest->host->allocator);
    return status;
}

static wisp_status enter(wisp_replay *replay, const wisp_entry *entry, int32_t *answer,
                         wisp_error *err)
{
    wisp_version *version = replay->version;
    bool is_optional = entry->kind == WISP_ENTRY_SAVE || entry->kind == WISP_ENTRY_STOP;
    if (replay->recording->is_load)
        return load(replay, err);
    if (!replay->is_loaded)
        return wisp_fail(err, WISP_INVALID, "the module was not loaded");
    if (is_optional && !version->backend->has(version, entry->kind))
        return WISP_OK;
    if (entry->kind == WISP_ENTRY_SAVE)
        return save(version, entry, err);
    if (entry->kind == WISP_ENTRY_RESTORE)
        return wisp_version_give(version, entry, answer, err);
    return wisp_version_enter(version, entry, answer, err);
}

/*
 * The fuel for an entry. One that was broken off by its deadline is broken off at the same
 * instruction by giving it one unit less than it had used there: fuel is looked at where
 * deadlines are.
 */
static uint64_t fuel_for(const wisp_replay *replay, const wisp_recorded_entry *recorded)
{
    bool is_overdue = recorded->trap == WISP_TRAP_DEADLINE && recorded->fuel > 0;
    return is_overdue && replay->is_same ? recorded->fuel - 1 : replay->recording->fuel;
}

/* Out of that fuel is then what the deadline was. */
static void keep_trap(wisp_replay *replay, const wisp_recorded_entry *recorded)
{
    wisp_trap *trap = &replay->trap;
    *trap = *replay->version->backend->trap(replay->version);
    if (trap->code != WISP_TRAP_FUEL || fuel_for(replay, recorded) == replay->recording->fuel)
        return;
    trap->code = WISP_TRAP_DEADLINE;
    snprintf(trap->text, sizeof trap->text, "%s", wisp_trap_text(trap->code));
}

/* How an entry came out, in words. */
static void describe(char *into, size_t size, wisp_status status, wisp_trap_code trap,
                     uint32_t func, uint32_t offset)
{
    if (status == WISP_TRAP)
        snprintf(into, size, "the trap '%s' in function %" PRIu32 " at byte %" PRIu32,
                 wisp_trap_text(trap), func, offset);
    else
        snprintf(into, size, "%s", status == WISP_OK ? "a good end" : wisp_status_name(status));
}

static bool is_same_trap(const wisp_trap *trap, const wisp_recorded_entry *recorded)
{
    return trap->code == recorded->trap &&
           (trap->frame_count == 0 || (trap->frames[0].func_index == recorded->trap_func &&
                                       trap->frames[0].offset == recorded->trap_offset));
}

/* What came of the entry, against what did when it was recorded. */
static void compare_end(wisp_replay *replay, const wisp_recorded_entry *recorded,
                        wisp_status status)
{
    char found[100], expected[100];
    const wisp_trap *trap = &replay->trap;
    if (status == recorded->status &&
        (status != WISP_TRAP || !replay->is_same || is_same_trap(trap, recorded)))
        return;
    describe(found, sizeof found, status, trap->code, trap->frames[0].func_index,
             trap->frames[0].offset);
    describe(expected, sizeof expected, recorded->status, recorded->trap, recorded->trap_func,
             recorded->trap_offset);
    /* Which calls are missing or too many follows from that, and is no news. */
    replay->playback.differences = 0;
    wisp_playback_differ(&replay->playback, "found %s, expected %s", found, expected);
}

static void compare_cost(wisp_replay *replay, const wisp_recorded_entry *recorded,
                         wisp_status status, int32_t answer)
{
    uint64_t fuel = replay->version->fuel;
    bool is_deadline = recorded->trap == WISP_TRAP_DEADLINE;
    if (status == WISP_OK && (answer == 0) != (recorded->answer == 0))
        wisp_playback_differ(&replay->playback, "it answers %" PRId32 ", expected %" PRId32,
                             answer, recorded->answer);
    if (replay->is_same && !is_deadline && fuel != recorded->fuel)
        wisp_playback_differ(&replay->playback,
                             "it took %" PRIu64 " units of fuel, expected %" PRIu64, fuel,
                             recorded->fuel);
}

/* Makes the entry that the recording has just read, which is told by [recorded]. */
static void make_entry(wisp_replay *replay, const wisp_recorded_entry *recorded,
                       wisp_replay_step *out)
{
    wisp_playback *playback = &replay->playback;
    wisp_entry ours;
    wisp_error why = {.text = ""};
    int32_t answer = 0;
    replay->guest->config.fuel = fuel_for(replay, recorded);
    wisp_playback_begin(playback, replay->recording->calls);
    if (wisp_playback_translate(playback, &replay->recording->entry, &ours)) {
        out->status = enter(replay, &ours, &answer, &why);
    } else {
        out->status = WISP_NOT_FOUND;
        wisp_playback_differ(playback, "this module has asked for no such entry");
    }
    replay->trap.frame_count = 0;
    if (out->status == WISP_TRAP) {
        keep_trap(replay, recorded);
        out->trap = &replay->trap;
    }
    compare_end(replay, recorded, out->status);
    wisp_playback_end(playback);
    compare_cost(replay, recorded, out->status, answer);
}

static void finish_step(wisp_replay *replay, wisp_replay_step *out)
{
    out->fuel = replay->version->fuel;
    out->difference = replay->playback.differences > 0 ? replay->playback.text : NULL;
}

/* The step that no entry was recorded for: another version takes over. */
static wisp_status step_over(wisp_replay *replay, wisp_replay_step *out)
{
    static const wisp_recorded_entry nothing = {.kind = "start"};
    wisp_error why;
    out->recorded = nothing;
    out->status = take_over(replay, &why);
    if (out->status == WISP_TRAP) {
        keep_trap(replay, &nothing);
        out->trap = &replay->trap;
    }
    if (out->status != WISP_OK)
        wisp_playback_differ(&replay->playback, "it does not take over: %.200s", why.text);
    finish_step(replay, out);
    return WISP_OK;
}

/* The next entry of this life. */
static wisp_status find_entry(wisp_replay *replay, wisp_recorded_entry *out, wisp_error *err)
{
    wisp_recorded item;
    wisp_status status;
    do {
        status = wisp_recording_next(replay->recording, &item, err);
    } while (status == WISP_OK &&
             (item.kind != WISP_RECORDED_ENTRY || item.of.entry.life != replay->life.number));
    if (status == WISP_OK)
        *out = item.of.entry;
    return status;
}

wisp_status wisp_replay_next(wisp_replay *replay, wisp_replay_step *out, wisp_error *err)
{
    wisp_status status = WISP_OK;
    bool has_begun = replay->has_begun;
    *out = (wisp_replay_step){.status = WISP_OK};
    replay->has_begun = true;
    if (!has_begun && replay->life.has_snapshot && !replay->is_same)
        return step_over(replay, out);
    if (!has_begun && replay->life.has_snapshot)
        status = load_snapshot(replay, err);
    if (status == WISP_OK)
        status = find_entry(replay, &out->recorded, err);
    if (status != WISP_OK)
        return status;
    make_entry(replay, &out->recorded, out);
    finish_step(replay, out);
    status = replay->playback.status;
    return status == WISP_OK ? status
                             : wisp_fail(err, status, "entry %" PRIu64 " cannot be compared",
                                         out->recorded.number);
}
