#include "update/content.h"

#include "base/error.h"
#include "os/transfer.h"
#include "update/blobs.h"
#include "update/intake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FEED_SIZE (16u << 10) /* bytes of a delta in one step, on the stack */

/* --- what is at hand (with the mutex) ------------------------------------------------------ */

static const wisp_update_module *find_module(const wisp_update_entry *entry,
                                             const wisp_hash *hash)
{
    for (uint32_t i = 0; i < entry->module_len; i++)
        if (wisp_hash_equal(&entry->modules[i].hash, hash))
            return &entry->modules[i];
    return NULL;
}

/* The module with [hash] that this device can run from, and so has on disk; NULL for none. */
static const wisp_update_module *find_stored(const wisp_updater *u, const wisp_hash *hash)
{
    const wisp_update_module *module = find_module(&u->record.good, hash);
    return module ? module : find_module(&u->record.candidate, hash);
}

static bool has_base(const wisp_updater *u, const wisp_hash *hash)
{
    wisp_bytes embedded;
    return wisp_updater_embedded(u, hash, &embedded) || find_stored(u, hash);
}

/* Whether a delta was tried for [module] of this release and did not lead to it: the whole module
 * was then asked for, which the record remembers over a restart. */
static bool has_given_up_deltas(const wisp_updater *u, const wisp_update_entry *release,
                                const wisp_offer_module *module)
{
    const wisp_record *record = &u->record;
    return wisp_hash_equal(&u->undeltaed, &module->hash) ||
           (record->incoming.state == WISP_STATE_FETCHING &&
            wisp_hash_equal(&record->incoming.hash, &release->hash) &&
            wisp_hash_equal(&record->partial, &module->hash));
}

/* The smallest delta from something that is at hand; NULL if the whole is the better way. */
static const wisp_offer_delta *choose_delta(const wisp_updater *u,
                                            const wisp_update_entry *release,
                                            const wisp_offer_module *module)
{
    const wisp_offer_delta *best = NULL;
    uint64_t least = module->size;
    if (has_given_up_deltas(u, release, module))
        return NULL;
    for (size_t i = 0; i < module->delta_len; i++) {
        const wisp_offer_delta *delta = &module->deltas[i];
        if (delta->size < least && has_base(u, &delta->base)) {
            best = delta;
            least = delta->size;
        }
    }
    return best;
}

uint64_t wisp_content_expected(const wisp_updater *u, const wisp_update_entry *release,
                               const wisp_offer_module *module)
{
    if (has_base(u, &module->hash))
        return 0;
    const wisp_offer_delta *delta = choose_delta(u, release, module);
    return delta ? delta->size : module->size;
}

/* --- receiving ----------------------------------------------------------------------------- */

/* The URL of the file that is asked for: false if it is too long. */
static bool print_url(const wisp_content *c, char *url, size_t size)
{
    const wisp_content_order *o = &c->order;
    char hash[WISP_HASH_TEXT_SIZE];
    int len;
    if (c->delta) {
        wisp_hash_print(&c->delta->hash, hash);
        len = snprintf(url, size, "%s/targets/%s%s.%s.delta", o->updater->config.url,
                       o->delta_folder, hash, o->module->name);
    } else {
        len = snprintf(url, size, "%s/targets/%s", o->updater->config.url, o->path);
    }
    return len >= 0 && (size_t)len < size;
}

/* Notes in the record what is asked for, and makes ready for it. */
static wisp_status begin_receiving(wisp_content *c, wisp_error *err)
{
    wisp_updater *u = c->order.updater;
    char url[WISP_RECEIVE_URL_SIZE];
    wisp_receive_file file = {.folder = &u->blobs,
                              .url = url,
                              .name = c->order.module->name,
                              .hash = c->delta ? c->delta->hash : c->order.module->hash,
                              .size = c->delta ? c->delta->size : c->order.module->size};
    if (!print_url(c, url, sizeof url))
        return wisp_fail(err, WISP_INVALID, "the URL of %.80s is longer than %zu bytes",
                         file.name, sizeof url - 1);
    pthread_mutex_lock(&u->mutex);
    wisp_status status = wisp_intake_fetch(u, c->order.release, &file.hash, err);
    pthread_mutex_unlock(&u->mutex);
    if (status != WISP_OK)
        return status;
    c->is_receiving = true;
    status = wisp_receive_begin(&c->receive, u->config.net, &file, err);
    return status == WISP_OK ? WISP_BUSY : status;
}

static void end_receiving(wisp_content *c)
{
    if (!c->is_receiving)
        return;
    c->is_receiving = false;
    c->bytes_fetched += c->receive.bytes_fetched;
    c->bytes_here += c->receive.part.size;
    c->retry_after_s = c->receive.retry_after_s;
    wisp_receive_end(&c->receive);
}

/* --- applying a delta ---------------------------------------------------------------------- */

static wisp_status read_base(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err)
{
    wisp_content *c = context;
    if (c->base_fd < 0) {
        memcpy(into, c->base.data + offset, size);
        return WISP_OK;
    }
    int64_t got = wisp_os_read_all(c->order.updater->os, c->base_fd, offset, into, size);
    if (got == (int64_t)size)
        return WISP_OK;
    return wisp_fail(err, WISP_IO, "the base of a delta cannot be read at byte %llu",
                     (unsigned long long)offset + (got > 0 ? (uint64_t)got : 0));
}

static wisp_status take_result(void *context, const void *data, size_t size, wisp_error *err)
{
    wisp_content *c = context;
    return wisp_part_append(&c->result, data, size, err);
}

/* Finds the base where choose_delta has seen it; it may have gone since. */
static wisp_status open_base(wisp_content *c, wisp_error *err)
{
    wisp_updater *u = c->order.updater;
    const wisp_hash *hash = &c->delta->base;
    char name[WISP_HASH_TEXT_SIZE];
    if (wisp_updater_embedded(u, hash, &c->base)) {
        c->base_size = c->base.size;
        return WISP_OK;
    }
    pthread_mutex_lock(&u->mutex);
    const wisp_update_module *stored = find_stored(u, hash);
    c->base_size = stored ? stored->size : 0;
    pthread_mutex_unlock(&u->mutex);
    if (!stored)
        return wisp_fail(err, WISP_NOT_FOUND, "the base of a delta has gone");
    wisp_hash_print(hash, name);
    return wisp_folder_open(&u->blobs, name, WISP_OS_READ, &c->base_fd, err);
}

static wisp_status make_applier(wisp_content *c, wisp_error *err)
{
    const wisp_updater *u = c->order.updater;
    wisp_delta_config config = {.allocator = u->allocator,
                                .base_hash = c->delta->base,
                                .result_hash = c->order.module->hash,
                                .base_size = c->base_size,
                                .result_size = c->order.module->size,
                                .result_size_max = u->config.module_size_max,
                                .read_base = read_base,
                                .sink = take_result,
                                .context = c};
    return wisp_delta_apply_new(&config, &c->apply, err);
}

/* The delta is on disk and verified; its result begins anew, as nothing is known of what an
 * earlier time left of it. */
static wisp_status begin_applying(wisp_content *c, wisp_error *err)
{
    const wisp_updater *u = c->order.updater;
    const wisp_offer_module *module = c->order.module;
    wisp_status status = open_base(c, err);
    if (status == WISP_OK)
        status = wisp_part_open(&c->result, &u->blobs, &module->hash, module->size, err);
    if (status == WISP_OK)
        status = wisp_part_restart(&c->result, err);
    if (status == WISP_OK)
        status = make_applier(c, err);
    c->fed = 0;
    c->stage = WISP_CONTENT_APPLY;
    return status == WISP_OK ? WISP_BUSY : status;
}

/* Feeds the next piece of the delta to the applier. */
static wisp_status feed(wisp_content *c, wisp_error *err)
{
    uint8_t piece[FEED_SIZE];
    const wisp_os *os = c->order.updater->os;
    uint64_t left = c->receive.part.whole - c->fed;
    size_t wanted = left < sizeof piece ? (size_t)left : sizeof piece;
    int64_t got = os->read_at(os->user, c->receive.part.fd, piece, wanted, c->fed);
    if (got <= 0)
        return wisp_fail(err, WISP_IO, "a delta cannot be read at byte %llu",
                         (unsigned long long)c->fed);
    c->fed += (uint64_t)got;
    wisp_status status = wisp_delta_apply_feed(c->apply, piece, (size_t)got, err);
    return status == WISP_OK ? WISP_BUSY : status;
}

static void end_applying(wisp_content *c)
{
    const wisp_os *os = c->order.updater->os;
    wisp_delta_apply_free(c->apply);
    c->apply = NULL;
    if (c->base_fd >= 0)
        os->close(os->user, c->base_fd);
    c->base_fd = -1;
    wisp_part_close(&c->result);
}

static wisp_status finish_applying(wisp_content *c, wisp_error *err)
{
    wisp_status status = wisp_delta_apply_finish(c->apply, err);
    if (status == WISP_OK)
        status = wisp_part_finish(&c->result, err);
    if (status == WISP_OK)
        status = wisp_part_keep(&c->result, err);
    if (status != WISP_OK)
        return status;
    wisp_part_discard(&c->receive.part);
    c->is_by_delta = true;
    c->stage = WISP_CONTENT_DONE;
    return WISP_OK;
}

/* --- stages -------------------------------------------------------------------------------- */

/* The embedded modules, and what was stored before: a file that is damaged is fetched again. */
static bool is_there(const wisp_content *c)
{
    const wisp_offer_module *module = c->order.module;
    const wisp_updater *u = c->order.updater;
    wisp_bytes embedded;
    return wisp_updater_embedded(u, &module->hash, &embedded) ||
           wisp_blobs_check(&u->blobs, &module->hash, module->size, NULL) == WISP_OK;
}

static wisp_status look(wisp_content *c)
{
    wisp_updater *u = c->order.updater;
    if (is_there(c)) {
        c->stage = WISP_CONTENT_DONE;
        return WISP_OK;
    }
    pthread_mutex_lock(&u->mutex);
    c->delta = choose_delta(u, c->order.release, c->order.module);
    pthread_mutex_unlock(&u->mutex);
    c->stage = WISP_CONTENT_RECEIVE;
    return WISP_BUSY;
}

static wisp_status keep_whole(wisp_content *c, wisp_error *err)
{
    c->stage = WISP_CONTENT_DONE;
    return wisp_part_keep(&c->receive.part, err);
}

static wisp_status receive(wisp_content *c, uint32_t wait_ms, wisp_error *err)
{
    if (!c->is_receiving)
        return begin_receiving(c, err);
    wisp_status status = wisp_receive_step(&c->receive, wait_ms, err);
    if (status != WISP_OK)
        return status;
    return c->delta ? begin_applying(c, err) : keep_whole(c, err);
}

static wisp_status apply(wisp_content *c, wisp_error *err)
{
    return c->fed < c->receive.part.whole ? feed(c, err) : finish_applying(c, err);
}

/* Whether another delta of the same release could fare better is not asked: the whole module is
 * always there. A network that is down is no fault of the delta. */
static bool is_fault_of_delta(const wisp_content *c, wisp_status status)
{
    switch (status) {
    case WISP_OK:
    case WISP_BUSY:
    case WISP_NO_MEMORY:
    case WISP_NETWORK:
        return false;
    case WISP_UNTRUSTED:
    case WISP_NOT_FOUND:
        return c->delta;
    default:
        return c->delta && c->stage == WISP_CONTENT_APPLY;
    }
}

static wisp_status go_on_without_delta(wisp_content *c)
{
    wisp_updater *u = c->order.updater;
    if (c->stage == WISP_CONTENT_APPLY)
        wisp_part_discard(&c->result);
    end_applying(c);
    if (c->is_receiving)
        wisp_part_discard(&c->receive.part);
    end_receiving(c);
    c->delta = NULL;
    c->stage = WISP_CONTENT_RECEIVE;
    pthread_mutex_lock(&u->mutex);
    u->undeltaed = c->order.module->hash;
    pthread_mutex_unlock(&u->mutex);
    return WISP_BUSY;
}

void wisp_content_begin(wisp_content *c, const wisp_content_order *order)
{
    *c = (wisp_content){.order = *order, .base_fd = -1};
}

wisp_status wisp_content_step(wisp_content *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_status status = WISP_OK;
    switch (c->stage) {
    case WISP_CONTENT_LOOK:
        status = look(c);
        break;
    case WISP_CONTENT_RECEIVE:
        status = receive(c, wait_ms, err);
        break;
    case WISP_CONTENT_APPLY:
        status = apply(c, err);
        break;
    case WISP_CONTENT_DONE:
        break;
    }
    return is_fault_of_delta(c, status) ? go_on_without_delta(c) : status;
}

void wisp_content_end(wisp_content *c)
{
    end_applying(c);
    end_receiving(c);
}

uint64_t wisp_content_here(const wisp_content *c)
{
    return c->bytes_here + (c->is_receiving ? c->receive.part.size : 0);
}
