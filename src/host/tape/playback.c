#include "host/tape/playback.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/tape/taped_call.h"

enum { PAIRS_MAX = 1 << 16, FIRST_ID = 1 << 30 };

/* ------------------------------------------------------------------ life */

wisp_status wisp_playback_init(wisp_playback *playback, const wisp_allocator *allocator,
                               const wisp_taps *taps, wisp_error *err)
{
    size_t count = wisp_taps_count(taps);
    *playback = (wisp_playback){.allocator = allocator, .taps = taps, .last_id = FIRST_ID};
    playback->queries = wisp_alloc(allocator, count + 1, sizeof *playback->queries);
    return playback->queries ? WISP_OK : wisp_fail_memory(err, count);
}

void wisp_playback_deinit(wisp_playback *playback)
{
    if (!playback->queries)
        return;
    wisp_free(playback->allocator, playback->queries,
              (wisp_taps_count(playback->taps) + 1) * sizeof *playback->queries);
    wisp_free(playback->allocator, playback->pairs,
              playback->pair_capacity * sizeof *playback->pairs);
    *playback = (wisp_playback){0};
}

static void begin(wisp_playback *playback, wisp_bytes calls, bool is_on_tape)
{
    playback->is_on_tape = is_on_tape;
    playback->calls = calls;
    playback->effect_at = 0;
    for (size_t i = 0; i < wisp_taps_count(playback->taps); i++)
        playback->queries[i].at = 0;
    playback->differences = 0;
    playback->text[0] = '\0';
}

void wisp_playback_begin(wisp_playback *playback, wisp_bytes calls)
{
    begin(playback, calls, true);
}

void wisp_playback_begin_untaped(wisp_playback *playback)
{
    begin(playback, (wisp_bytes){NULL, 0}, false);
}

void wisp_playback_differ(wisp_playback *playback, const char *format, ...)
{
    if (playback->differences++ > 0)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(playback->text, sizeof playback->text, format, args);
    va_end(args);
}

/* ------------------------------------------------------------------ numbers of one's own */

/*
 * Numbers of different meaning are told apart by what is before their 32 bits: addresses by 0,
 * numbers of functions by the largest, and own number [which], from 0 on, of the call that gave
 * [id] by one more.
 */
static uint64_t key_of(uint64_t id, uint32_t which)
{
    return (uint64_t)(which + 1) << 32 | (uint32_t)id;
}

static uint64_t key_of_func(uint64_t number)
{
    return key_of(number, UINT32_MAX - 1);
}

/* Where [key] is, or could be; there is always a free place. */
static wisp_own_pair *find_pair(const wisp_playback *playback, uint64_t key)
{
    size_t mask = playback->pair_capacity - 1;
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 40) & mask;
    while (playback->pairs[at].key != 0 && playback->pairs[at].key != key)
        at = (at + 1) & mask;
    return &playback->pairs[at];
}

static bool grow_pairs(wisp_playback *playback)
{
    wisp_playback grown = *playback;
    grown.pair_capacity = playback->pair_capacity > 0 ? playback->pair_capacity * 2 : 64;
    grown.pairs = wisp_alloc(playback->allocator, grown.pair_capacity, sizeof *grown.pairs);
    if (!grown.pairs)
        return false;
    for (size_t i = 0; i < playback->pair_capacity; i++)
        if (playback->pairs[i].key != 0)
            *find_pair(&grown, playback->pairs[i].key) = playback->pairs[i];
    wisp_free(playback->allocator, playback->pairs,
              playback->pair_capacity * sizeof *playback->pairs);
    *playback = grown;
    return true;
}

static void pair(wisp_playback *playback, uint64_t key, uint64_t ours)
{
    if (key == 0 || playback->is_same)
        return;
    if (playback->pair_len * 2 >= playback->pair_capacity) {
        if (playback->pair_len >= PAIRS_MAX)
            playback->status = WISP_LIMIT;
        else if (!grow_pairs(playback))
            playback->status = WISP_NO_MEMORY;
        if (playback->status != WISP_OK)
            return;
    }
    wisp_own_pair *found = find_pair(playback, key);
    playback->pair_len += found->key == 0;
    *found = (wisp_own_pair){key, ours};
}

/* A call that gave [id]: what is own in it is found by that. */
static void pair_by_id(wisp_playback *playback, uint64_t id, const wisp_taped_call *ours)
{
    uint32_t which = 0;
    for (uint32_t i = 0; i < ours->tap->signature.param_count && id != 0; i++)
        if (wisp_tap_is_own(ours->tap, i))
            pair(playback, key_of(id, which++), ours->args[i].number);
}

static void pair_own(wisp_playback *playback, const wisp_taped_call *theirs,
                     const wisp_taped_call *ours)
{
    if (ours->tap->func.gives_id) {
        pair_by_id(playback, theirs->results[0], ours);
        return;
    }
    for (uint32_t i = 0; i < ours->tap->signature.param_count; i++) {
        uint64_t number = theirs->args[i].number;
        if (wisp_tap_is_own(ours->tap, i) && number != 0)
            pair(playback, wisp_tap_is_pointer(ours->tap, i) ? number : key_of_func(number),
                 ours->args[i].number);
    }
}

static bool lookup(const wisp_playback *playback, uint64_t key, uint64_t *ours)
{
    const wisp_own_pair *found = playback->pairs ? find_pair(playback, key) : NULL;
    if (found && found->key != 0)
        *ours = found->ours;
    return found && found->key != 0;
}

bool wisp_playback_translate(const wisp_playback *playback, const wisp_entry *theirs,
                             wisp_entry *ours)
{
    *ours = *theirs;
    if (playback->is_same)
        return true;
    ours->at = 0; /* an address in their memory: the bytes themselves are lent instead */
    if (theirs->kind == WISP_ENTRY_TASK)
        return lookup(playback, key_of(theirs->id, 0), &ours->func) &&
               lookup(playback, key_of(theirs->id, 1), &ours->number);
    if (theirs->kind != WISP_ENTRY_DONE)
        return true;
    (void)lookup(playback, theirs->number, &ours->number); /* a number that is no address stays */
    return lookup(playback, key_of_func(theirs->func), &ours->func);
}

/* ------------------------------------------------------------------ finding on the tape */

static bool is_effect(const wisp_taped_call *call)
{
    return call->tap->func.kind == WISP_TAP_EFFECT;
}

/*
 * The first call from byte *[at] of the tape on that is one of [tap], or any effect for NULL.
 * True with *[at] behind it; false if there is none.
 */
static bool find_call(wisp_playback *playback, const wisp_tap *tap, size_t *at,
                      wisp_taped_call *out)
{
    if (playback->calls.size == 0) /* of NULL too, which has no byte 0 */
        return false;
    wisp_reader r = wisp_reader_of(playback->calls);
    r.at += *at;
    while (wisp_reader_left(&r) > 0) {
        wisp_status status = wisp_taped_call_read(&r, playback->taps, out, NULL);
        if (status != WISP_OK) {
            playback->status = status;
            return false;
        }
        if (tap ? out->tap == tap : is_effect(out)) {
            *at = (size_t)(r.at - r.start);
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ comparing */

static bool is_named(const wisp_shadow_ignore *ignore, const wisp_tap *tap)
{
    if (strcmp(tap->module, "wisp") == 0 && strcmp(tap->func.name, ignore->name) == 0)
        return true;
    size_t size = strlen(tap->module);
    return strncmp(tap->module, ignore->name, size) == 0 && ignore->name[size] == '.' &&
           strcmp(tap->func.name, ignore->name + size + 1) == 0;
}

/* How many bytes of [call] from [offset] on are not to be compared. */
static size_t ignored(const wisp_playback *playback, const wisp_taped_call *call, size_t offset)
{
    uint8_t channel = call->tap->func.channel;
    for (size_t i = 0; i < playback->ignore_len; i++) {
        const wisp_shadow_ignore *ignore = &playback->ignores[i];
        bool is_meant =
            is_named(ignore, call->tap) &&
            (channel == 0 || (uint32_t)call->args[channel - 1].number == ignore->channel);
        if (is_meant && offset >= ignore->offset && offset - ignore->offset < ignore->size)
            return ignore->size - (offset - ignore->offset);
    }
    return 0;
}

static void compare_bytes(wisp_playback *playback, const wisp_taped_call *expected,
                          const wisp_taped_call *found, uint32_t i, const char *text)
{
    wisp_bytes theirs = expected->args[i].in, ours = found->args[i].in;
    if (theirs.size != ours.size) {
        wisp_playback_differ(playback, "%s: parameter %" PRIu32 " is of %zu bytes, expected %zu",
                             text, i, ours.size, theirs.size);
        return;
    }
    for (size_t at = 0; ours.data && at < ours.size; at++) {
        if (ours.data[at] == theirs.data[at])
            continue;
        size_t skipped = ignored(playback, expected, at);
        if (skipped == 0) {
            wisp_playback_differ(playback,
                                 "%s: byte %zu of parameter %" PRIu32 " is 0x%02x, expected "
                                 "0x%02x",
                                 text, at, i, ours.data[at], theirs.data[at]);
            return;
        }
        at += skipped - 1;
    }
}

static void compare_argument(wisp_playback *playback, const wisp_taped_call *expected,
                             const wisp_taped_call *found, uint32_t i, const char *text)
{
    const wisp_tap *tap = found->tap;
    uint64_t theirs = expected->args[i].number, ours = found->args[i].number;
    if (wisp_tap_is_pointer(tap, i) && expected->args[i].is_null != found->args[i].is_null)
        wisp_playback_differ(playback, "%s: parameter %" PRIu32 " is %s, expected %s", text, i,
                             found->args[i].is_null ? "null" : "an address",
                             found->args[i].is_null ? "an address" : "null");
    else if (wisp_tap_is_pointer(tap, i))
        compare_bytes(playback, expected, found, i, text);
    else if (wisp_tap_counts(tap, i))
        return; /* seen in the bytes */
    else if (wisp_tap_is_own(tap, i) && !playback->is_same ? (theirs == 0) != (ours == 0)
                                                           : theirs != ours)
        wisp_playback_differ(playback,
                             "%s: parameter %" PRIu32 " is %" PRId64 ", expected %" PRId64, text,
                             i, (int64_t)ours, (int64_t)theirs);
}

static void compare(wisp_playback *playback, const wisp_taped_call *expected,
                    const wisp_taped_call *found)
{
    char text[80];
    snprintf(text, sizeof text, "%.30s.%.40s", found->tap->module, found->tap->func.name);
    for (uint32_t i = 0; i < found->tap->signature.param_count; i++)
        compare_argument(playback, expected, found, i, text);
}

/* ------------------------------------------------------------------ answering */

static wisp_status answer(const wisp_taped_call *call, const wisp_arg *args, wisp_value *results,
                          wisp_error *err)
{
    if (call->status != WISP_OK)
        return wisp_fail(err, call->status, "%.*s", (int)call->words.size,
                         call->words.size > 0 ? (const char *)call->words.data : "");
    const char *letters = wisp_tap_results(call->tap);
    for (size_t i = 0; letters[i]; i++)
        wisp_taped_set(letters[i], call->results[i], &results[i]);
    for (uint32_t i = 0; i < call->tap->signature.param_count; i++) {
        if (!call->tap->signature.params[i].is_written || !args[i].out)
            continue;
        size_t size = call->out[i].size < args[i].size ? call->out[i].size : args[i].size;
        if (size > 0)
            memcpy(args[i].out, call->out[i].data, size);
    }
    return WISP_OK;
}

/*
 * An effect that is not on the tape: said to have gone well. In an entry that is not there
 * either, ids count from 1 as those of a version do: so tasks that two versions set when they
 * start have the same ones.
 */
static wisp_status pretend(wisp_playback *playback, const wisp_taped_call *found,
                           wisp_value *results)
{
    const wisp_tap *tap = found->tap;
    if (!tap->func.gives_id || !*wisp_tap_results(tap))
        return WISP_OK;
    uint32_t id =
        playback->is_on_tape ? ++playback->last_id : ++playback->queries[tap->number].given;
    wisp_taped_set(*wisp_tap_results(tap), id, &results[0]);
    pair_by_id(playback, id, found);
    return WISP_OK;
}

static wisp_status take_query(wisp_playback *playback, const wisp_tap *tap, void *user,
                              wisp_instance *caller, const wisp_arg *args, wisp_value *results,
                              wisp_error *err)
{
    wisp_taped_call call;
    wisp_taped_query *query = &playback->queries[tap->number];
    const char *letter = wisp_tap_results(tap);
    if (find_call(playback, tap, &query->at, &call)) {
        if (*letter && call.status == WISP_OK)
            query->answer = call.results[0];
        return answer(&call, args, results, err);
    }
    if (playback->may_ask || tap->func.is_fixed)
        return tap->func.fn(user, caller, args, results, err);
    if (*letter)
        wisp_taped_set(*letter, query->answer, &results[0]);
    return WISP_OK;
}

static wisp_status take_effect(wisp_playback *playback, const wisp_tap *tap, const wisp_arg *args,
                               wisp_value *results, wisp_error *err)
{
    wisp_taped_call found, expected;
    char text[2][100] = {"no call"};
    wisp_taped_call_of(tap, args, &found);
    if (!playback->is_on_tape)
        return pretend(playback, &found, results);
    size_t at = playback->effect_at;
    bool is_there = find_call(playback, NULL, &at, &expected);
    if (!is_there || expected.tap != tap) {
        if (is_there)
            wisp_taped_call_print(&expected, text[0], sizeof text[0]);
        wisp_taped_call_print(&found, text[1], sizeof text[1]);
        wisp_playback_differ(playback, "found %s, expected %s", text[1], text[0]);
        /* Perhaps some calls are missing: goes on behind them. */
        at = playback->effect_at;
        if (!find_call(playback, tap, &at, &expected))
            return pretend(playback, &found, results);
    }
    playback->effect_at = at;
    compare(playback, &expected, &found);
    pair_own(playback, &expected, &found);
    return answer(&expected, args, results, err);
}

wisp_status wisp_playback_call(wisp_playback *playback, const wisp_tap *tap, void *user,
                               wisp_instance *caller, const wisp_arg *args, wisp_value *results,
                               wisp_error *err)
{
    switch (tap->func.kind) {
    case WISP_TAP_EFFECT:
        return take_effect(playback, tap, args, results, err);
    case WISP_TAP_QUERY:
        return take_query(playback, tap, user, caller, args, results, err);
    case WISP_TAP_REMARK:
    case WISP_TAP_OWN: /* never comes here */
        break;
    }
    return WISP_OK;
}

bool wisp_playback_end(wisp_playback *playback)
{
    wisp_taped_call expected;
    char text[120];
    size_t at = playback->effect_at;
    if (playback->is_on_tape && find_call(playback, NULL, &at, &expected)) {
        wisp_taped_call_print(&expected, text, sizeof text);
        wisp_playback_differ(playback, "found the end of the entry, expected %s", text);
    }
    playback->is_on_tape = false;
    return playback->differences == 0;
}
