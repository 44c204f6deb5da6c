#include "delta/apply.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "delta/format.h"
#include "delta/renumbering.h"
#include "delta/rewriter.h"
#include "delta/stream.h"
#include "trust/crypto.h"

#include <string.h>

/*
 * A state machine that goes from step to step until it needs a chunk, fails, or is done. A step
 * either does its work or leaves everything as it was.
 */

enum { WINDOW = 4096, CHANGED_ROOM = 512, NO_STREAM = WISP_DELTA_STREAM_COUNT };

typedef enum step {
    STEP_HEADER,
    STEP_ORDER,  /* how many intervals the kind has */
    STEP_LENGTH, /* of an interval */
    STEP_PLACE,  /* where it goes */
    STEP_BODY,   /* how many bodies on the next one is that has locals in another order */
    STEP_SEEK,   /* begins a record */
    STEP_RUNS,
    STEP_RUN,
    STEP_CHANGED, /* the rest of a large number of changed bytes */
    STEP_COPY,
    STEP_LITERALS,
    STEP_LITERAL,
    STEP_PASS,
    STEP_DONE
} step;

struct wisp_delta_apply {
    wisp_delta_config config;
    wisp_error error; /* once failed */
    step step;
    uint32_t wants; /* the stream whose chunk is needed */
    wisp_hasher *hasher;
    wisp_delta_stream *streams[WISP_DELTA_STREAM_COUNT];
    uint64_t left[WISP_DELTA_STREAM_COUNT]; /* of their bytes, to come */
    uint32_t gathered;                      /* bytes of the header or of the chunk */
    uint8_t start[WISP_DELTA_HEADER_MAX];
    wisp_delta_header header;
    uint64_t produced; /* of the result */

    /* The renumbering. */
    wisp_rewriter rewriter;
    wisp_delta_order orders[WISP_REFERENCE_COUNT];
    uint32_t order; /* the one that is read */
    uint64_t intervals_left, length;
    uint64_t local_body;     /* the one whose locals are in order */
    uint32_t intervals_used; /* by all but that of locals */

    /* The present record. */
    uint64_t position; /* in the base */
    uint64_t runs, equal, changed, literals;
    bool is_empty;

    /* What is passed on, and the step after that. */
    const uint8_t *piece;
    size_t piece_size;
    step then;

    uint64_t window_start;
    size_t window_size;
    uint8_t window[WINDOW]; /* of the base */
    uint8_t changed_bytes[CHANGED_ROOM];
    wisp_delta_interval intervals[WISP_DELTA_INTERVALS_MAX];
    wisp_delta_interval local_intervals[WISP_DELTA_LOCAL_INTERVALS_MAX];
};

static void damaged(wisp_delta_apply *a, const char *what)
{
    wisp_fail_at(&a->error, WISP_MALFORMED, a->produced, "the delta is damaged: %s", what);
}

/* ------------------------------------------------------------------ input */

/* Takes note of what a stream could not give. */
static bool settle(wisp_delta_apply *a, wisp_delta_stream_kind kind, wisp_delta_got got)
{
    if (got == WISP_DELTA_STARVED)
        a->wants = kind;
    if (got == WISP_DELTA_DAMAGED)
        damaged(a, "its compression");
    return got == WISP_DELTA_GOT;
}

static bool number(wisp_delta_apply *a, uint64_t *out)
{
    return settle(a, WISP_DELTA_NUMBERS,
                  wisp_delta_stream_number(a->streams[WISP_DELTA_NUMBERS], out));
}

static bool bytes(wisp_delta_apply *a, size_t *size, const uint8_t **out)
{
    return settle(a, WISP_DELTA_BYTES,
                  wisp_delta_stream_bytes(a->streams[WISP_DELTA_BYTES], size, out));
}

/* Makes *[size] bytes of the base at the position, or fewer, be in the window. */
static bool base(wisp_delta_apply *a, uint64_t size, size_t *here, const uint8_t **out)
{
    if (a->position >= a->config.base_size) {
        damaged(a, "it reads outside the base");
        return false;
    }
    uint64_t at = a->position - a->window_start;
    if (a->position < a->window_start || at >= a->window_size) {
        uint64_t rest = a->config.base_size - a->position;
        a->window_size = rest < WINDOW ? (size_t)rest : WINDOW;
        a->window_start = a->position;
        at = 0;
        wisp_error *err = &a->error;
        wisp_status status = a->config.read_base(a->config.context, a->window, a->window_size,
                                                 a->window_start, err);
        if (status != WISP_OK) {
            err->status = status;
            return false;
        }
    }
    *here = a->window_size - (size_t)at;
    if (*here > size)
        *here = (size_t)size;
    *out = a->window + at;
    return true;
}

/* ------------------------------------------------------------------ output */

static wisp_status let_out(void *context, const uint8_t *data, size_t size, wisp_error *err)
{
    wisp_delta_apply *a = context;
    if (size > a->header.result_size - a->produced)
        return wisp_fail_at(err, WISP_MALFORMED, a->produced,
                            "the delta makes more than %llu bytes",
                            (unsigned long long)a->header.result_size);
    a->produced += size;
    wisp_hasher_add(a->hasher, data, size);
    return a->config.sink(a->config.context, data, size, err);
}

static uint64_t map(void *context, wisp_reference kind, uint64_t value)
{
    const wisp_delta_apply *a = context;
    if (kind == WISP_REFERENCE_LOCAL && a->rewriter.bodies != a->local_body)
        return value;
    return wisp_delta_order_map(&a->orders[kind], value);
}

/* Passes [size] bytes on, and goes to [then] after that. */
static void pass(wisp_delta_apply *a, const uint8_t *data, size_t size, step then)
{
    a->piece = data;
    a->piece_size = size;
    a->then = then;
    a->step = STEP_PASS;
}

/* The locals of the body that begins are in an order of its own, which comes now. */
static void begin_local_order(wisp_delta_apply *a)
{
    a->order = WISP_REFERENCE_LOCAL;
    a->step = STEP_ORDER;
}

static void do_pass(wisp_delta_apply *a)
{
    wisp_error *err = &a->error;
    wisp_status status;
    size_t size = a->piece_size;
    if (size == 0) {
        a->step = a->then;
        return;
    }
    if (a->header.filter == WISP_DELTA_PLAIN) {
        status = let_out(a, a->piece, size, err);
    } else {
        status = wisp_rewriter_feed(&a->rewriter, a->piece, &size, err);
        if (status == WISP_OK && wisp_rewriter_has_stopped(&a->rewriter))
            begin_local_order(a);
    }
    err->status = status;
    a->piece += size;
    a->piece_size -= size;
    if (a->piece_size == 0 && a->step == STEP_PASS)
        a->step = a->then;
}

/* ------------------------------------------------------------------ the renumbering */

static void next_order(wisp_delta_apply *a)
{
    if (a->order == WISP_REFERENCE_LOCAL) {
        a->step = STEP_BODY;
        return;
    }
    a->intervals_used += a->orders[a->order].len;
    do
        a->order++;
    while (a->order == WISP_REFERENCE_LOCAL);
    a->step = a->order == WISP_REFERENCE_COUNT ? STEP_BODY : STEP_ORDER;
}

static void do_order(wisp_delta_apply *a)
{
    bool is_local = a->order == WISP_REFERENCE_LOCAL;
    uint64_t room =
        is_local ? WISP_DELTA_LOCAL_INTERVALS_MAX : WISP_DELTA_INTERVALS_MAX - a->intervals_used;
    if (!number(a, &a->intervals_left))
        return;
    a->orders[a->order] = (wisp_delta_order){
        .intervals = is_local ? a->local_intervals : a->intervals + a->intervals_used};
    if (a->intervals_left > room)
        damaged(a, "too many intervals");
    else if (a->intervals_left == 0)
        next_order(a);
    else
        a->step = STEP_LENGTH;
}

static void do_length(wisp_delta_apply *a)
{
    if (number(a, &a->length))
        a->step = STEP_PLACE;
}

/* Places are told from where the last interval went. */
static void do_place(wisp_delta_apply *a)
{
    wisp_delta_order *order = &a->orders[a->order];
    uint64_t folded;
    if (!number(a, &folded))
        return;
    if (!wisp_delta_order_add(order, a->length, order->to_end + wisp_delta_unfold(folded)))
        damaged(a, "an interval outside the numbers");
    else if (--a->intervals_left == 0)
        next_order(a);
    else
        a->step = STEP_LENGTH;
}

static void do_body(wisp_delta_apply *a)
{
    uint64_t distance;
    if (!number(a, &distance))
        return;
    a->local_body = a->rewriter.bodies;
    if (distance > UINT32_MAX) /* as many bodies as there can be */
        damaged(a, "a body that is too far away");
    else
        wisp_rewriter_stop_at(&a->rewriter, distance ? a->rewriter.bodies + distance : 0);
    a->step = STEP_PASS; /* of what was left when the rewriter stopped */
}

/* ------------------------------------------------------------------ records */

/* The result is complete: lets out what the rewriter has kept. */
static void end(wisp_delta_apply *a)
{
    wisp_error *err = &a->error;
    if (a->header.filter == WISP_DELTA_RENUMBERED)
        err->status = wisp_rewriter_finish(&a->rewriter, err);
    if (err->status == WISP_OK && a->produced != a->header.result_size)
        damaged(a, "its end is missing");
    a->step = STEP_DONE;
}

static uint64_t size_so_far(const wisp_delta_apply *a)
{
    return a->header.filter == WISP_DELTA_PLAIN ? a->produced : a->rewriter.plain;
}

static void do_seek(wisp_delta_apply *a)
{
    uint64_t folded;
    if (size_so_far(a) >= a->header.result_size) {
        end(a);
    } else if (number(a, &folded)) {
        a->position += wisp_delta_unfold(folded);
        a->step = STEP_RUNS;
    }
}

static void do_runs(wisp_delta_apply *a)
{
    if (!number(a, &a->runs))
        return;
    a->is_empty = a->runs == 0;
    a->step = a->runs ? STEP_RUN : STEP_LITERALS;
}

static void do_run(wisp_delta_apply *a)
{
    uint64_t run;
    if (!number(a, &run))
        return;
    a->runs--;
    a->equal = run >> WISP_DELTA_CHANGED_BITS;
    a->changed = run & WISP_DELTA_CHANGED_MASK;
    a->step = a->changed == WISP_DELTA_CHANGED_MASK ? STEP_CHANGED : STEP_COPY;
    if (run == 0)
        damaged(a, "a run of nothing");
}

static void do_changed(wisp_delta_apply *a)
{
    uint64_t more;
    if (!number(a, &more))
        return;
    if (more > a->header.result_size)
        damaged(a, "a run that is too long");
    a->changed += more;
    a->step = STEP_COPY;
}

static void copy_equal(wisp_delta_apply *a)
{
    const uint8_t *data;
    size_t size;
    if (!base(a, a->equal, &size, &data))
        return;
    a->position += size;
    a->equal -= size;
    pass(a, data, size, STEP_COPY);
}

static void copy_changed(wisp_delta_apply *a)
{
    const uint8_t *data, *changes;
    size_t size;
    if (!base(a, a->changed < CHANGED_ROOM ? a->changed : CHANGED_ROOM, &size, &data) ||
        !bytes(a, &size, &changes))
        return;
    for (size_t i = 0; i < size; i++)
        a->changed_bytes[i] = (uint8_t)(data[i] + changes[i]);
    a->position += size;
    a->changed -= size;
    pass(a, a->changed_bytes, size, STEP_COPY);
}

static void do_copy(wisp_delta_apply *a)
{
    if (a->equal)
        copy_equal(a);
    else if (a->changed)
        copy_changed(a);
    else
        a->step = a->runs ? STEP_RUN : STEP_LITERALS;
}

static void do_literals(wisp_delta_apply *a)
{
    if (!number(a, &a->literals))
        return;
    a->step = STEP_LITERAL;
    if (a->is_empty && a->literals == 0)
        damaged(a, "a record of nothing");
}

static void do_literal(wisp_delta_apply *a)
{
    const uint8_t *data;
    size_t size = a->literals < SIZE_MAX ? (size_t)a->literals : SIZE_MAX;
    if (a->literals == 0) {
        a->step = STEP_SEEK;
    } else if (bytes(a, &size, &data)) {
        a->literals -= size;
        pass(a, data, size, STEP_LITERAL);
    }
}

/* Goes on until a chunk is needed, the result is complete, or something failed. */
static void run(wisp_delta_apply *a)
{
    static void (*const steps[])(wisp_delta_apply *) = {
        [STEP_ORDER] = do_order,       [STEP_LENGTH] = do_length,   [STEP_PLACE] = do_place,
        [STEP_BODY] = do_body,         [STEP_SEEK] = do_seek,       [STEP_RUNS] = do_runs,
        [STEP_RUN] = do_run,           [STEP_CHANGED] = do_changed, [STEP_COPY] = do_copy,
        [STEP_LITERALS] = do_literals, [STEP_LITERAL] = do_literal, [STEP_PASS] = do_pass,
    };
    a->wants = NO_STREAM;
    while (a->error.status == WISP_OK && a->wants == NO_STREAM && a->step != STEP_DONE)
        steps[a->step](a);
    if (a->error.status == WISP_OK && a->wants != NO_STREAM && a->left[a->wants] == 0)
        damaged(a, "it ends too early");
}

/* ------------------------------------------------------------------ the header */

static wisp_status other_size(const char *what, uint64_t found, uint64_t expected,
                              wisp_error *err)
{
    return wisp_fail(err, WISP_MISMATCH, "the delta is for a %s of %llu bytes, expected %llu",
                     what, (unsigned long long)found, (unsigned long long)expected);
}

static wisp_status other_hash(const char *what, const uint8_t *found, const wisp_hash *expected,
                              wisp_error *err)
{
    char texts[2][2 * WISP_DELTA_CHECK_SIZE + 1];
    wisp_hex_print(found, WISP_DELTA_CHECK_SIZE, texts[0]);
    wisp_hex_print(expected->bytes, WISP_DELTA_CHECK_SIZE, texts[1]);
    return wisp_fail(err, WISP_MISMATCH,
                     "the delta is for a %s whose hash begins with %s, expected %s", what,
                     texts[0], texts[1]);
}

static wisp_status check_side(const char *what, const uint8_t *found_hash, uint64_t found_size,
                              const wisp_hash *hash, uint64_t size, wisp_error *err)
{
    if (found_size != size)
        return other_size(what, found_size, size, err);
    if (memcmp(found_hash, hash->bytes, WISP_DELTA_CHECK_SIZE) != 0)
        return other_hash(what, found_hash, hash, err);
    return WISP_OK;
}

static wisp_status check_limit(uint64_t size, uint64_t max, wisp_error *err)
{
    return max && size > max
               ? wisp_fail(err, WISP_LIMIT, "the result has %llu bytes, expected at most %llu",
                           (unsigned long long)size, (unsigned long long)max)
               : WISP_OK;
}

/* Whether the delta is the one that was expected. */
static wisp_status check_header(const wisp_delta_apply *a, wisp_error *err)
{
    const wisp_delta_header *header = &a->header;
    const wisp_delta_config *config = &a->config;
    wisp_status status = check_side("base", header->base_check, header->base_size,
                                    &config->base_hash, config->base_size, err);
    if (status != WISP_OK)
        return status;
    return config->result_is_unknown
               ? check_limit(header->result_size, config->result_size_max, err)
               : check_side("result", header->result_check, header->result_size,
                            &config->result_hash, config->result_size, err);
}

/* Takes bytes of the header until it is whole. Returns how many. */
static size_t take_header(wisp_delta_apply *a, const uint8_t *data, size_t size)
{
    wisp_error *err = &a->error;
    size_t used = 0, header_size = 0;
    while (used < size && header_size == 0 && err->status == WISP_OK) {
        a->start[a->gathered++] = data[used++];
        err->status = wisp_delta_header_read((wisp_bytes){a->start, a->gathered}, &a->header,
                                             &header_size, err);
    }
    if (header_size == 0 || err->status != WISP_OK)
        return used;
    a->gathered = 0;
    memcpy(a->left, a->header.stream_sizes, sizeof a->left);
    a->step = a->header.filter == WISP_DELTA_RENUMBERED ? STEP_ORDER : STEP_SEEK;
    err->status = check_header(a, err);
    run(a);
    return used;
}

/* ------------------------------------------------------------------ the interface */

wisp_status wisp_delta_apply_new(const wisp_delta_config *config, wisp_delta_apply **out,
                                 wisp_error *err)
{
    wisp_status status = config->result_is_unknown
                             ? WISP_OK
                             : check_limit(config->result_size, config->result_size_max, err);
    if (status != WISP_OK)
        return status;
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_delta_apply *a = wisp_alloc(allocator, 1, sizeof *a);
    if (!a)
        return wisp_fail_memory(err, sizeof *a);
    a->config = *config;
    a->config.allocator = allocator;
    a->wants = NO_STREAM;
    a->then = STEP_SEEK;
    wisp_rewriter_init(&a->rewriter, &(wisp_rewriter_config){true, map, let_out, a});
    a->hasher = wisp_hasher_new();
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        a->streams[i] = wisp_delta_stream_new(allocator);
    if (!a->hasher || !a->streams[WISP_DELTA_NUMBERS] || !a->streams[WISP_DELTA_BYTES]) {
        wisp_delta_apply_free(a);
        return wisp_fail_memory(err, WISP_DELTA_MEMORY_MAX);
    }
    *out = a;
    return WISP_OK;
}

void wisp_delta_apply_free(wisp_delta_apply *a)
{
    if (!a)
        return;
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        wisp_delta_stream_free(a->streams[i]);
    wisp_hasher_free(a->hasher);
    wisp_free(a->config.allocator, a, sizeof *a);
}

/* What ended the work, told again to whoever asks. */
static wisp_status tell(const wisp_delta_apply *a, wisp_error *err)
{
    if (err && a->error.status != WISP_OK)
        *err = a->error;
    return a->error.status;
}

/* Takes bytes of the chunk that is needed, and goes on if it is whole. Returns how many. */
static size_t take_chunk(wisp_delta_apply *a, const uint8_t *data, size_t size)
{
    wisp_delta_stream *stream = a->streams[a->wants];
    uint64_t left = a->left[a->wants] + a->gathered;
    size_t chunk = left < WISP_DELTA_CHUNK ? (size_t)left : WISP_DELTA_CHUNK;
    if (size > chunk - a->gathered)
        size = chunk - a->gathered;
    memcpy(wisp_delta_stream_chunk(stream) + a->gathered, data, size);
    a->gathered += (uint32_t)size;
    a->left[a->wants] -= size;
    if (a->gathered == chunk) {
        a->gathered = 0;
        wisp_delta_stream_supply(stream, chunk);
        run(a);
    }
    return size;
}

/* The result is complete; compressors write some bytes more than it needs. Takes them all. */
static size_t take_rest(wisp_delta_apply *a, size_t size)
{
    size_t left = size;
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++) {
        size_t part = left < a->left[i] ? left : (size_t)a->left[i];
        a->left[i] -= part;
        left -= part;
    }
    if (left)
        damaged(a, "it goes on after its end");
    return size;
}

wisp_status wisp_delta_apply_feed(wisp_delta_apply *a, const void *data, size_t size,
                                  wisp_error *err)
{
    const uint8_t *at = data;
    while (size && a->error.status == WISP_OK) {
        size_t used = a->step == STEP_HEADER ? take_header(a, at, size)
                      : a->step == STEP_DONE ? take_rest(a, size)
                                             : take_chunk(a, at, size);
        at += used;
        size -= used;
    }
    return tell(a, err);
}

uint32_t wisp_delta_apply_wants(const wisp_delta_apply *a)
{
    return a->error.status == WISP_OK ? a->wants : (uint32_t)NO_STREAM;
}

static wisp_status check_result(const wisp_delta_apply *a, wisp_error *err)
{
    wisp_hash hash = wisp_hasher_finish(a->hasher);
    size_t size = a->config.result_is_unknown ? WISP_DELTA_CHECK_SIZE : WISP_HASH_SIZE;
    const uint8_t *expected =
        a->config.result_is_unknown ? a->header.result_check : a->config.result_hash.bytes;
    if (memcmp(hash.bytes, expected, size) == 0)
        return WISP_OK;
    char texts[2][WISP_HASH_TEXT_SIZE];
    wisp_hex_print(hash.bytes, size, texts[0]);
    wisp_hex_print(expected, size, texts[1]);
    return wisp_fail(err, WISP_UNTRUSTED, "the delta makes content with hash %s, expected %s",
                     texts[0], texts[1]);
}

wisp_status wisp_delta_apply_finish(wisp_delta_apply *a, wisp_error *err)
{
    uint64_t missing = a->left[WISP_DELTA_NUMBERS] + a->left[WISP_DELTA_BYTES];
    if (a->error.status == WISP_OK && a->step == STEP_HEADER)
        damaged(a, "it ends in its header");
    if (a->error.status == WISP_OK && (a->step != STEP_DONE || missing))
        damaged(a, "bytes are missing at its end");
    if (a->error.status == WISP_OK)
        a->error.status = check_result(a, &a->error);
    return tell(a, err);
}
