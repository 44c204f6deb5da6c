#include "publish/delta_moves.h"

#include <stdlib.h>

enum { SEGMENTS_MAX = 4096, NONE = 0 };

/* [count] pairs that are the same. */
typedef struct tally {
    uint32_t plain, count;
    int64_t shift; /* from the plain number to that of the base */
} tally;

/* The best way to explain the pairs up to a tally that ends with the tally's shift. */
typedef struct way {
    uint64_t score;
    size_t before; /* the way that it goes on from */
} way;

typedef struct shift_end {
    int64_t shift;
    size_t way; /* the last one with this shift */
} shift_end;

/* The numbers from [first] to [last], which move together. */
typedef struct segment {
    uint32_t first, last;
    int64_t shift;
    uint64_t explained;
} segment;

/* Everything about one search. The way 0 is the start: nothing is explained, nothing moves. */
typedef struct search {
    wisp_arena *arena;
    uint32_t price;
    tally *tallies;
    size_t tally_count;
    way *ways; /* of tally i: i + 1 */
    shift_end *ends;
    size_t end_count;
    segment *segments;
    size_t segment_count;
    wisp_delta_move *claimed;
    size_t claimed_count;
} search;

/* ------------------------------------------------------------------ tallies */

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_plain_and_base(const void *a, const void *b)
{
    const wisp_delta_pair *x = a, *y = b;
    return x->plain != y->plain ? compare(x->plain, y->plain) : compare(x->base, y->base);
}

static bool count_pairs(search *s, wisp_delta_pair *pairs, size_t len)
{
    tally *last = NULL;
    s->tallies = wisp_arena_alloc(s->arena, len, sizeof *s->tallies);
    if (!s->tallies)
        return false;
    qsort(pairs, len, sizeof *pairs, by_plain_and_base);
    for (size_t i = 0; i < len; i++) {
        int64_t shift = (int64_t)pairs[i].base - pairs[i].plain;
        if (!last || last->plain != pairs[i].plain || last->shift != shift) {
            last = &s->tallies[s->tally_count++];
            *last = (tally){pairs[i].plain, 0, shift};
        }
        last->count++;
    }
    return true;
}

/* ------------------------------------------------------------------ the best way */

static int by_shift(const void *a, const void *b)
{
    int64_t x = ((const shift_end *)a)->shift, y = ((const shift_end *)b)->shift;
    return x < y ? -1 : x > y;
}

/* One end for each shift there is, and for 0. */
static bool list_shifts(search *s)
{
    size_t count = 1;
    s->ends = wisp_arena_alloc(s->arena, s->tally_count + 1, sizeof *s->ends);
    if (!s->ends)
        return false;
    for (size_t i = 0; i < s->tally_count; i++)
        s->ends[count++].shift = s->tallies[i].shift;
    qsort(s->ends, count, sizeof *s->ends, by_shift);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || s->ends[i].shift != s->ends[s->end_count - 1].shift)
            s->ends[s->end_count++] = s->ends[i];
    return true;
}

static shift_end *end_of(const search *s, int64_t shift)
{
    shift_end key = {shift, NONE};
    return bsearch(&key, s->ends, s->end_count, sizeof key, by_shift);
}

/* Goes on with the tally's shift, or takes it up from the best way, for its price. */
static way extend(const search *s, const tally *t, size_t best)
{
    size_t same = end_of(s, t->shift)->way;
    uint64_t stay = same != NONE || t->shift == 0 ? s->ways[same].score : 0;
    uint64_t jump = s->ways[best].score > s->price ? s->ways[best].score - s->price : 0;
    return stay >= jump ? (way){stay + t->count, same} : (way){jump + t->count, best};
}

/* Returns the best way of all; NONE if there is no memory. */
static size_t find_way(search *s)
{
    size_t best = NONE;
    s->ways = wisp_arena_alloc(s->arena, s->tally_count + 1, sizeof *s->ways);
    if (!s->ways || !list_shifts(s))
        return NONE;
    for (size_t i = 0, next; i < s->tally_count; i = next) {
        size_t better = best;
        for (next = i; next < s->tally_count && s->tallies[next].plain == s->tallies[i].plain;
             next++) {
            s->ways[next + 1] = extend(s, &s->tallies[next], best);
            if (s->ways[next + 1].score > s->ways[better].score)
                better = next + 1;
        }
        for (size_t t = i; t < next; t++)
            end_of(s, s->tallies[t].shift)->way = t + 1;
        best = better;
    }
    return best;
}

static bool cut_segments(search *s, size_t last_way)
{
    s->segments = wisp_arena_alloc(s->arena, s->tally_count, sizeof *s->segments);
    if (!s->segments)
        return false;
    for (size_t at = last_way; at != NONE; at = s->ways[at].before) {
        const tally *t = &s->tallies[at - 1];
        segment *last = s->segment_count ? &s->segments[s->segment_count - 1] : NULL;
        if (!last || last->shift != t->shift) {
            last = &s->segments[s->segment_count++];
            *last = (segment){t->plain, t->plain, t->shift, 0};
        }
        last->first = t->plain;
        last->explained += t->count;
    }
    return true;
}

/* ------------------------------------------------------------------ one to one */

static int by_explained(const void *a, const void *b)
{
    const segment *x = a, *y = b;
    return x->explained != y->explained ? compare(y->explained, x->explained)
                                        : compare(x->first, y->first);
}

static int by_plain(const void *a, const void *b)
{
    return compare(((const wisp_delta_move *)a)->plain, ((const wisp_delta_move *)b)->plain);
}

static int by_renumbered(const void *a, const void *b)
{
    return compare(((const wisp_delta_move *)a)->renumbered,
                   ((const wisp_delta_move *)b)->renumbered);
}

/* Cuts from [move] what goes where [other] goes already, and the smaller part where that is in
 * its middle. */
static void yield(wisp_delta_move *move, const wisp_delta_move *other)
{
    uint64_t start = move->renumbered, end = start + move->length;
    uint64_t taken = other->renumbered, taken_end = taken + other->length;
    if (taken_end <= start || taken >= end)
        return;
    uint64_t before = taken > start ? taken - start : 0;
    uint64_t after = end > taken_end ? end - taken_end : 0;
    uint64_t skipped = before >= after ? 0 : taken_end - start;
    move->plain += (uint32_t)skipped;
    move->renumbered += (uint32_t)skipped;
    move->length = (uint32_t)(before >= after ? before : after);
}

/* Gives numbers of the base to the segments, those first that explain most. */
static bool claim(search *s)
{
    qsort(s->segments, s->segment_count, sizeof *s->segments, by_explained);
    if (s->segment_count > SEGMENTS_MAX)
        s->segment_count = SEGMENTS_MAX;
    s->claimed = wisp_arena_alloc(s->arena, s->segment_count, sizeof *s->claimed);
    if (!s->claimed)
        return false;
    for (size_t i = 0; i < s->segment_count; i++) {
        const segment *from = &s->segments[i];
        wisp_delta_move move = {from->first, (uint32_t)(from->first + from->shift),
                                from->last - from->first + 1};
        for (size_t k = 0; k < s->claimed_count && move.length; k++)
            yield(&move, &s->claimed[k]);
        if (move.length)
            s->claimed[s->claimed_count++] = move;
    }
    return true;
}

typedef struct range {
    uint32_t start, length;
} range;

/* The numbers below [end] that [moves] leave over: of the plain ones, or of those that they
 * become. */
static size_t list_gaps(wisp_delta_move *moves, size_t len, bool is_plain, uint32_t end,
                        range *out)
{
    size_t count = 0;
    uint32_t at = 0;
    qsort(moves, len, sizeof *moves, is_plain ? by_plain : by_renumbered);
    for (size_t i = 0; i <= len; i++) {
        uint32_t start = i == len ? end : is_plain ? moves[i].plain : moves[i].renumbered;
        if (start > at)
            out[count++] = (range){at, start - at};
        if (i < len)
            at = start + moves[i].length;
    }
    return count;
}

static uint32_t end_of_moves(const wisp_delta_move *moves, size_t len)
{
    uint32_t end = 0;
    for (size_t i = 0; i < len; i++) {
        if (moves[i].plain + moves[i].length > end)
            end = moves[i].plain + moves[i].length;
        if (moves[i].renumbered + moves[i].length > end)
            end = moves[i].renumbered + moves[i].length;
    }
    return end;
}

/* Adds moves for all other numbers, so that it is one to one: in the order in which they are. */
static bool fill(const search *s, const wisp_allocator *allocator, wisp_delta_moves *out)
{
    size_t len = s->claimed_count;
    uint32_t end = end_of_moves(s->claimed, len);
    range *from = wisp_arena_alloc(s->arena, len + 1, sizeof *from);
    range *to = wisp_arena_alloc(s->arena, len + 1, sizeof *to);
    if (!from || !to ||
        !wisp_array_reserve(allocator, &out->items, &out->capacity, 3 * len + 2,
                            sizeof *out->items))
        return false;
    list_gaps(s->claimed, len, true, end, from);
    size_t left = list_gaps(s->claimed, len, false, end, to);
    memcpy(out->items, s->claimed, len * sizeof *s->claimed);
    out->len = len;
    while (left) {
        uint32_t length = from->length < to->length ? from->length : to->length;
        out->items[out->len++] = (wisp_delta_move){from->start, to->start, length};
        *from = (range){from->start + length, from->length - length};
        *to = (range){to->start + length, to->length - length};
        from += from->length == 0;
        left -= to->length == 0;
        to += to->length == 0;
    }
    return true;
}

/* Puts them in order, and those together that are one. */
static void join(wisp_delta_moves *moves)
{
    size_t len = 0;
    qsort(moves->items, moves->len, sizeof *moves->items, by_plain);
    for (size_t i = 0; i < moves->len; i++) {
        wisp_delta_move *last = len ? &moves->items[len - 1] : NULL;
        const wisp_delta_move *move = &moves->items[i];
        if (last && last->renumbered + last->length == move->renumbered)
            last->length += move->length;
        else
            moves->items[len++] = *move;
    }
    moves->len = len;
}

/* How many more pairs the moves explain than if all numbers stayed, in moves. */
static bool is_worth_it(const search *s, const wisp_delta_moves *moves)
{
    uint64_t moved = 0, stayed = 0;
    for (size_t i = 0; i < s->tally_count; i++) {
        const tally *t = &s->tallies[i];
        uint64_t base = (uint64_t)(t->plain + t->shift);
        if (wisp_delta_moves_map(moves, t->plain) == base)
            moved += t->count;
        if (t->shift == 0)
            stayed += t->count;
    }
    return moved > stayed + moves->len;
}

static bool find(search *s, const wisp_allocator *allocator, wisp_delta_pair *pairs, size_t len,
                 wisp_delta_moves *out)
{
    if (!count_pairs(s, pairs, len))
        return false;
    size_t best = find_way(s);
    if (best == NONE || !cut_segments(s, best) || !claim(s) || !fill(s, allocator, out))
        return false;
    join(out);
    if (!is_worth_it(s, out))
        out->len = 0;
    return true;
}

bool wisp_delta_moves_find(const wisp_allocator *allocator, wisp_delta_pair *pairs, size_t len,
                           uint32_t price, wisp_delta_moves *out)
{
    wisp_arena arena;
    *out = (wisp_delta_moves){0};
    if (len == 0)
        return true;
    wisp_arena_init(&arena, allocator, 4096);
    bool found = find(&(search){.arena = &arena, .price = price}, allocator, pairs, len, out);
    wisp_arena_deinit(&arena);
    return found;
}

void wisp_delta_moves_free(const wisp_allocator *allocator, wisp_delta_moves *moves)
{
    wisp_free(allocator, moves->items, moves->capacity * sizeof *moves->items);
    *moves = (wisp_delta_moves){0};
}

uint64_t wisp_delta_moves_map(const wisp_delta_moves *moves, uint64_t plain)
{
    size_t low = 0, high = moves->len; /* the move is in [low, high) */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (moves->items[middle].plain <= plain)
            low = middle;
        else
            high = middle;
    }
    if (low == high || plain - moves->items[low].plain >= moves->items[low].length)
        return plain;
    return moves->items[low].renumbered + (plain - moves->items[low].plain);
}
