#include "host/guest.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/version/capabilities.h"

/* ------------------------------------------------------------------ making and freeing */

static void default_to(uint32_t *value, uint32_t if_zero)
{
    if (*value == 0)
        *value = if_zero;
}

static wisp_guest_config with_defaults(const wisp_guest_config *config)
{
    wisp_guest_config chosen = config ? *config : (wisp_guest_config){0};
    if (!chosen.name)
        chosen.name = "guest";
    if (chosen.fuel == 0)
        chosen.fuel = 10000000;
    if (chosen.state_size_max == 0)
        chosen.state_size_max = 16u << 20;
    default_to(&chosen.deadline_ms, 1000);
    default_to(&chosen.probation_entries, 100);
    if (chosen.journal_size_max == 0)
        chosen.journal_size_max = 1u << 20;
    default_to(&chosen.restarts_max, 3);
    default_to(&chosen.restart_pause_ms, 100);
    default_to(&chosen.queue_len_max, 1024);
    default_to(&chosen.posts_max, 1024);
    default_to(&chosen.timers_max, 64);
    default_to(&chosen.subscriptions_max, 64);
    default_to(&chosen.message_size_max, 64u << 10);
    default_to(&chosen.tasks_max, 64);
    default_to(&chosen.regions_max, 16);
    if (chosen.region_bytes_max == 0)
        chosen.region_bytes_max = 16u << 20;
    return chosen;
}

/* Puts copies in the place of what [config] borrows. */
static wisp_status own_config(wisp_guest_config *config, const wisp_allocator *allocator,
                              wisp_error *err)
{
    size_t name_size = strlen(config->name) + 1;
    char *name = wisp_alloc(allocator, 1, name_size);
    if (!name)
        return wisp_fail_memory(err, name_size);
    wisp_status status =
        wisp_capabilities_copy(config->capabilities, allocator, &config->capabilities, err);
    if (status != WISP_OK) {
        wisp_free(allocator, name, name_size);
        return status;
    }
    config->name = memcpy(name, config->name, name_size);
    return WISP_OK;
}

static void free_config(wisp_guest_config *config, const wisp_allocator *allocator)
{
    wisp_free(allocator, (char *)config->name, strlen(config->name) + 1);
    wisp_capabilities_free(config->capabilities, allocator);
}

static wisp_status check_app_id(const wisp_host *host, const wisp_guest_config *config,
                                wisp_error *err)
{
    for (const wisp_guest *it = host->first; it && config && config->app_id; it = it->next)
        if (it->config.app_id == config->app_id)
            return wisp_fail(err, WISP_INVALID, "guest '%s' has app id 0x%016" PRIx64 " already",
                             it->config.name, config->app_id);
    return WISP_OK;
}

/* Its alarm: a task is due, or a pause is over. */
static void ring(wisp_alarm *alarm, uint64_t now_ns)
{
    (void)now_ns;
    wisp_guest *guest = (wisp_guest *)((uint8_t *)alarm - offsetof(wisp_guest, alarm));
    guest->next_due = guest->host->due;
    guest->host->due = guest;
}

static wisp_status fill(wisp_guest *guest, const wisp_guest_config *config, wisp_error *err)
{
    const wisp_allocator *allocator = guest->host->allocator;
    guest->config = with_defaults(config);
    guest->taps.base = &guest->host->taps;
    guest->tape = (wisp_tape){.allocator = allocator, .size_max = WISP_TAPE_SIZE_MAX};
    wisp_status status = wisp_taps_add_functions(&guest->taps, allocator, &guest->config, err);
    if (status == WISP_OK)
        status = own_config(&guest->config, allocator, err);
    if (status != WISP_OK) {
        wisp_taps_deinit(&guest->taps, allocator);
        return status;
    }
    guest->mailbox.name = guest->config.name;
    guest->mailbox.len_max = guest->config.queue_len_max;
    guest->mailbox.size_max = guest->config.message_size_max;
    guest->alarm.ring = ring;
    guest->subscriber.guest = guest;
    return WISP_OK;
}

static uint32_t unused_id(wisp_host *host)
{
    do
        host->last_guest_id++;
    while (host->last_guest_id == WISP_TO_PROGRAM || host->last_guest_id == WISP_TO_ALL ||
           wisp_host_guest(host, host->last_guest_id));
    return host->last_guest_id;
}

/* Whoever posts on another thread looks for guests under the lock. */
static void join(wisp_guest *guest)
{
    wisp_host *host = guest->host;
    guest->id = guest->subscriber.id = unused_id(host);
    guest->prev = host->last;
    *(host->last ? &host->last->next : &host->first) = guest;
    host->last = guest;
    wisp_mail_lock(&host->mail);
    wisp_index_add(&host->by_id, host->allocator, &guest->link, guest->id);
    wisp_mail_unlock(&host->mail);
}

static void leave(wisp_guest *guest)
{
    wisp_host *host = guest->host;
    *(guest->prev ? &guest->prev->next : &host->first) = guest->next;
    *(guest->next ? &guest->next->prev : &host->last) = guest->prev;
    wisp_mail_lock(&host->mail);
    wisp_index_remove(&host->by_id, &guest->link);
    wisp_mail_unlock(&host->mail);
}

wisp_status wisp_guest_new(wisp_host *host, const wisp_guest_config *config, wisp_guest **out,
                           wisp_error *err)
{
    wisp_status status = check_app_id(host, config, err);
    if (status != WISP_OK)
        return status;
    wisp_guest *guest = wisp_alloc(host->allocator, 1, sizeof *guest);
    if (!guest)
        return wisp_fail_memory(err, sizeof *guest);
    guest->host = host;
    if (wisp_alarms_join(&host->alarms, host->allocator))
        status = fill(guest, config, err);
    else
        status = wisp_fail_memory(err, sizeof guest->alarm);
    if (status != WISP_OK) {
        wisp_free(host->allocator, guest, sizeof *guest);
        return status;
    }
    join(guest);
    *out = guest;
    return WISP_OK;
}

void wisp_guest_free(wisp_guest *guest)
{
    if (!guest)
        return;
    wisp_host *host = guest->host;
    wisp_guest_stop(guest);
    wisp_recorder_end(guest, WISP_OK, "the guest was freed");
    wisp_tape_deinit(&guest->tape);
    wisp_regions_disown(guest);
    leave(guest);
    wisp_alarms_leave(&host->alarms, &guest->alarm);
    free_config(&guest->config, host->allocator);
    wisp_taps_deinit(&guest->taps, host->allocator);
    wisp_free(host->allocator, guest, sizeof *guest);
}

void wisp_guest_tell(wisp_guest *guest, wisp_guest_event event)
{
    if (!event.reason)
        event.reason = "";
    if (guest->config.on_event)
        guest->config.on_event(guest->config.user, guest, &event);
}

/* ------------------------------------------------------------------ starting and stopping */

wisp_status wisp_guest_ready(wisp_guest *guest, wisp_source source, const wisp_state *state,
                             wisp_version **out, wisp_error *err)
{
    *out = wisp_version_new(guest, source, err);
    if (!*out)
        return err->status;
    wisp_status status = wisp_version_start(*out, err);
    if (status == WISP_OK && state && state->is_saved)
        status = wisp_version_restore(*out, state, err);
    return status;
}

void wisp_guest_refuse(wisp_guest *guest, wisp_version *version, const wisp_error *why)
{
    wisp_guest_tell(guest, (wisp_guest_event){
                               .kind = WISP_GUEST_REFUSED,
                               .version = version ? version->number : 0,
                               .reason = why->text,
                               .trap = wisp_version_trap(version, why->status),
                           });
    wisp_version_free(version);
}

static bool runs(const wisp_version *version, const wisp_module *module)
{
    return version && version->source.module == module;
}

void wisp_guest_let_go(wisp_guest *guest, wisp_source source)
{
    const wisp_module *module = source.module;
    if (module && !runs(guest->current, module) && !runs(guest->fallback, module) &&
        !wisp_recovery_needs(&guest->recovery, module) && guest->config.on_unused)
        guest->config.on_unused(guest->config.user, guest, module);
}

void wisp_guest_release(wisp_guest *guest, wisp_version *version)
{
    if (!version)
        return;
    wisp_source source = version->source;
    wisp_version_free(version);
    wisp_guest_let_go(guest, source);
}

static wisp_status try_start(wisp_guest *guest, wisp_source source, wisp_version **out,
                             wisp_error *err)
{
    wisp_status status = wisp_guest_ready(guest, source, &guest->saved, out, err);
    if (status == WISP_OK || !guest->saved.is_saved)
        return status;
    /* There is no version to go back to: one without its state is better than none. */
    wisp_version_free(*out);
    wisp_holdings_clear(guest);
    return wisp_guest_ready(guest, source, NULL, out, err);
}

static wisp_status start(wisp_guest *guest, wisp_source source, wisp_error *err)
{
    if (guest->current)
        return wisp_fail(err, WISP_INVALID, "guest '%s' runs version %u already",
                         guest->config.name, guest->current->number);
    wisp_version *version;
    guest->is_starting = true;
    wisp_guest_refresh(guest); /* in wisp_start it may post to itself */
    wisp_status status = try_start(guest, source, &version, err);
    guest->is_starting = false;
    if (status != WISP_OK) {
        wisp_guest_refuse(guest, version, err);
        wisp_holdings_clear(guest);
        return status;
    }
    guest->current = version;
    guest->is_down = false;
    wisp_guest_forget_faults(guest);
    wisp_guest_tell(guest,
                    (wisp_guest_event){.kind = WISP_GUEST_STARTED, .version = version->number});
    wisp_version_taken(version);
    wisp_guest_catch_up(guest);
    return WISP_OK;
}

static wisp_status start_now(wisp_guest *guest, wisp_source source, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_host_enter(guest->host, err);
    if (status != WISP_OK)
        return status;
    status = start(guest, source, &why);
    wisp_guest_refresh(guest);
    return wisp_host_leave(guest->host, status, &why, err);
}

wisp_status wisp_guest_start(wisp_guest *guest, const wisp_module *module, wisp_error *err)
{
    return start_now(guest, (wisp_source){.module = module}, err);
}

wisp_status wisp_guest_start_native(wisp_guest *guest, const wisp_native *native, wisp_error *err)
{
    return start_now(guest, (wisp_source){.native = native}, err);
}

/* Lets [version] end: the functions done of what it has posted are called as long as it can be
 * entered, which is before wisp_stop and, for what it posts there, after it. */
static wisp_status end(wisp_guest *guest, wisp_version *version, wisp_error *why)
{
    wisp_guest_refresh(guest);
    wisp_status status = wisp_guest_last_calls(guest, why);
    if (status == WISP_OK)
        status = wisp_version_stop(version, why);
    return status != WISP_OK ? status : wisp_guest_last_calls(guest, why);
}

static void stop(wisp_guest *guest)
{
    wisp_shadow_end(guest, "the guest was stopped");
    wisp_version *version = guest->current, *fallback = guest->fallback;
    wisp_error why = {0};
    guest->is_stopping = true;
    wisp_status status = end(guest, version, &why);
    guest->fallback = NULL;
    wisp_guest_release(guest, fallback);
    wisp_holdings_forget(guest, &guest->aside);
    guest->current = NULL;
    wisp_guest_tell(guest, (wisp_guest_event){
                               .kind = WISP_GUEST_STOPPED,
                               .version = version->number,
                               .reason = why.text,
                               .trap = wisp_version_trap(version, status),
                           });
    wisp_guest_release(guest, version);
    guest->is_stopping = false;
}

wisp_status wisp_guest_stop(wisp_guest *guest)
{
    wisp_status status = wisp_host_enter(guest->host, NULL);
    if (status != WISP_OK)
        return status;
    if (guest->current)
        stop(guest);
    else if (guest->recovery.is_paused)
        wisp_guest_tell(guest, (wisp_guest_event){.kind = WISP_GUEST_STOPPED});
    guest->is_down = false;
    wisp_guest_forget_faults(guest);
    wisp_state_clear(&guest->saved, guest->host->allocator);
    wisp_holdings_clear(guest);
    wisp_guest_drop_mail(guest);
    wisp_probation_clear(guest);
    wisp_guest_refresh(guest);
    return wisp_host_leave(guest->host, WISP_OK, NULL, NULL);
}

/* ------------------------------------------------------------------ saving */

void wisp_guest_keep_state(wisp_guest *guest, wisp_state *state)
{
    wisp_state_clear(&guest->saved, guest->host->allocator);
    guest->saved = *state;
    *state = (wisp_state){0};
}

static wisp_status save(wisp_guest *guest, wisp_error *err)
{
    if (!guest->current)
        return wisp_guest_fail_idle(guest, err);
    /* The old version, which may come back, could not read it. */
    if (guest->fallback)
        return wisp_fail(err, WISP_INVALID, "guest '%s' is on probation", guest->config.name);
    wisp_state state = {0};
    wisp_status status = wisp_version_save(guest->current, &state, err);
    if (status == WISP_OK)
        wisp_guest_keep_state(guest, &state);
    return status;
}

wisp_status wisp_guest_save(wisp_guest *guest, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_host_enter(guest->host, err);
    if (status != WISP_OK)
        return status;
    status = save(guest, &why);
    return wisp_host_leave(guest->host, status, &why, err);
}

/* ------------------------------------------------------------------ looking */

wisp_status wisp_guest_fail_idle(const wisp_guest *guest, wisp_error *err)
{
    return wisp_fail(err, WISP_INVALID, "guest '%s' runs nothing%s", guest->config.name,
                     guest->recovery.is_paused ? " before it is started again" : "");
}

bool wisp_guest_is_up(const wisp_guest *guest)
{
    return guest->current || guest->recovery.is_paused;
}

static wisp_guest_state state_of(const wisp_guest *guest)
{
    if (guest->is_down)
        return WISP_GUEST_STATE_DOWN;
    if (guest->recovery.is_paused)
        return WISP_GUEST_STATE_PAUSED;
    if (!guest->current)
        return WISP_GUEST_STATE_EMPTY;
    return guest->fallback ? WISP_GUEST_STATE_PROBATION : WISP_GUEST_STATE_RUNNING;
}

void wisp_guest_status_get(const wisp_guest *guest, wisp_guest_status *out)
{
    *out = guest->counts;
    out->fuel = wisp_spread_of(&guest->meter.fuel);
    out->entry_ns = wisp_spread_of(&guest->meter.ns);
    out->state = state_of(guest);
    wisp_mail_lock(&guest->host->mail);
    out->queue_len = guest->mailbox.len;
    out->queue_peak = guest->mailbox.peak;
    wisp_mail_unlock(&guest->host->mail);
    out->timer_count = guest->timers.len;
    out->subscription_count = guest->subscriber.len;
    if (!guest->current)
        return;
    out->version = guest->current->number;
    out->is_native = guest->current->source.native != NULL;
    out->entries_left = guest->probation.entries_left;
    wisp_usage usage = guest->current->backend->usage(guest->current);
    out->memory_size = usage.memory_size;
    out->heap_size = usage.heap_size;
    wisp_version_raise_peaks(guest->current, out);
    out->task_count = (uint32_t)guest->current->tasks.len;
}

uint32_t wisp_guest_id(const wisp_guest *guest)
{
    return guest->id;
}

const char *wisp_guest_name(const wisp_guest *guest)
{
    return guest->config.name;
}

uint64_t wisp_guest_app_id(const wisp_guest *guest)
{
    return guest->config.app_id;
}

const wisp_module *wisp_guest_module(const wisp_guest *guest)
{
    return guest->current ? guest->current->source.module : NULL;
}

const char *wisp_guest_event_name(wisp_guest_event_kind kind)
{
    switch (kind) {
#define X(name, text)                                                                            \
    case WISP_GUEST_##name:                                                                      \
        return text;
        WISP_GUEST_EVENTS(X)
#undef X
    }
    return "unknown";
}
