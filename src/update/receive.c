#include "update/receive.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* The time that a transfer may take: a while, and that of the bytes at the slowest speed that
 * makes sense; what breaks off is not lost. */
#define TIMEOUT_MS   30000
#define BYTES_PER_MS 4
#define TIMEOUT_MAX  (24u * 60 * 60 * 1000)

static uint32_t timeout_of(uint64_t size)
{
    uint64_t timeout = TIMEOUT_MS + size / BYTES_PER_MS;
    return timeout < TIMEOUT_MAX ? (uint32_t)timeout : TIMEOUT_MAX;
}

/* --- what the transport calls ------------------------------------------------------------ */

static bool note(wisp_receive *r, wisp_status status)
{
    r->status = status;
    return status == WISP_OK;
}

/* A server that ignores the range sends all of it. */
static bool take_beginning(void *context, uint64_t offset)
{
    wisp_receive *r = context;
    if (offset == r->part.size)
        return true;
    if (offset != 0)
        return note(r, wisp_fail(&r->why, WISP_NETWORK, "another part came than was asked for"));
    r->is_resumed = false;
    return note(r, wisp_part_restart(&r->part, &r->why));
}

static bool take_bytes(void *context, const void *data, size_t size)
{
    wisp_receive *r = context;
    r->bytes_fetched += size;
    return note(r, wisp_part_append(&r->part, data, size, &r->why));
}

/* --- steps ------------------------------------------------------------------------------- */

wisp_status wisp_receive_begin(wisp_receive *r, const wisp_net *net,
                               const wisp_receive_file *file, wisp_error *err)
{
    *r = (wisp_receive){.net = net, .name = file->name};
    if (strlen(file->url) >= sizeof r->url)
        return wisp_fail(err, WISP_INVALID, "the URL of %.80s is longer than %zu bytes",
                         file->name, sizeof r->url - 1);
    strcpy(r->url, file->url);
    r->request = (wisp_net_request){.url = r->url,
                                    .size_max = file->size,
                                    .timeout_ms = timeout_of(file->size),
                                    .begin = take_beginning,
                                    .sink = take_bytes,
                                    .context = r,
                                    .retry_after_s = &r->retry_after_s};
    return wisp_part_open(&r->part, file->folder, &file->hash, file->size, err);
}

static wisp_status wrong(wisp_receive *r, const char *words, wisp_error *err)
{
    wisp_part_discard(&r->part);
    return wisp_fail(err, WISP_UNTRUSTED, "%.80s is not what was signed: %.120s", r->name, words);
}

static wisp_status begin_anew(wisp_receive *r, wisp_error *err)
{
    r->is_anew = true;
    r->is_resumed = false;
    wisp_status status = wisp_part_restart(&r->part, err);
    return status == WISP_OK ? WISP_BUSY : status;
}

/* Bytes of an earlier time may be to blame: they were not durable, or of another file. */
static wisp_status wrong_or_anew(wisp_receive *r, const char *words, wisp_error *err)
{
    return r->is_resumed && !r->is_anew ? begin_anew(r, err) : wrong(r, words, err);
}

static wisp_status finish(wisp_receive *r, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_part_finish(&r->part, &why);
    if (status == WISP_UNTRUSTED)
        return wrong_or_anew(r, why.text, err);
    if (status != WISP_OK && err)
        *err = why;
    return status;
}

/* Takes up what is there; a disk that cannot read it must fetch it again. */
static wisp_status recall(wisp_receive *r, wisp_error *err)
{
    wisp_status status = wisp_part_recall(&r->part, err);
    if (status == WISP_BUSY)
        return status;
    r->is_recalled = true;
    r->is_resumed = r->part.size > 0;
    return status == WISP_OK ? WISP_BUSY : begin_anew(r, err);
}

static wisp_status broken(const wisp_receive *r, wisp_status status, const char *words,
                          wisp_error *err)
{
    if (status != WISP_NOT_FOUND && status != WISP_NO_MEMORY)
        status = WISP_NETWORK;
    if (status == WISP_NOT_FOUND)
        return wisp_fail(err, status, "%.80s is not on the server", r->name);
    return wisp_fail(err, status, "%.80s: %.150s", r->name, words);
}

static wisp_status ask(wisp_receive *r, wisp_error *err)
{
    wisp_error why = {.text = "no reason given"};
    r->status = WISP_OK;
    r->request.offset = r->part.size;
    wisp_status status = r->net->start(r->net->user, &r->request, &r->transfer, &why);
    return status == WISP_OK ? WISP_BUSY : broken(r, status, why.text, err);
}

static void hang_up(wisp_receive *r)
{
    if (r->transfer)
        r->net->end(r->net->user, r->transfer);
    r->transfer = NULL;
}

/* The transfer has ended with [status]. */
static wisp_status conclude(wisp_receive *r, wisp_status status, const char *words,
                            wisp_error *err)
{
    if (r->status == WISP_LIMIT || (r->status == WISP_OK && status == WISP_LIMIT))
        return wrong_or_anew(r, r->status == WISP_LIMIT ? r->why.text : "it is longer", err);
    if (r->status != WISP_OK)
        return wisp_fail(err, r->status, "%.80s: %.150s", r->name, r->why.text);
    if (status == WISP_MISMATCH && !r->is_anew)
        return begin_anew(r, err); /* the server's file is shorter than our part */
    if (status != WISP_OK)
        return broken(r, status, words, err);
    if (r->part.size == r->part.whole)
        return finish(r, err);
    return wisp_fail(err, WISP_NETWORK, "%.80s ended after %llu of %llu bytes", r->name,
                     (unsigned long long)r->part.size, (unsigned long long)r->part.whole);
}

static wisp_status listen(wisp_receive *r, uint32_t wait_ms, wisp_error *err)
{
    wisp_error why = {.text = "no reason given"};
    wisp_status status = r->net->step(r->net->user, r->transfer, wait_ms, &why);
    if (status == WISP_BUSY)
        return status;
    hang_up(r);
    return conclude(r, status, why.text, err);
}

wisp_status wisp_receive_step(wisp_receive *r, uint32_t wait_ms, wisp_error *err)
{
    if (!r->is_recalled)
        return recall(r, err);
    if (r->transfer)
        return listen(r, wait_ms, err);
    return r->part.size == r->part.whole ? finish(r, err) : ask(r, err);
}

void wisp_receive_end(wisp_receive *r)
{
    hang_up(r);
    wisp_part_close(&r->part);
}
