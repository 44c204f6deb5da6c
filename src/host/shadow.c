#include "host/shadow.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"
#include "host/version/wasm_version.h"

struct wisp_shadow {
    wisp_shadow_config config; /* its ignore is ours: see copy_ignored */
    size_t ignore_size;        /* bytes that it takes */
    wisp_version *candidate;
    wisp_playback playback;
    uint64_t entries, differences;
    uint64_t equal_len; /* entries without a difference since the last one */
    wisp_spread_counts fuel, shadow_fuel, ns, shadow_ns;
};

/* ------------------------------------------------------------------ life */

/* All in one block, with the names behind the items. */
static wisp_status copy_ignored(wisp_shadow *shadow, const wisp_allocator *allocator,
                                wisp_error *err)
{
    const wisp_shadow_ignore *from = shadow->config.ignore;
    size_t len = shadow->config.ignore_len, size = len * sizeof *from;
    for (size_t i = 0; i < len; i++)
        size += strlen(from[i].name) + 1;
    wisp_shadow_ignore *items = wisp_alloc(allocator, 1, size + 1);
    if (!items)
        return wisp_fail_memory(err, size);
    char *names = (char *)(items + len);
    for (size_t i = 0; i < len; i++) {
        size_t name_size = strlen(from[i].name) + 1;
        items[i] = from[i];
        items[i].name = memcpy(names, from[i].name, name_size);
        names += name_size;
    }
    shadow->config.ignore = items;
    shadow->ignore_size = size + 1;
    return WISP_OK;
}

static void free_shadow(wisp_shadow *shadow, const wisp_allocator *allocator)
{
    if (!shadow)
        return;
    wisp_version_free(shadow->candidate);
    wisp_playback_deinit(&shadow->playback);
    if (shadow->ignore_size > 0)
        wisp_free(allocator, (void *)shadow->config.ignore, shadow->ignore_size);
    wisp_free(allocator, shadow, sizeof *shadow);
}

static wisp_shadow *new_shadow(wisp_guest *guest, const wisp_shadow_config *config,
                               wisp_error *err)
{
    const wisp_allocator *allocator = guest->host->allocator;
    wisp_shadow *shadow = wisp_alloc(allocator, 1, sizeof *shadow);
    if (!shadow) {
        wisp_fail_memory(err, sizeof *shadow);
        return NULL;
    }
    if (config)
        shadow->config = *config;
    if (shadow->config.differences_max == 0)
        shadow->config.differences_max = 1;
    wisp_status status = copy_ignored(shadow, allocator, err);
    if (status == WISP_OK)
        status = wisp_playback_init(&shadow->playback, allocator, &guest->taps, err);
    if (status != WISP_OK) {
        free_shadow(shadow, allocator);
        return NULL;
    }
    /* What no tape has: its topics, above all, when it starts. */
    shadow->playback.may_ask = true;
    shadow->playback.ignores = shadow->config.ignore;
    shadow->playback.ignore_len = shadow->config.ignore_len;
    return shadow;
}

/* Takes the shadow off the guest; it is the caller's. */
static wisp_shadow *take_off(wisp_guest *guest)
{
    wisp_shadow *shadow = guest->shadow;
    guest->shadow = NULL;
    wisp_version_choose_tape(guest->current);
    return shadow;
}

/* The program may free the module of the candidate now: that must be gone. */
static void tell_end(wisp_guest *guest, const wisp_shadow *shadow, bool is_promoted,
                     const char *reason)
{
    assert(!shadow->candidate);
    if (shadow->config.on_end)
        shadow->config.on_end(shadow->config.user, guest, is_promoted, reason);
}

static void free_candidate(wisp_shadow *shadow)
{
    wisp_version_free(shadow->candidate);
    shadow->candidate = NULL;
}

void wisp_shadow_end(wisp_guest *guest, const char *reason)
{
    if (!guest->shadow)
        return;
    wisp_shadow *shadow = take_off(guest);
    free_candidate(shadow);
    tell_end(guest, shadow, false, reason);
    free_shadow(shadow, guest->host->allocator);
}

/* ------------------------------------------------------------------ a candidate begins */

/* In the very state of the version that runs, which is of the same module. */
static wisp_status clone(wisp_shadow *shadow, wisp_guest *guest, wisp_error *err)
{
    wisp_snapshot *snapshot;
    wisp_status status = wisp_snapshot_take(guest->current->wasm.instance, &snapshot, err);
    if (status != WISP_OK)
        return status;
    shadow->playback.is_same = true;
    shadow->candidate->wasm.snapshot = snapshot;
    status = wisp_version_load(shadow->candidate, err);
    shadow->candidate->wasm.snapshot = NULL;
    wisp_snapshot_free(snapshot);
    return status;
}

/* With the state that the version that runs would hand over to it. */
static wisp_status start_beside(wisp_shadow *shadow, wisp_guest *guest, wisp_error *err)
{
    wisp_playback_begin_untaped(&shadow->playback);
    wisp_status status = wisp_version_start(shadow->candidate, err);
    if (status != WISP_OK)
        return status;
    wisp_handed handed = {0};
    status = wisp_guest_hand_over(guest, &handed, err);
    if (status == WISP_OK && handed.state)
        status = wisp_version_restore(shadow->candidate, handed.state, err);
    wisp_state_clear(&handed.fresh, guest->host->allocator);
    return status;
}

static wisp_status begin(wisp_shadow *shadow, wisp_guest *guest, const wisp_module *module,
                         wisp_error *err)
{
    wisp_source source = {.module = module};
    shadow->candidate = wisp_version_new(guest, source, err);
    if (!shadow->candidate)
        return err->status;
    shadow->candidate->playback = &shadow->playback;
    if (module != guest->current->source.module)
        return start_beside(shadow, guest, err);
    wisp_status status = clone(shadow, guest, err);
    if (status != WISP_UNSUPPORTED) /* of which no snapshot can be taken */
        return status;
    return start_beside(shadow, guest, err);
}

static wisp_status check(const wisp_guest *guest, const wisp_module *module, wisp_error *err)
{
    const char *name = guest->config.name;
    if (!guest->current)
        return wisp_guest_fail_idle(guest, err);
    if (guest->fallback)
        return wisp_fail(err, WISP_INVALID, "guest '%s' is on probation", name);
    if (guest->shadow)
        return wisp_fail(err, WISP_INVALID, "guest '%s' has a shadow already", name);
    if (guest->current->backend != &wisp_wasm_backend)
        return wisp_fail(err, WISP_UNSUPPORTED, "version %u of guest '%s' is native",
                         guest->current->number, name);
    wisp_status status = wisp_taps_check(&guest->taps, guest->current->source.module, err);
    return status != WISP_OK ? status : wisp_taps_check(&guest->taps, module, err);
}

static wisp_status shadow_with(wisp_guest *guest, const wisp_module *module,
                               const wisp_shadow_config *config, wisp_error *err)
{
    wisp_status status = check(guest, module, err);
    if (status != WISP_OK)
        return status;
    wisp_shadow *shadow = new_shadow(guest, config, err);
    if (!shadow)
        return err->status;
    status = wisp_windows_unshare(guest->current, err);
    if (status == WISP_OK)
        status = begin(shadow, guest, module, err);
    if (status != WISP_OK) {
        free_shadow(shadow, guest->host->allocator);
        return status;
    }
    guest->shadow = shadow;
    wisp_version_choose_tape(guest->current);
    return WISP_OK;
}

wisp_status wisp_guest_shadow(wisp_guest *guest, const wisp_module *module,
                              const wisp_shadow_config *config, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_host_enter(guest->host, err);
    if (status != WISP_OK)
        return status;
    status = shadow_with(guest, module, config, &why);
    return wisp_host_leave(guest->host, status, &why, err);
}

void wisp_guest_shadow_end(wisp_guest *guest)
{
    if (wisp_host_enter(guest->host, NULL) != WISP_OK)
        return;
    wisp_shadow_end(guest, "ended by the program");
    wisp_host_leave(guest->host, WISP_OK, NULL, NULL);
}

/* ------------------------------------------------------------------ entry by entry */

static void measure(wisp_shadow *shadow, const wisp_version *current)
{
    wisp_spread_add(&shadow->fuel, current->fuel);
    wisp_spread_add(&shadow->ns, current->ns);
    wisp_spread_add(&shadow->shadow_fuel, shadow->candidate->fuel);
    wisp_spread_add(&shadow->shadow_ns, shadow->candidate->ns);
}

/* Makes [entry], which may change a region, into the candidate, and compares the region as both
 * have left it. */
static wisp_status enter_to_change(wisp_shadow *shadow, wisp_entry *entry, wisp_error *err)
{
    const wisp_allocator *allocator = shadow->candidate->guest->host->allocator;
    const uint8_t *expected = entry->changed;
    size_t size = entry->bytes.size;
    uint8_t *ours = wisp_alloc(allocator, 1, size);
    if (!ours) {
        shadow->playback.status = WISP_NO_MEMORY;
        return wisp_fail_memory(err, size);
    }
    entry->changed = ours;
    wisp_status found = wisp_version_enter(shadow->candidate, entry, NULL, err);
    if (found == WISP_OK && memcmp(ours, expected, size) != 0)
        wisp_playback_differ(&shadow->playback, "it changes the region to something else");
    wisp_free(allocator, ours, size);
    return found;
}

/* Makes [entry] into the candidate. What came of it is compared here, what it did in the tap. */
static wisp_status attempt(wisp_shadow *shadow, wisp_entry *entry, wisp_status expected)
{
    wisp_error why;
    wisp_status found = entry->changed ? enter_to_change(shadow, entry, &why)
                                       : wisp_version_enter(shadow->candidate, entry, NULL, &why);
    if (found != expected)
        wisp_playback_differ(&shadow->playback, "%.200s",
                             found == WISP_OK ? "it is handled, expected not to be" : why.text);
    wisp_playback_end(&shadow->playback);
    return found;
}

static void tell_difference(const wisp_shadow *shadow, wisp_guest *guest, const wisp_entry *entry)
{
    if (!shadow->config.on_difference)
        return;
    wisp_shadow_difference difference = {
        .entry = shadow->entries,
        .kind = wisp_entry_kind_name(entry->kind),
        .channel = entry->type,
        .text = shadow->playback.text,
        .fuel = guest->current->fuel,
        .shadow_fuel = shadow->candidate->fuel,
        .ns = guest->current->ns,
        .shadow_ns = shadow->candidate->ns,
    };
    shadow->config.on_difference(shadow->config.user, guest, &difference);
}

/* Why the candidate cannot be compared any further; NULL if it can. */
static const char *end_of(const wisp_shadow *shadow, wisp_status found)
{
    if (found == WISP_TRAP)
        return "the candidate trapped";
    if (shadow->playback.status != WISP_OK)
        return "no memory to compare it";
    return shadow->differences >= shadow->config.differences_max ? "the candidate differs" : NULL;
}

static void compare(wisp_guest *guest, const wisp_entry *entry, wisp_status expected)
{
    wisp_shadow *shadow = guest->shadow;
    wisp_entry ours;
    if (!wisp_playback_translate(&shadow->playback, entry, &ours))
        return; /* a task that only the other one has ever set: what it does is not expected */
    /* What was not entered left the tape as it was. */
    wisp_bytes calls = wisp_tape_calls(&guest->tape), none = {NULL, 0};
    wisp_playback_begin(&shadow->playback, expected == WISP_NOT_FOUND ? none : calls);
    wisp_status found = attempt(shadow, &ours, expected);
    shadow->entries++;
    measure(shadow, guest->current);
    if (shadow->playback.differences == 0) {
        shadow->equal_len++;
    } else {
        shadow->differences++;
        shadow->equal_len = 0;
        tell_difference(shadow, guest, entry);
    }
    const char *reason = end_of(shadow, found);
    if (reason)
        wisp_shadow_end(guest, reason);
}

void wisp_shadow_follow(wisp_guest *guest, const wisp_entry *entry, wisp_status status)
{
    if (guest->tape.status != WISP_OK)
        wisp_shadow_end(guest, "no memory to note what the version that runs does");
    else
        compare(guest, entry, status);
}

void wisp_shadow_promote(wisp_guest *guest)
{
    wisp_shadow *shadow = guest->shadow;
    if (shadow->config.promote_after == 0 || shadow->equal_len < shadow->config.promote_after)
        return;
    wisp_error why = {.text = ""};
    wisp_source source = shadow->candidate->source;
    take_off(guest);
    free_candidate(shadow);
    wisp_status status = wisp_guest_swap_to(guest, source, &why);
    tell_end(guest, shadow, status == WISP_OK, why.text);
    free_shadow(shadow, guest->host->allocator);
}

bool wisp_guest_shadow_status(const wisp_guest *guest, wisp_shadow_status *out)
{
    const wisp_shadow *shadow = guest->shadow;
    if (!shadow)
        return false;
    *out = (wisp_shadow_status){
        .entries = shadow->entries,
        .differences = shadow->differences,
        .fuel = wisp_spread_of(&shadow->fuel),
        .shadow_fuel = wisp_spread_of(&shadow->shadow_fuel),
        .ns = wisp_spread_of(&shadow->ns),
        .shadow_ns = wisp_spread_of(&shadow->shadow_ns),
    };
    return true;
}
