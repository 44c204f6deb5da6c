#include "update/report.h"

#include "base/error.h"
#include "trust/crypto.h"
#include "trust/date.h"
#include "trust/json.h"
#include "update/policy.h"

#include <stdio.h>

#define FORMAT          1
#define ANSWER_SIZE_MAX (64u << 10) /* bytes, which are passed over */
#define WAIT_MS         1000

/* --- the body ---------------------------------------------------------------------------- */

static bool set_id(wisp_json *object, uint64_t series, uint64_t sequence)
{
    char id[48];
    snprintf(id, sizeof id, "%016llx-%llu", (unsigned long long)series,
             (unsigned long long)sequence);
    return wisp_json_set_string(object, "id", id);
}

static bool set_date(wisp_json *object, int64_t at)
{
    char date[WISP_DATE_TEXT_SIZE];
    return !wisp_date_print(at, date) || wisp_json_set_string(object, "at", date);
}

static bool set_text(wisp_json *object, const char *key, const char *text)
{
    return text[0] == '\0' || wisp_json_set_string(object, key, text);
}

static bool set_number(wisp_json *object, const char *key, uint64_t number)
{
    return number == 0 || wisp_json_set_number(object, key, number);
}

static bool set_content(wisp_json *object, const wisp_update_event *event)
{
    static const wisp_hash none;
    char hash[WISP_HASH_TEXT_SIZE];
    if (wisp_hash_equal(&event->hash, &none))
        return true;
    wisp_hash_print(&event->hash, hash);
    return wisp_json_set_string(object, "sha256", hash);
}

static bool fill_event(wisp_json *object, uint64_t series, const wisp_update_event *event)
{
    return set_id(object, series, event->sequence) && set_date(object, event->at) &&
           wisp_json_set_string(object, "event", wisp_update_event_kind_name(event->kind)) &&
           wisp_json_set_string(object, "channel", event->channel) &&
           wisp_json_set_number(object, "running", event->running) &&
           set_number(object, "version", event->version) && set_content(object, event) &&
           set_number(object, "attempt", event->attempt) &&
           set_number(object, "bytes", event->bytes) &&
           set_text(object, "variant", event->variant) && set_text(object, "code", event->code) &&
           set_text(object, "reason", event->reason);
}

static bool fill_body(wisp_json *object, const wisp_updater *u, const wisp_update_event *events,
                      size_t len)
{
    wisp_json *list = wisp_json_new_array();
    bool made = wisp_json_set(object, "events", list);
    for (size_t i = 0; i < len && made; i++) {
        wisp_json *event = wisp_json_new_object();
        made = wisp_json_append(list, event) && fill_event(event, u->events.series, &events[i]);
    }
    return made && wisp_json_set_number(object, "format", FORMAT) &&
           wisp_json_set_string(object, "device", u->record.device_id) &&
           wisp_json_set_string(object, "target", u->config.target) &&
           wisp_json_set_number(object, "lost", u->events.lost) &&
           wisp_json_set_number(object, "refused", u->events.delivery.refused);
}

char *wisp_report_body(const wisp_updater *u, const wisp_update_event *events, size_t len,
                       size_t *size)
{
    wisp_json *object = wisp_json_new_object();
    char *text =
        object && fill_body(object, u, events, len) ? wisp_json_canonical(object, size) : NULL;
    wisp_json_free(object);
    return text;
}

/* --- the answer -------------------------------------------------------------------------- */

/* What an endpoint answers that does not want this body, rather than none now. */
static bool is_refusal(wisp_status status)
{
    return status == WISP_INVALID || status == WISP_NOT_FOUND;
}

static void refuse(wisp_update_event_delivery *next, size_t len, uint64_t last)
{
    next->refusals++;
    if (len > 1) {
        next->batch_len = (uint32_t)(len / 2);
    } else if (next->refusals >= WISP_REPORT_TRIES) {
        next->acknowledged = last;
        next->refused++;
        next->refusals = 0;
    }
}

wisp_update_event_delivery wisp_report_settle(const wisp_update_event_delivery *delivery,
                                              wisp_status status, size_t len, uint64_t last,
                                              const char *device_id, int64_t now,
                                              uint32_t retry_after_s)
{
    wisp_update_event_delivery next = *delivery;
    if (status == WISP_OK) {
        uint32_t more = 2 * next.batch_len;
        next.acknowledged = last;
        next.batch_len = more < WISP_UPDATE_EVENT_BATCH_MAX ? more : WISP_UPDATE_EVENT_BATCH_MAX;
        next.failures = next.refusals = 0;
        next.next_try = 0;
        return next;
    }
    if (is_refusal(status))
        refuse(&next, len, last);
    if (next.failures < UINT32_MAX)
        next.failures++;
    next.next_try = now + wisp_backoff_s(device_id, next.failures, retry_after_s);
    return next;
}

/* --- delivery ---------------------------------------------------------------------------- */

/* A time that is further away than any pause was set by another clock. */
static bool is_early(const wisp_update_event_delivery *delivery, int64_t now)
{
    return now < delivery->next_try && delivery->next_try - now <= WISP_WAIT_MAX_S;
}

/* Takes the next batch. Call with the mutex held. */
static wisp_status take(wisp_updater *u, wisp_report *r, wisp_error *err)
{
    wisp_update_event batch[WISP_UPDATE_EVENT_BATCH_MAX];
    int64_t now = u->os->wall_time_s(u->os->user);
    if (!u->config.net || !u->config.events_url || !u->record.device_id[0] || !u->events.waiting)
        return WISP_NOT_FOUND;
    if (u->is_reporting)
        return wisp_fail(err, WISP_BUSY, "another thread reports already");
    if (is_early(&u->events.delivery, now))
        return wisp_fail(err, WISP_BUSY, "reporting failed %u times; the next try is in %lld s",
                         (unsigned)u->events.delivery.failures,
                         (long long)(u->events.delivery.next_try - now));
    wisp_status status = wisp_update_event_ring_peek(&u->dir, &u->events, batch, &r->len, err);
    if (status != WISP_OK || r->len == 0)
        return status == WISP_OK ? WISP_NOT_FOUND : status;
    r->last = batch[r->len - 1].sequence;
    r->body = wisp_report_body(u, batch, r->len, &r->request.body.size);
    if (!r->body)
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a report");
    u->is_reporting = true;
    return WISP_OK;
}

static void settle(wisp_report *r, wisp_status status)
{
    wisp_updater *u = r->updater;
    pthread_mutex_lock(&u->mutex);
    wisp_update_event_delivery next =
        wisp_report_settle(&u->events.delivery, status, r->len, r->last, u->record.device_id,
                           u->os->wall_time_s(u->os->user), r->retry_after_s);
    wisp_update_event_ring_settle(&u->dir, &u->events, &next,
                                  NULL); /* or it is delivered again */
    pthread_mutex_unlock(&u->mutex);
}

wisp_status wisp_report_begin(wisp_updater *u, wisp_report *r, wisp_error *err)
{
    const wisp_net *net = u->config.net;
    *r = (wisp_report){.updater = u};
    pthread_mutex_lock(&u->mutex);
    wisp_status status = take(u, r, err);
    pthread_mutex_unlock(&u->mutex);
    if (status != WISP_OK)
        return status;
    r->request.url = u->config.events_url;
    r->request.content_type = "application/json";
    r->request.body.data = (const uint8_t *)r->body;
    r->request.size_max = ANSWER_SIZE_MAX;
    r->request.retry_after_s = &r->retry_after_s;
    status = net->start(net->user, &r->request, &r->transfer, err);
    if (status == WISP_OK)
        return WISP_OK;
    if (status != WISP_NO_MEMORY)
        settle(r, status);
    wisp_report_end(r);
    return status;
}

wisp_status wisp_report_step(wisp_report *r, uint32_t wait_ms, wisp_error *err)
{
    const wisp_net *net = r->updater->config.net;
    wisp_status status = net->step(net->user, r->transfer, wait_ms, err);
    if (status != WISP_BUSY && status != WISP_NO_MEMORY)
        settle(r, status);
    if (is_refusal(status))
        return wisp_fail(err, WISP_NETWORK, "%.180s does not take events",
                         r->updater->config.events_url);
    return status;
}

void wisp_report_end(wisp_report *r)
{
    wisp_updater *u = r->updater;
    if (r->transfer)
        u->config.net->end(u->config.net->user, r->transfer);
    wisp_json_text_free(r->body);
    pthread_mutex_lock(&u->mutex);
    u->is_reporting = false;
    pthread_mutex_unlock(&u->mutex);
    *r = (wisp_report){0};
}

static wisp_status report_batch(wisp_updater *u, wisp_error *err)
{
    wisp_report report;
    wisp_status status = wisp_report_begin(u, &report, err);
    if (status != WISP_OK)
        return status;
    do
        status = wisp_report_step(&report, WAIT_MS, err);
    while (status == WISP_BUSY);
    wisp_report_end(&report);
    return status;
}

wisp_status wisp_updater_report(wisp_updater *u, wisp_error *err)
{
    wisp_status status;
    do
        status = report_batch(u, err);
    while (status == WISP_OK);
    return status == WISP_NOT_FOUND ? WISP_OK : status;
}
