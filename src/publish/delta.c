#include "publish/delta.h"

#include "base/error.h"
#include "delta/apply.h"
#include "delta/format.h"
#include "publish/delta_compress.h"
#include "publish/delta_match.h"
#include "publish/delta_plan.h"
#include "trust/crypto.h"

#include <stdlib.h>

/*
 * A delta is written in three passes: the numbers and bytes that the applier is to read, their
 * compressed streams, and the chunks of these in the order in which an applier asks for them,
 * which is a proof as well that it makes the result.
 */

typedef struct maker {
    const wisp_allocator *allocator;
    wisp_bytes base, result;
    wisp_bytes text;             /* what the records make: the result, or its renumbered form */
    const wisp_delta_plan *plan; /* NULL for the former */
    const uint64_t *stops;       /* of the plan */
    size_t bodies;               /* of the plan, whose moves have been written */
    size_t position;             /* in the base, where the last record ended */
    wisp_delta_buffer streams[WISP_DELTA_STREAM_COUNT];
    bool is_full; /* no memory for one of them */
} maker;

/* ------------------------------------------------------------------ the streams */

static void put_number(maker *m, uint64_t value)
{
    uint8_t bytes[WISP_DELTA_NUMBER_MAX];
    if (!wisp_delta_buffer_add(&m->streams[WISP_DELTA_NUMBERS], bytes,
                               wisp_delta_number_write(value, bytes)))
        m->is_full = true;
}

static void put_bytes(maker *m, const uint8_t *data, size_t size)
{
    if (!wisp_delta_buffer_add(&m->streams[WISP_DELTA_BYTES], data, size))
        m->is_full = true;
}

/* The numbers that the device looks up are the renumbered ones. */
static int by_renumbered(const void *a, const void *b)
{
    const wisp_delta_move *x = a, *y = b;
    return x->renumbered < y->renumbered ? -1 : x->renumbered > y->renumbered;
}

static void put_moves(maker *m, const wisp_delta_moves *moves)
{
    uint64_t end = 0;
    put_number(m, moves->len);
    if (moves->len == 0)
        return;
    wisp_delta_move *sorted = wisp_alloc(m->allocator, moves->len, sizeof *sorted);
    if (!sorted) {
        m->is_full = true;
        return;
    }
    memcpy(sorted, moves->items, moves->len * sizeof *sorted);
    qsort(sorted, moves->len, sizeof *sorted, by_renumbered);
    for (size_t i = 0; i < moves->len; i++) {
        put_number(m, sorted[i].length);
        put_number(m, wisp_delta_fold(sorted[i].plain - end));
        end = (uint64_t)sorted[i].plain + sorted[i].length;
    }
    wisp_free(m->allocator, sorted, moves->len * sizeof *sorted);
}

/* How far it is to the next body whose locals move. */
static void put_next_body(maker *m)
{
    const wisp_delta_plan *plan = m->plan;
    uint64_t last = m->bodies ? plan->bodies[m->bodies - 1].body : 0;
    put_number(m, m->bodies < plan->body_count ? plan->bodies[m->bodies].body - last : 0);
}

static void put_plan(maker *m)
{
    if (!m->plan)
        return;
    for (int i = 0; i < WISP_REFERENCE_COUNT; i++)
        if (i != WISP_REFERENCE_LOCAL)
            put_moves(m, &m->plan->kinds[i]);
    put_next_body(m);
}

/* The device reads how the locals of a body move when the body's size has passed: when the text
 * up to [end] has been made, if it is in there. */
static void put_bodies(maker *m, size_t end)
{
    while (m->plan && m->bodies < m->plan->body_count && m->stops[m->bodies] <= end) {
        put_moves(m, &m->plan->bodies[m->bodies++].locals);
        put_next_body(m);
    }
}

/* The length of the run of bytes from [at] to [end] of the text that equal those from [base] on,
 * or of those that differ. */
static size_t run_of(const maker *m, size_t at, size_t end, size_t base, bool are_equal)
{
    size_t start = at;
    while (at < end && (m->text.data[at] == m->base.data[base + (at - start)]) == are_equal)
        at++;
    return at - start;
}

static uint64_t count_runs(const maker *m, const wisp_delta_match *match)
{
    uint64_t count = 0;
    for (size_t done = 0; done < match->size; count++) {
        size_t end = match->at + match->size;
        done += run_of(m, match->at + done, end, match->base + done, true);
        done += run_of(m, match->at + done, end, match->base + done, false);
    }
    return count;
}

static void put_changed(maker *m, size_t at, size_t base, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t change = (uint8_t)(m->text.data[at + i] - m->base.data[base + i]);
        put_bytes(m, &change, 1);
    }
}

static void put_runs(maker *m, const wisp_delta_match *match)
{
    size_t end = match->at + match->size, base = match->base;
    for (size_t at = match->at; at < end;) {
        size_t equal = run_of(m, at, end, base, true);
        size_t changed = run_of(m, at + equal, end, base + equal, false);
        size_t told = changed < WISP_DELTA_CHANGED_MASK ? changed : WISP_DELTA_CHANGED_MASK;
        put_number(m, (uint64_t)equal << WISP_DELTA_CHANGED_BITS | told);
        if (told == WISP_DELTA_CHANGED_MASK)
            put_number(m, changed - told);
        put_changed(m, at + equal, base + equal, changed);
        at += equal + changed;
        base += equal + changed;
        put_bodies(m, at);
    }
}

/* The record of [match] and the bytes behind it, up to [end], which are like nothing. */
static void put_record(maker *m, const wisp_delta_match *match, size_t end)
{
    size_t at = match->at + match->size;
    if (match->size == 0 && end == at)
        return;
    size_t base = match->size ? match->base : m->position; /* nothing is read: nothing to seek */
    put_number(m, wisp_delta_fold((uint64_t)base - m->position));
    put_number(m, count_runs(m, match));
    put_runs(m, match);
    put_number(m, end - at);
    put_bytes(m, m->text.data + at, end - at);
    put_bodies(m, end);
    m->position = base + match->size;
}

static wisp_status put_streams(maker *m, wisp_error *err)
{
    wisp_delta_matches matches;
    wisp_status status = wisp_delta_match_find(m->allocator, m->base, m->text, &matches, err);
    if (status != WISP_OK)
        return status;
    put_plan(m);
    if (matches.len == 0 && m->text.size)
        put_record(m, &(wisp_delta_match){0}, m->text.size);
    for (size_t i = 0; i < matches.len; i++)
        put_record(m, &matches.items[i],
                   i + 1 < matches.len ? matches.items[i + 1].at : m->text.size);
    wisp_delta_matches_free(m->allocator, &matches);
    return m->is_full ? wisp_fail_memory(err, m->text.size) : WISP_OK;
}

/* ------------------------------------------------------------------ the chunks */

/* The compressed streams, and the delta that they are to become. */
typedef struct packer {
    wisp_bytes base, result;
    wisp_delta_buffer streams[WISP_DELTA_STREAM_COUNT], *out;
    size_t used[WISP_DELTA_STREAM_COUNT];
    size_t made; /* of the result, by the applier */
} packer;

static wisp_status read_base(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err)
{
    const packer *p = context;
    (void)err;
    memcpy(into, p->base.data + offset, size);
    return WISP_OK;
}

static wisp_status compare_result(void *context, const void *data, size_t size, wisp_error *err)
{
    packer *p = context;
    if (memcmp(data, p->result.data + p->made, size) != 0)
        return wisp_fail_at(err, WISP_MISMATCH, p->made, "the delta does not make the result");
    p->made += size;
    return WISP_OK;
}

/* Adds the next [size] bytes of a stream to the delta. */
static wisp_status move_chunk(packer *p, wisp_delta_apply *apply, uint32_t stream, size_t size,
                              wisp_error *err)
{
    const uint8_t *data = p->streams[stream].data + p->used[stream];
    p->used[stream] += size;
    if (!wisp_delta_buffer_add(p->out, data, size))
        return wisp_fail_memory(err, size);
    return wisp_delta_apply_feed(apply, data, size, err);
}

/* Gives the applier the header and the chunks that it asks for, then what nobody asked for. */
static wisp_status move_chunks(packer *p, wisp_delta_apply *apply, wisp_error *err)
{
    wisp_status status = wisp_delta_apply_feed(apply, p->out->data, p->out->size, err);
    for (uint32_t s;
         status == WISP_OK && (s = wisp_delta_apply_wants(apply)) != WISP_DELTA_STREAM_COUNT;) {
        size_t left = p->streams[s].size - p->used[s];
        status = move_chunk(p, apply, s, left < WISP_DELTA_CHUNK ? left : WISP_DELTA_CHUNK, err);
    }
    for (uint32_t s = 0; status == WISP_OK && s < WISP_DELTA_STREAM_COUNT; s++)
        status = move_chunk(p, apply, s, p->streams[s].size - p->used[s], err);
    return status == WISP_OK ? wisp_delta_apply_finish(apply, err) : status;
}

static wisp_status put_chunks(packer *p, const maker *m, wisp_error *err)
{
    uint8_t start[WISP_DELTA_HEADER_MAX];
    wisp_delta_header header = {.filter = m->plan ? WISP_DELTA_RENUMBERED : WISP_DELTA_PLAIN,
                                .base_size = m->base.size,
                                .result_size = m->result.size};
    wisp_delta_config config = {.allocator = m->allocator,
                                .base_size = m->base.size,
                                .result_size = m->result.size,
                                .read_base = read_base,
                                .sink = compare_result,
                                .context = p};
    wisp_delta_apply *apply;
    if (!wisp_sha256(m->base, &config.base_hash) || !wisp_sha256(m->result, &config.result_hash))
        return wisp_fail_memory(err, 0);
    memcpy(header.base_check, config.base_hash.bytes, WISP_DELTA_CHECK_SIZE);
    memcpy(header.result_check, config.result_hash.bytes, WISP_DELTA_CHECK_SIZE);
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        header.stream_sizes[i] = p->streams[i].size;
    if (!wisp_delta_buffer_add(p->out, start, wisp_delta_header_write(&header, start)))
        return wisp_fail_memory(err, sizeof start);
    wisp_status status = wisp_delta_apply_new(&config, &apply, err);
    if (status != WISP_OK)
        return status;
    status = move_chunks(p, apply, err);
    wisp_delta_apply_free(apply);
    return status;
}

static wisp_status pack(const maker *m, wisp_delta_buffer *out, wisp_error *err)
{
    packer p = {.base = m->base, .result = m->result, .out = out};
    wisp_status status = WISP_OK;
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        p.streams[i].allocator = m->allocator;
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT && status == WISP_OK; i++)
        status = wisp_delta_compress(wisp_delta_buffer_bytes(&m->streams[i]), &p.streams[i], err);
    if (status == WISP_OK)
        status = put_chunks(&p, m, err);
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        wisp_delta_buffer_deinit(&p.streams[i]);
    return status;
}

/* ------------------------------------------------------------------ the variants */

/* Makes one delta. */
static wisp_status make(maker *m, wisp_delta_buffer *out, wisp_error *err)
{
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        m->streams[i].allocator = m->allocator;
    wisp_status status = put_streams(m, err);
    if (status == WISP_OK)
        status = pack(m, out, err);
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        wisp_delta_buffer_deinit(&m->streams[i]);
    return status;
}

static wisp_status make_plain(const wisp_allocator *allocator, wisp_bytes base, wisp_bytes result,
                              wisp_delta_buffer *out, wisp_error *err)
{
    maker m = {.allocator = allocator, .base = base, .result = result, .text = result};
    return make(&m, out, err);
}

static wisp_status make_with_plan(const wisp_delta_plan *plan, wisp_bytes base, wisp_bytes result,
                                  wisp_delta_buffer *out, wisp_error *err)
{
    const wisp_allocator *allocator = plan->allocator;
    wisp_delta_buffer text = {.allocator = allocator};
    uint64_t *stops = wisp_alloc(allocator, plan->body_count + 1, sizeof *stops);
    if (!stops)
        return wisp_fail_memory(err, plan->body_count * sizeof *stops);
    wisp_status status = wisp_delta_plan_apply(plan, result, &text, stops, err);
    if (status == WISP_OK) {
        maker m = {.allocator = allocator,
                   .base = base,
                   .result = result,
                   .text = wisp_delta_buffer_bytes(&text),
                   .plan = plan,
                   .stops = stops};
        status = make(&m, out, err);
    }
    wisp_delta_buffer_deinit(&text);
    wisp_free(allocator, stops, (plan->body_count + 1) * sizeof *stops);
    return status;
}

static wisp_status make_renumbered(const wisp_allocator *allocator, wisp_bytes base,
                                   wisp_bytes result, wisp_delta_buffer *out, wisp_error *err)
{
    wisp_delta_plan plan;
    wisp_status status = wisp_delta_plan_make(allocator, base, result, &plan, err);
    if (status == WISP_OK)
        status = make_with_plan(&plan, base, result, out, err);
    wisp_delta_plan_free(&plan);
    return status;
}

/* Gives the bytes away, in a block of their size. */
static wisp_status hand_over(wisp_delta_buffer *from, bool is_renumbered, wisp_delta *out,
                             wisp_error *err)
{
    uint8_t *data = wisp_realloc(from->allocator, from->data, from->capacity, from->size);
    if (!data)
        return wisp_fail_memory(err, from->size);
    *out = (wisp_delta){{data, from->size}, is_renumbered};
    *from = (wisp_delta_buffer){.allocator = from->allocator};
    return WISP_OK;
}

/*
 * What is no module, or one that the filter does not know, is no failure: the plain delta is
 * always there. Nor is a renumbered one that does not make the result.
 */
wisp_status wisp_delta_make(const wisp_allocator *allocator, wisp_bytes base, wisp_bytes result,
                            wisp_delta *out, wisp_error *err)
{
    allocator = wisp_allocator_or_default(allocator);
    wisp_delta_buffer plain = {.allocator = allocator}, renumbered = plain;
    wisp_status status = make_plain(allocator, base, result, &plain, err);
    if (status == WISP_OK) {
        wisp_status other = make_renumbered(allocator, base, result, &renumbered, err);
        bool is_renumbered = other == WISP_OK && renumbered.size < plain.size;
        status = other == WISP_NO_MEMORY
                     ? other
                     : hand_over(is_renumbered ? &renumbered : &plain, is_renumbered, out, err);
    }
    wisp_delta_buffer_deinit(&renumbered);
    wisp_delta_buffer_deinit(&plain);
    return status;
}

void wisp_delta_free(const wisp_allocator *allocator, wisp_delta *delta)
{
    wisp_free(wisp_allocator_or_default(allocator), (void *)(uintptr_t)delta->bytes.data,
              delta->bytes.size);
    *delta = (wisp_delta){0};
}
