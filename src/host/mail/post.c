#include "host/mail/post.h"

#include <string.h>

#include <wisp/bridge.h>

#include "base/error.h"
#include "host/guest.h"

/* ------------------------------------------------------------------ whether it is taken */

/* Under the lock. */
static wisp_status check_type(const wisp_host *host, uint32_t type, wisp_error *err)
{
    if (type < WISP_EVENT_USER)
        return wisp_fail(err, WISP_INVALID, "type 0x%x is the host's own", (unsigned)type);
    uint32_t topic = type & ~WISP_EVENT_TOPIC;
    if (type & WISP_EVENT_TOPIC && (topic == 0 || topic > host->topics.len))
        return wisp_fail(err, WISP_INVALID, "there is no topic of type 0x%x", (unsigned)type);
    return WISP_OK;
}

/* Under the lock: the guest that gets [post], NULL if it is not for one. */
static wisp_status find_receiver(const wisp_host *host, const wisp_post *post, wisp_guest **out,
                                 wisp_error *err)
{
    *out = NULL;
    if (post->target == WISP_TO_PROGRAM || post->target == WISP_TO_ALL)
        return WISP_OK;
    *out = wisp_host_guest(host, post->target);
    if (!*out)
        return wisp_fail(err, WISP_NOT_FOUND, "there is no guest %u", post->target);
    if (!(*out)->mailbox.is_open)
        return wisp_fail(err, WISP_NOT_FOUND, "guest '%s' runs nothing", (*out)->config.name);
    return WISP_OK;
}

static wisp_status check_sender(const wisp_origin *from, wisp_error *err)
{
    const wisp_guest *guest = from->version->guest;
    if (guest->is_stopping)
        return wisp_fail(err, WISP_INVALID, "guest '%s' is being stopped", guest->config.name);
    if (guest->posts_len >= guest->config.posts_max)
        return wisp_fail(err, WISP_LIMIT, "%u events of guest '%s' wait already",
                         guest->posts_len, guest->config.name);
    return WISP_OK;
}

static wisp_status check_region(const wisp_host *host, const wisp_post *post, wisp_error *err)
{
    if (!post->region)
        return WISP_OK;
    if (post->region->host != host)
        return wisp_fail(err, WISP_INVALID, "a region of another host");
    if (post->size == 0 || post->size > post->region->size)
        return wisp_fail(err, WISP_INVALID, "%zu bytes of a region of %zu", post->size,
                         post->region->size);
    return WISP_OK;
}

/* Under the lock. */
static wisp_status admit(wisp_host *host, const wisp_post *post, wisp_guest **to, wisp_error *err)
{
    size_t load = post->region ? 0 : post->size;
    wisp_status status = check_type(host, post->type, err);
    if (status == WISP_OK)
        status = check_region(host, post, err);
    if (status == WISP_OK)
        status = find_receiver(host, post, to, err);
    if (status == WISP_OK)
        status = wisp_mail_check(&host->mail, load, err);
    if (status == WISP_OK && *to)
        status = wisp_mailbox_check(&(*to)->mailbox, load, "event", err);
    return status;
}

/* ------------------------------------------------------------------ making the envelope */

static void address(wisp_envelope *envelope, const wisp_post *post, const wisp_origin *from)
{
    envelope->target = post->target;
    envelope->type = post->type;
    envelope->groups = post->groups;
    envelope->number = post->number;
    envelope->size = post->size;
    envelope->done = post->done;
    envelope->user = post->user;
    if (!from)
        return;
    envelope->sender = from->version->guest->id;
    envelope->generation = from->version->generation;
    envelope->address = from->address;
    envelope->func = from->func;
}

/* Whether its data stays where it is until it is done with. */
static bool is_lent(const wisp_post *post)
{
    return post->region || post->done;
}

static const void *data_of(const wisp_post *post)
{
    return post->region ? post->region->data : post->data;
}

static void fill(wisp_envelope *envelope, const wisp_post *post)
{
    envelope->data = NULL;
    if (post->size == 0)
        return;
    if (is_lent(post))
        envelope->data = data_of(post);
    else
        envelope->data = memcpy(envelope->room, post->data, post->size);
}

/* Under the lock: an envelope of [post] to [to], counted, but not yet filled. */
static wisp_status enroll(wisp_host *host, const wisp_post *post, const wisp_origin *from,
                          wisp_guest *to, wisp_envelope **out, wisp_error *err)
{
    wisp_envelope *envelope = wisp_mail_new(&host->mail, is_lent(post) ? 0 : post->size);
    if (!envelope)
        return wisp_fail_memory(err, post->size);
    envelope->kind = WISP_MAIL_EVENT;
    envelope->to = to;
    envelope->is_counted = true;
    address(envelope, post, from);
    wisp_region_hold(post->region);
    envelope->region = post->region;
    envelope->region_writable = post->region_writable;
    wisp_mail_count(&host->mail, to ? &to->mailbox : NULL, envelope);
    *out = envelope;
    return WISP_OK;
}

wisp_status wisp_post_make(wisp_host *host, const wisp_post *post, const wisp_origin *from,
                           wisp_envelope **out, wisp_error *err)
{
    wisp_status status = from ? check_sender(from, err) : WISP_OK;
    if (status != WISP_OK)
        return status;
    wisp_guest *to;
    wisp_mail_lock(&host->mail);
    status = admit(host, post, &to, err);
    if (status == WISP_OK)
        status = enroll(host, post, from, to, out, err);
    wisp_mail_unlock(&host->mail);
    if (status == WISP_OK)
        fill(*out, post);
    return status;
}

/* ------------------------------------------------------------------ by a module */

/* A record of a post that was not taken, as its done is still to be called. A module that goes on
 * posting although it is told of that gets no more of them. */
static wisp_status keep_record(const wisp_origin *from, const wisp_post *post, wisp_error *err)
{
    wisp_guest *guest = from->version->guest;
    wisp_host *host = guest->host;
    if (guest->refusals_len >= guest->config.posts_max)
        return wisp_fail(err, WISP_LIMIT, "%u posts were refused and not yet done with",
                         guest->refusals_len);
    wisp_envelope *record = wisp_mail_make(&host->mail, 0);
    if (!record)
        return wisp_fail_memory(err, sizeof *record);
    address(record, post, from);
    record->is_refused = true;
    guest->refusals_len++;
    wisp_envelopes_push(&host->ripe, record);
    return WISP_OK;
}

static void release(wisp_guest *guest, void *object)
{
    guest->counts.events_out++;
    wisp_host_put(guest->host, object);
}

/* Who asks in an entry that fails has never asked. */
static void drop(wisp_guest *guest, void *object)
{
    wisp_envelope *envelope = object;
    if (envelope->asking)
        wisp_request_free(envelope->asking);
    envelope->asking = NULL;
    wisp_host_drop(guest->host, envelope);
}

static const wisp_effect_ops post_ops = {release, drop};

bool wisp_post_send(wisp_version *version, wisp_envelope *envelope)
{
    wisp_guest *guest = version->guest;
    guest->posts_len++;
    if (wisp_effects_add(&version->effects, guest->host->allocator, &post_ops, envelope))
        return true;
    envelope->func = 0; /* told by a record, as for every other refusal */
    drop(guest, envelope);
    return false;
}

static wisp_status refuse(const wisp_origin *from, const wisp_post *post, wisp_error *err)
{
    from->version->guest->counts.events_refused++;
    return from->func ? keep_record(from, post, err) : WISP_OK;
}

wisp_status wisp_post_by_module(const wisp_origin *from, const wisp_post *post, bool *is_taken,
                                wisp_error *err)
{
    wisp_envelope *envelope;
    *is_taken =
        wisp_post_make(from->version->guest->host, post, from, &envelope, NULL) == WISP_OK &&
        wisp_post_send(from->version, envelope);
    return *is_taken ? WISP_OK : refuse(from, post, err);
}

/* As guest/wisp.h has them. */
enum { REGION_READ, REGION_WRITE };

/* The window of the region that may be posted so; or NULL. Whoever has it changed must want to
 * know when that is over, and leave it alone until then. */
static const wisp_window *find_window(const wisp_origin *from, const wisp_post *post,
                                      uint32_t access)
{
    const wisp_window *window = wisp_windows_find(&from->version->windows, from->address);
    if (!window || post->size > window->region->size || window->region->is_changing)
        return NULL;
    return access == REGION_READ || (access == REGION_WRITE && from->func) ? window : NULL;
}

wisp_status wisp_post_region_by_module(const wisp_origin *from, wisp_post *post, uint32_t access,
                                       bool *is_taken, wisp_error *err)
{
    const wisp_window *window = find_window(from, post, access);
    *is_taken = false;
    if (!window)
        return refuse(from, post, err);
    post->region = window->region;
    post->region_writable = access == REGION_WRITE;
    if (!window->is_shared)
        memcpy(post->region->data, post->data, post->size);
    wisp_status status = wisp_post_by_module(from, post, is_taken, err);
    if (*is_taken)
        post->region->is_changing = post->region_writable;
    return status;
}

/* ------------------------------------------------------------------ by the host */

void wisp_put_guest_note(void *into, const wisp_guest_note *note)
{
    uint8_t *at = into;
    wisp_put_u64(at, note->app_id);
    wisp_put_u32(at + 8, note->guest_id);
    wisp_put_u32(at + 12, note->version);
}

void wisp_post_note(const wisp_guest *guest, uint32_t type, uint32_t version)
{
    wisp_host *host = guest->host;
    if (!wisp_subscriptions_any(&host->subscriptions, type))
        return;
    wisp_mail_lock(&host->mail);
    wisp_envelope *note = wisp_mail_new(&host->mail, WISP_GUEST_NOTE_SIZE);
    if (note) {
        note->kind = WISP_MAIL_EVENT;
        note->target = WISP_TO_ALL;
        note->type = type;
        note->data = note->room;
        note->size = WISP_GUEST_NOTE_SIZE;
        wisp_guest_note content = {guest->config.app_id, guest->id, version};
        wisp_put_guest_note(note->room, &content);
        wisp_envelopes_push(&host->mail.queue, note);
    }
    wisp_mail_unlock(&host->mail);
}

/* ------------------------------------------------------------------ by the program */

void wisp_post_tell_done(const wisp_post *post)
{
    if (post->done)
        post->done(post->user, post->type, data_of(post));
}

void wisp_host_put(wisp_host *host, wisp_envelope *envelope)
{
    wisp_envelopes one = {envelope, envelope};
    if (wisp_mail_put(&host->mail, &one) && host->on_wake)
        host->on_wake(host->user);
}

wisp_status wisp_host_post(wisp_host *host, const wisp_post *post, wisp_error *err)
{
    wisp_envelope *envelope = NULL;
    wisp_status status = wisp_post_make(host, post, NULL, &envelope, err);
    if (status != WISP_OK) {
        wisp_post_tell_done(post);
        return status;
    }
    wisp_host_put(host, envelope);
    return WISP_OK;
}

wisp_status wisp_host_subscribe(wisp_host *host, uint32_t type, uint32_t groups, wisp_error *err)
{
    if (!wisp_subscriptions_add(&host->subscriptions, host->allocator, &host->program, type,
                                groups))
        return wisp_fail_memory(err, sizeof(wisp_subscription));
    return WISP_OK;
}

void wisp_host_unsubscribe(wisp_host *host, uint32_t type, uint32_t groups)
{
    wisp_subscriptions_remove(&host->subscriptions, host->allocator, &host->program, type,
                              groups);
}

/* ------------------------------------------------------------------ topics */

wisp_status wisp_topic_type(wisp_host *host, wisp_bytes name, uint32_t *type, wisp_error *err)
{
    if (name.size == 0 || name.size > WISP_TOPIC_SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "a topic's name of %zu bytes, expected 1 to %d",
                         name.size, WISP_TOPIC_SIZE_MAX);
    uint32_t number = wisp_topics_find(&host->topics, name);
    if (number == 0 && host->topics.len >= host->topics_max)
        return wisp_fail(err, WISP_LIMIT, "there are %u topics already", host->topics_max);
    if (number == 0) {
        wisp_mail_lock(&host->mail); /* whoever posts checks against them */
        number = wisp_topics_add(&host->topics, host->allocator, name);
        wisp_mail_unlock(&host->mail);
    }
    if (number == 0)
        return wisp_fail_memory(err, name.size + 1);
    *type = WISP_EVENT_TOPIC | number;
    return WISP_OK;
}

wisp_status wisp_host_topic(wisp_host *host, const char *name, uint32_t *type, wisp_error *err)
{
    return wisp_topic_type(host, (wisp_bytes){(const uint8_t *)name, strlen(name)}, type, err);
}
