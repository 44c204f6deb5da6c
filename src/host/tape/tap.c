#include "host/tape/tap.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bridge/args.h"
#include "host/tape/playback.h"
#include "host/tape/taped_call.h"
#include "host/version/version.h"

/* ------------------------------------------------------------------ what is offered */

/* Whether all values of a function are numbers that have a place on tape. */
static bool is_plain(const wisp_signature *signature)
{
    return strspn(signature->plain, "(iIfF)") == strlen(signature->plain);
}

static uint16_t counts_of(const wisp_signature *signature)
{
    uint16_t counts = 0;
    for (uint32_t i = 0; i < signature->param_count; i++) {
        uint8_t at = signature->params[i].count_at;
        if (at != WISP_PARAM_NO_COUNT)
            counts |= (uint16_t)(1u << at);
    }
    return counts;
}

wisp_status wisp_taps_add(wisp_taps *taps, const wisp_allocator *allocator, const char *module,
                          const wisp_tap_func *func, wisp_error *err)
{
    if (!wisp_array_reserve(allocator, &taps->items, &taps->capacity, taps->len + 1,
                            sizeof *taps->items))
        return wisp_fail_memory(err, (taps->len + 1) * sizeof *taps->items);
    wisp_tap *tap = &taps->items[taps->len];
    *tap = (wisp_tap){.module = module, .func = *func, .number = (uint32_t)wisp_taps_count(taps)};
    wisp_error why;
    wisp_status status = wisp_signature_parse(func->signature, 'i', &tap->signature, &why);
    if (status != WISP_OK)
        return wisp_fail(err, status, "%.40s.%.60s: %s", module, func->name, why.text);
    if (!func->fn)
        return wisp_fail(err, WISP_INVALID, "no function for %s.%s", module, func->name);
    tap->is_plain = is_plain(&tap->signature);
    tap->counts = counts_of(&tap->signature);
    taps->len++;
    return WISP_OK;
}

wisp_status wisp_taps_add_functions(wisp_taps *taps, const wisp_allocator *allocator,
                                    const wisp_guest_config *config, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < config->function_len && status == WISP_OK; i++) {
        const wisp_host_func *func = &config->functions[i];
        wisp_tap_func line = {.name = func->name,
                              .signature = func->signature,
                              .fn = func->fn,
                              .kind = func->is_query ? WISP_TAP_QUERY : WISP_TAP_EFFECT};
        status = wisp_taps_add(taps, allocator, func->module, &line, err);
        if (status == WISP_OK) {
            taps->items[taps->len - 1].is_program = true;
            taps->items[taps->len - 1].user = func->user;
        }
    }
    return status;
}

void wisp_taps_deinit(wisp_taps *taps, const wisp_allocator *allocator)
{
    wisp_free(allocator, taps->items, taps->capacity * sizeof *taps->items);
    *taps = (wisp_taps){0};
}

size_t wisp_taps_count(const wisp_taps *taps)
{
    return (taps->base ? wisp_taps_count(taps->base) : 0) + taps->len;
}

const wisp_tap *wisp_taps_at(const wisp_taps *taps, uint32_t number)
{
    size_t first = taps->base ? wisp_taps_count(taps->base) : 0;
    if (number < first)
        return wisp_taps_at(taps->base, number);
    return number - first < taps->len ? &taps->items[number - first] : NULL;
}

const wisp_tap *wisp_taps_find(const wisp_taps *taps, const char *module, const char *name)
{
    for (; taps; taps = taps->base) {
        for (size_t i = taps->len; i > 0; i--) {
            const wisp_tap *tap = &taps->items[i - 1];
            if (strcmp(tap->module, module) == 0 && strcmp(tap->func.name, name) == 0)
                return tap;
        }
    }
    return NULL;
}

wisp_status wisp_taps_check(const wisp_taps *taps, const wisp_module *module, wisp_error *err)
{
    wisp_import import;
    for (uint32_t i = 0; wisp_module_import(module, i, &import); i++) {
        bool is_func = import.type.kind == WISP_EXTERN_FUNC;
        const wisp_tap *tap = is_func ? wisp_taps_find(taps, import.module, import.name) : NULL;
        if (!tap || !tap->is_plain)
            return wisp_fail(err, WISP_UNSUPPORTED,
                             "the import %.60s.%.60s cannot be recorded: %s", import.module,
                             import.name,
                             !is_func ? "it is no function"
                             : !tap   ? "on_link offers it"
                                      : "it takes or gives other values than numbers");
    }
    return WISP_OK;
}

/* ------------------------------------------------------------------ calls to the tape */

static void put_number(wisp_tape *tape, char letter, uint64_t bits)
{
    uint8_t raw[8];
    wisp_put_u64(raw, bits);
    if (letter == 'i' || letter == 'I')
        wisp_tape_put_s64(tape, (int64_t)bits);
    else
        wisp_tape_put_bytes(tape, raw, letter == 'f' ? 4 : 8);
}

static void put_pointer(wisp_tape *tape, const wisp_tap *tap, uint32_t i, const wisp_arg *arg)
{
    if (wisp_tap_is_own(tap, i))
        wisp_tape_put_u64(tape, arg->address);
    bool is_null = !arg->in && !arg->out;
    wisp_tape_put_u64(tape, is_null ? 0 : (uint64_t)arg->size + 1);
    if (arg->in)
        wisp_tape_put_bytes(tape, arg->in, arg->size);
}

static void put_question(wisp_tape *tape, const wisp_tap *tap, const wisp_arg *args)
{
    wisp_tape_put_u64(tape, tap->number);
    for (uint32_t i = 0; i < tap->signature.param_count; i++) {
        char letter = wisp_tap_param(tap, i);
        if (wisp_tap_is_pointer(tap, i))
            put_pointer(tape, tap, i, &args[i]);
        else if (!wisp_tap_counts(tap, i))
            put_number(tape, letter, wisp_taped_bits(letter, &args[i]));
    }
}

static size_t out_size(const wisp_tap *tap, const wisp_arg *args)
{
    size_t size = 0;
    for (uint32_t i = 0; i < tap->signature.param_count; i++)
        size += wisp_tap_is_pointer(tap, i) && args[i].out ? args[i].size : 0;
    return size;
}

/* Copies all that the function may fill in to [at], behind one another. */
static void keep_out(const wisp_tap *tap, const wisp_arg *args, uint8_t *at)
{
    for (uint32_t i = 0; i < tap->signature.param_count; i++) {
        if (!wisp_tap_is_pointer(tap, i) || !args[i].out)
            continue;
        memcpy(at, args[i].out, args[i].size);
        at += args[i].size;
    }
}

/* Puts what the function has filled in, compared with what was there: a buffer is often much
 * larger than what came into it. */
static void put_out(wisp_tape *tape, const wisp_tap *tap, const wisp_arg *args,
                    const uint8_t *before)
{
    for (uint32_t i = 0; i < tap->signature.param_count; i++) {
        if (!wisp_tap_is_pointer(tap, i) || !args[i].out)
            continue;
        const uint8_t *now = args[i].out;
        size_t size = args[i].size;
        while (size > 0 && now[size - 1] == before[size - 1])
            size--;
        wisp_tape_put_block(tape, (wisp_bytes){now, size});
        before += args[i].size;
    }
}

static void put_answer(wisp_tape *tape, const wisp_tap *tap, const wisp_arg *args,
                       const wisp_value *results, const uint8_t *before)
{
    const char *letters = wisp_tap_results(tap);
    for (size_t i = 0; letters[i]; i++)
        put_number(tape, letters[i], wisp_taped_bits(letters[i], &results[i].of));
    put_out(tape, tap, args, before);
}

/* Bytes that an answer has besides what was filled in, at the most. */
enum { ANSWER_SIZE_MAX = 10 * (1 + WISP_BRIDGE_RESULTS_MAX + WISP_BRIDGE_PARAMS_MAX) };

/*
 * Performs a call and writes it on the tape. A call is on the tape as a whole or not at all, so
 * that what does not fit leaves a tape that ends before it.
 */
static wisp_status perform_and_note(wisp_tape *tape, const wisp_tap *tap, void *user,
                                    wisp_instance *caller, const wisp_arg *args,
                                    wisp_value *results, wisp_error *err)
{
    size_t start = tape->size, filled = out_size(tap, args);
    put_question(tape, tap, args);
    /* Behind where the answer comes, which therefore does not move it. */
    uint8_t *before = wisp_tape_reserve(tape, ANSWER_SIZE_MAX + 2 * filled);
    if (before) {
        before += ANSWER_SIZE_MAX + filled;
        keep_out(tap, args, before);
    }
    wisp_status status = tap->func.fn(user, caller, args, results, err);
    if (before) {
        wisp_tape_put_u64(tape, status);
        if (status == WISP_OK)
            put_answer(tape, tap, args, results, before);
        else
            wisp_tape_put_block(tape, (wisp_bytes){(uint8_t *)err->text, strlen(err->text)});
    }
    if (tape->status != WISP_OK)
        wisp_tape_cut(tape, start);
    return status;
}

/* ------------------------------------------------------------------ the tap itself */

/* The wisp_host_fn of all imports. */
static wisp_status call(void *user, wisp_instance *caller, const wisp_value *values,
                        wisp_value *results, wisp_error *err)
{
    const wisp_tap_slot *slot = user;
    const wisp_tap *tap = slot->tap;
    wisp_version *version = slot->version;
    wisp_arg args[WISP_BRIDGE_PARAMS_MAX];
    wisp_status status =
        wisp_call_check(&tap->signature, tap->module, tap->func.name, caller, values, args, err);
    if (status != WISP_OK)
        return status;
    void *whose = tap->is_program ? tap->user : version;
    bool is_own = tap->func.kind == WISP_TAP_OWN;
    if (version->playback && !is_own)
        return wisp_playback_call(version->playback, tap, whose, caller, args, results, err);
    if (version->tape && !is_own)
        return perform_and_note(version->tape, tap, whose, caller, args, results, err);
    return tap->func.fn(whose, caller, args, results, err);
}

wisp_status wisp_tap_add(wisp_linker *linker, const wisp_taps *taps, wisp_tap_slot *slots,
                         wisp_version *version, wisp_error *err)
{
    wisp_status status = WISP_OK;
    size_t count = wisp_taps_count(taps);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++) {
        const wisp_tap *tap = wisp_taps_at(taps, i);
        slots[i] = (wisp_tap_slot){tap, version};
        status = wisp_linker_add_func(linker, tap->module, tap->func.name, tap->signature.plain,
                                      call, &slots[i], err);
    }
    return status;
}
