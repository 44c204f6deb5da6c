#include "publish/delta_plan.h"

#include "base/error.h"
#include "delta/format.h"
#include "publish/delta_match.h"
#include "publish/delta_moves.h"

#include <stdlib.h>

enum {
    ADDRESS_MIN = 1024, /* smaller constants are rarely addresses */
    PRICE = 4,          /* pairs that a move must explain; measured, like the others */
    LOCAL_PRICE = 2,
    PRICE_FACTOR = 3 /* by which it grows while there are too many moves */
};

/* A reference, and where it is in the masked form. */
typedef struct reference {
    size_t at;
    uint32_t value, body;
    wisp_reference kind;
} reference;

/* A module with its references left out, and what they were. */
typedef struct masked {
    wisp_rewriter rewriter;
    wisp_delta_buffer text;
    reference *items;
    size_t len, capacity;
    bool is_full; /* no memory for one of them */
} masked;

/* The pairs of one kind, or of the locals of one body. */
typedef struct pairs {
    wisp_delta_pair *items;
    size_t len, capacity;
} pairs;

/* ------------------------------------------------------------------ masking */

/* What is written for a reference: nothing of it where it may move. */
static uint64_t mask(wisp_reference kind, uint64_t value)
{
    switch (kind) {
    case WISP_REFERENCE_TYPE:
    case WISP_REFERENCE_UNIT:
        return value;
    case WISP_REFERENCE_OFFSET:
    case WISP_REFERENCE_CONST_32:
    case WISP_REFERENCE_CONST_64:
        return value < ADDRESS_MIN ? value : 0;
    default:
        return 0;
    }
}

static uint64_t note_reference(void *context, wisp_reference kind, uint64_t value)
{
    masked *m = context;
    if (!wisp_array_reserve(m->text.allocator, &m->items, &m->capacity, m->len + 1,
                            sizeof *m->items)) {
        m->is_full = true;
        return value;
    }
    m->items[m->len++] = (reference){(size_t)m->rewriter.written, (uint32_t)value,
                                     (uint32_t)m->rewriter.bodies, kind};
    return mask(kind, value);
}

static wisp_status keep_masked(void *context, const uint8_t *data, size_t size, wisp_error *err)
{
    masked *m = context;
    return wisp_delta_buffer_add(&m->text, data, size) ? WISP_OK : wisp_fail_memory(err, size);
}

static void masked_deinit(masked *m)
{
    wisp_free(m->text.allocator, m->items, m->capacity * sizeof *m->items);
    wisp_delta_buffer_deinit(&m->text);
}

static wisp_status mask_module(const wisp_allocator *allocator, wisp_bytes module, masked *out,
                               wisp_error *err)
{
    size_t size = module.size;
    *out = (masked){.text = {.allocator = allocator}};
    wisp_rewriter_init(&out->rewriter,
                       &(wisp_rewriter_config){false, note_reference, keep_masked, out});
    wisp_status status = wisp_rewriter_feed(&out->rewriter, module.data, &size, err);
    if (status == WISP_OK)
        status = wisp_rewriter_finish(&out->rewriter, err);
    if (status == WISP_OK && out->is_full)
        status = wisp_fail_memory(err, out->capacity * sizeof *out->items);
    return status;
}

/* ------------------------------------------------------------------ pairing */

/* What takes the pairs that are found; false if it has no memory. */
typedef bool pair_sink(void *context, const reference *plain, const reference *base);

/* The first reference that is not before [at]. */
static size_t first_from(const masked *m, size_t at)
{
    size_t low = 0, high = m->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->items[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Gives the references that stand in each other's place in [match]. */
static bool pair_match(const masked *base, const masked *plain, const wisp_delta_match *match,
                       pair_sink *sink, void *context)
{
    size_t b = first_from(base, match->base);
    size_t end = match->at + match->size;
    for (size_t p = first_from(plain, match->at); p < plain->len && plain->items[p].at < end;
         p++) {
        const reference *found = &plain->items[p];
        size_t place = match->base + (found->at - match->at);
        while (b < base->len && base->items[b].at < place)
            b++;
        if (b < base->len && base->items[b].at == place && base->items[b].kind == found->kind &&
            !sink(context, found, &base->items[b]))
            return false;
    }
    return true;
}

static bool pair_all(const masked *base, const masked *plain, const wisp_delta_matches *matches,
                     pair_sink *sink, void *context)
{
    for (size_t i = 0; i < matches->len; i++)
        if (!pair_match(base, plain, &matches->items[i], sink, context))
            return false;
    return true;
}

static bool add_pair(const wisp_allocator *allocator, pairs *to, const reference *plain,
                     const reference *base)
{
    if (!wisp_array_reserve(allocator, &to->items, &to->capacity, to->len + 1, sizeof *to->items))
        return false;
    to->items[to->len++] = (wisp_delta_pair){plain->value, base->value};
    return true;
}

/* ------------------------------------------------------------------ moves */

/* The pairs so far, as they come: those of locals until their body ends. */
typedef struct collector {
    wisp_delta_plan *plan;
    uint32_t body;
    pairs kinds[WISP_REFERENCE_COUNT];
} collector;

/* Finds out how the locals of the present body move. More moves than a device takes are none. */
static bool end_body(collector *c)
{
    wisp_delta_plan *plan = c->plan;
    pairs *locals = &c->kinds[WISP_REFERENCE_LOCAL];
    wisp_delta_moves moves;
    bool found =
        wisp_delta_moves_find(plan->allocator, locals->items, locals->len, LOCAL_PRICE, &moves);
    locals->len = 0;
    if (found && moves.len && moves.len <= WISP_DELTA_LOCAL_INTERVALS_MAX) {
        found = wisp_array_reserve(plan->allocator, &plan->bodies, &plan->body_capacity,
                                   plan->body_count + 1, sizeof *plan->bodies);
        if (found) {
            plan->bodies[plan->body_count++] = (wisp_delta_body){c->body, moves};
            return true;
        }
    }
    wisp_delta_moves_free(plan->allocator, &moves);
    return found;
}

static bool collect(void *context, const reference *plain, const reference *base)
{
    collector *c = context;
    if (plain->body != c->body) {
        if (!end_body(c))
            return false;
        c->body = plain->body;
    }
    return add_pair(c->plan->allocator, &c->kinds[plain->kind], plain, base);
}

static void free_kinds(wisp_delta_plan *plan)
{
    for (int i = 0; i < WISP_REFERENCE_COUNT; i++)
        wisp_delta_moves_free(plan->allocator, &plan->kinds[i]);
}

/* Finds moves of all kinds at [price]; *[count] is how many in all. */
static bool find_kinds(collector *c, uint32_t price, size_t *count)
{
    wisp_delta_plan *plan = c->plan;
    *count = 0;
    for (int i = 0; i < WISP_REFERENCE_COUNT; i++) {
        if (i == WISP_REFERENCE_LOCAL)
            continue;
        wisp_delta_moves_free(plan->allocator, &plan->kinds[i]);
        if (!wisp_delta_moves_find(plan->allocator, c->kinds[i].items, c->kinds[i].len, price,
                                   &plan->kinds[i]))
            return false;
        *count += plan->kinds[i].len;
    }
    return true;
}

/* As few as a device has room for: the dearer a move, the fewer. */
static bool find_moves(collector *c)
{
    size_t count;
    uint32_t price = PRICE;
    do {
        if (!find_kinds(c, price, &count))
            return false;
        price *= PRICE_FACTOR;
    } while (count > WISP_DELTA_INTERVALS_MAX);
    return true;
}

static bool make_plan(const masked *base, const masked *plain, const wisp_delta_matches *matches,
                      wisp_delta_plan *plan)
{
    collector c = {.plan = plan};
    bool made = pair_all(base, plain, matches, collect, &c) && end_body(&c) && find_moves(&c);
    for (int i = 0; i < WISP_REFERENCE_COUNT; i++)
        wisp_free(plan->allocator, c.kinds[i].items,
                  c.kinds[i].capacity * sizeof *c.kinds[i].items);
    return made;
}

static wisp_status match_and_plan(const masked *base, const masked *plain, wisp_delta_plan *plan,
                                  wisp_error *err)
{
    wisp_delta_matches matches;
    wisp_status status =
        wisp_delta_match_find(plan->allocator, wisp_delta_buffer_bytes(&base->text),
                              wisp_delta_buffer_bytes(&plain->text), &matches, err);
    if (status != WISP_OK)
        return status;
    if (!make_plan(base, plain, &matches, plan))
        status = wisp_fail_memory(err, plain->len * sizeof(wisp_delta_pair));
    wisp_delta_matches_free(plan->allocator, &matches);
    return status;
}

wisp_status wisp_delta_plan_make(const wisp_allocator *allocator, wisp_bytes base,
                                 wisp_bytes module, wisp_delta_plan *out, wisp_error *err)
{
    masked masked_base, masked_module;
    *out = (wisp_delta_plan){.allocator = allocator};
    wisp_status status = mask_module(allocator, base, &masked_base, err);
    if (status == WISP_OK) {
        status = mask_module(allocator, module, &masked_module, err);
        if (status == WISP_OK)
            status = match_and_plan(&masked_base, &masked_module, out, err);
        masked_deinit(&masked_module);
    }
    masked_deinit(&masked_base);
    return status;
}

void wisp_delta_plan_free(wisp_delta_plan *plan)
{
    free_kinds(plan);
    for (size_t i = 0; i < plan->body_count; i++)
        wisp_delta_moves_free(plan->allocator, &plan->bodies[i].locals);
    wisp_free(plan->allocator, plan->bodies, plan->body_capacity * sizeof *plan->bodies);
    *plan = (wisp_delta_plan){.allocator = plan->allocator};
}

/* ------------------------------------------------------------------ renumbering */

typedef struct renumbering {
    const wisp_delta_plan *plan;
    const wisp_delta_body *body; /* the last one that was begun and whose locals move */
    wisp_rewriter rewriter;
    wisp_delta_buffer *out;
} renumbering;

static uint64_t renumber(void *context, wisp_reference kind, uint64_t value)
{
    const renumbering *r = context;
    if (kind == WISP_REFERENCE_LOCAL)
        return r->body && r->body->body == r->rewriter.bodies
                   ? wisp_delta_moves_map(&r->body->locals, value)
                   : value;
    return wisp_delta_moves_map(&r->plan->kinds[kind], value);
}

static wisp_status keep(void *context, const uint8_t *data, size_t size, wisp_error *err)
{
    const renumbering *r = context;
    return wisp_delta_buffer_add(r->out, data, size) ? WISP_OK : wisp_fail_memory(err, size);
}

wisp_status wisp_delta_plan_apply(const wisp_delta_plan *plan, wisp_bytes module,
                                  wisp_delta_buffer *out, uint64_t *stops, wisp_error *err)
{
    renumbering r = {.plan = plan, .out = out};
    wisp_status status = WISP_OK;
    size_t at = 0, size;
    wisp_rewriter_init(&r.rewriter, &(wisp_rewriter_config){false, renumber, keep, &r});
    for (size_t i = 0; status == WISP_OK && at < module.size; i++, at += size) {
        wisp_rewriter_stop_at(&r.rewriter, i < plan->body_count ? plan->bodies[i].body : 0);
        size = module.size - at;
        status = wisp_rewriter_feed(&r.rewriter, module.data + at, &size, err);
        if (i < plan->body_count) {
            stops[i] = r.rewriter.written;
            r.body = &plan->bodies[i];
        }
    }
    return status == WISP_OK ? wisp_rewriter_finish(&r.rewriter, err) : status;
}
