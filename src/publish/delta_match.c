#include "publish/delta_match.h"

#include "base/error.h"
#include "base/memory.h"

#include <divsufsort.h>
#include <limits.h>

/*
 * The text is read front to back with one alignment in mind, that is, how far its bytes are from
 * those of the base that they resemble. Where an exact match elsewhere in the base explains
 * clearly more of what follows than the alignment does, that one takes over. Both alignments
 * are then stretched towards each other as far as they explain more bytes than they do not.
 */

enum {
    PAIRS = 65536,
    MARGIN = 11, /* bytes that a new alignment must explain beyond the old one; measured */
    COMPARED_MAX = 16384 /* bytes: longer matches are found in parts */
};

typedef struct matcher {
    const wisp_allocator *allocator;
    wisp_bytes base, text;
    saidx_t *suffixes; /* of the base, sorted */
    saidx_t *starts;   /* for each pair of bytes: the first suffix that is not before it */
    wisp_delta_matches *out;
} matcher;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ------------------------------------------------------------------ exact matches */

/* Counts the suffixes by their first two bytes; the one of a single byte comes before all that
 * begin with that byte. */
static void index_pairs(matcher *m)
{
    const uint8_t *data = m->base.data;
    size_t size = m->base.size;
    for (size_t i = 0; i + 1 < size; i++)
        m->starts[(data[i] << 8 | data[i + 1]) + 1]++;
    m->starts[data[size - 1] << 8]++;
    for (size_t i = 1; i <= PAIRS; i++)
        m->starts[i] += m->starts[i - 1];
}

static wisp_status index_base(matcher *m, wisp_error *err)
{
    size_t size = m->base.size;
    m->suffixes = wisp_alloc(m->allocator, size, sizeof *m->suffixes);
    m->starts = wisp_alloc(m->allocator, PAIRS + 1, sizeof *m->starts);
    if (!m->suffixes || !m->starts || divsufsort(m->base.data, m->suffixes, (saidx_t)size) != 0)
        return wisp_fail_memory(err, size * sizeof *m->suffixes);
    index_pairs(m);
    return WISP_OK;
}

/* How many bytes from [at] on in the text equal those from [base] on, [known] of which do. */
static size_t common(const matcher *m, size_t at, size_t base, size_t known)
{
    size_t max = smaller(m->text.size - at, m->base.size - base);
    const uint8_t *a = m->text.data + at, *b = m->base.data + base;
    max = smaller(max, COMPARED_MAX);
    while (known < max && a[known] == b[known])
        known++;
    return known;
}

/* The longest match of the text at [at]; its size is 0 if there is none of two bytes. */
static wisp_delta_match longest(const matcher *m, size_t at)
{
    wisp_delta_match best = {at, 0, 0};
    const uint8_t *text = m->text.data + at;
    if (m->text.size - at < 2)
        return best;
    size_t pair = (size_t)text[0] << 8 | text[1];
    saidx_t low = m->starts[pair], high = m->starts[pair + 1];
    size_t low_known = 0, high_known = 0;
    while (low < high) {
        saidx_t middle = low + (high - low) / 2;
        size_t base = (size_t)m->suffixes[middle];
        size_t size = common(m, at, base, smaller(low_known, high_known));
        if (size > best.size)
            best = (wisp_delta_match){at, base, size};
        if (size == COMPARED_MAX || at + size == m->text.size)
            return best;
        if (base + size == m->base.size || m->base.data[base + size] < text[size]) {
            low = middle + 1;
            low_known = size;
        } else {
            high = middle;
            high_known = size;
        }
    }
    return best;
}

/* ------------------------------------------------------------------ alignments */

/* Whether the alignment of [match] gives the text's byte at [at]. */
static bool explains(const matcher *m, const wisp_delta_match *match, size_t at)
{
    size_t base = match->base + (at - match->at); /* may wrap around, which is outside too */
    return base < m->base.size && m->base.data[base] == m->text.data[at];
}

/* The first exact match from [at] on that [old] does not explain, or not as well. Of size 0, and
 * at the text's end, if there is none. */
static wisp_delta_match next_match(const matcher *m, const wisp_delta_match *old, size_t at)
{
    size_t counted = at, explained = 0; /* of the bytes from [at] to [counted] */
    while (at < m->text.size) {
        wisp_delta_match match = longest(m, at);
        for (; counted < at + match.size; counted++)
            explained += explains(m, old, counted);
        if (match.size > explained + MARGIN)
            return match;
        size_t skipped = match.size && match.size == explained ? match.size : 1;
        for (size_t end = at + skipped; at < end; at++)
            explained -= at < counted && explains(m, old, at);
        if (counted < at)
            counted = at;
    }
    return (wisp_delta_match){m->text.size, 0, 0};
}

/* How far [match] reaches forward, but not beyond [end]: as long as it explains more than half.
 */
static size_t stretch_forward(const matcher *m, const wisp_delta_match *match, size_t end)
{
    size_t best = 0;
    long balance = 0, most = 0;
    size_t max = smaller(end - match->at, m->base.size - match->base);
    for (size_t i = 0; i < max; i++) {
        balance += explains(m, match, match->at + i) ? 1 : -1;
        if (balance > most) {
            most = balance;
            best = i + 1;
        }
    }
    return best;
}

/* … and backward, but not before [start]. */
static size_t stretch_backward(const matcher *m, const wisp_delta_match *match, size_t start)
{
    size_t best = 0;
    long balance = 0, most = 0;
    size_t max = smaller(match->at - start, match->base);
    for (size_t i = 1; i <= max; i++) {
        balance += explains(m, match, match->at - i) ? 1 : -1;
        if (balance > most) {
            most = balance;
            best = i;
        }
    }
    return best;
}

/* Where the second of two alignments that both claim the bytes from [start] to [end] is to take
 * over, so that most of them are explained. */
static size_t best_border(const matcher *m, const wisp_delta_match *first,
                          const wisp_delta_match *second, size_t start, size_t end)
{
    size_t best = start;
    long balance = 0, most = 0;
    for (size_t at = start; at < end; at++) {
        balance += explains(m, first, at) - explains(m, second, at);
        if (balance > most) {
            most = balance;
            best = at + 1;
        }
    }
    return best;
}

static bool add(matcher *m, wisp_delta_match match)
{
    wisp_delta_matches *out = m->out;
    if (!wisp_array_reserve(m->allocator, &out->items, &out->capacity, out->len + 1,
                            sizeof *out->items))
        return false;
    out->items[out->len++] = match;
    return true;
}

static bool find(matcher *m)
{
    wisp_delta_match old = {0, 0, 0}; /* only where it begins counts */
    size_t at = 0;
    while (at < m->text.size) {
        wisp_delta_match found = next_match(m, &old, at);
        size_t end = old.at + stretch_forward(m, &old, found.at);
        size_t back = found.size ? stretch_backward(m, &found, old.at) : 0;
        size_t start = found.at - back;
        if (end > start)
            start = end = best_border(m, &old, &found, start, end);
        if (!add(m, (wisp_delta_match){old.at, old.base, end - old.at}))
            return false;
        old = (wisp_delta_match){start, found.base - (found.at - start), 0};
        at = found.at + found.size;
    }
    return old.at == m->text.size ||
           add(m, (wisp_delta_match){old.at, old.base, stretch_forward(m, &old, m->text.size)});
}

wisp_status wisp_delta_match_find(const wisp_allocator *allocator, wisp_bytes base,
                                  wisp_bytes text, wisp_delta_matches *out, wisp_error *err)
{
    matcher m = {.allocator = allocator, .base = base, .text = text, .out = out};
    wisp_status status = WISP_OK;
    *out = (wisp_delta_matches){0};
    if (base.size > INT_MAX || text.size > INT_MAX)
        return wisp_fail(err, WISP_LIMIT, "modules of more than 2 GiB have no deltas");
    if (base.size)
        status = index_base(&m, err);
    if (status == WISP_OK && base.size && !find(&m))
        status = wisp_fail_memory(err, out->capacity * sizeof *out->items);
    wisp_free(allocator, m.suffixes, base.size * sizeof *m.suffixes);
    wisp_free(allocator, m.starts, (PAIRS + 1) * sizeof *m.starts);
    if (status != WISP_OK)
        wisp_delta_matches_free(allocator, out);
    return status;
}

void wisp_delta_matches_free(const wisp_allocator *allocator, wisp_delta_matches *matches)
{
    wisp_free(allocator, matches->items, matches->capacity * sizeof *matches->items);
    *matches = (wisp_delta_matches){0};
}
