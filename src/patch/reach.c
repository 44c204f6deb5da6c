#include "patch/reach.h"

#include <string.h>

#include "patch/access.h"
#include "patch/seat.h"

enum { TEXT_MAX = 1024 * 1024 /* bytes of a text that is looked for its end */ };

/* ------------------------------------------------------------------ what is allowed */

static const wisp_patch_level *innermost(const wisp_patch_seat *seat)
{
    return seat->level ? &seat->levels[seat->level - 1] : NULL;
}

/* Whether [size] bytes at [address] touch the part of the thread's stack that Wisp is on. */
static bool is_below(const wisp_patch_seat *seat, uint64_t address, size_t size)
{
    const wisp_patch_level *level = innermost(seat);
    if (!level || !wisp_patch_is_on_stack(seat->thread, (uintptr_t)(level->frame + 1)))
        return false;
    uint64_t low = seat->thread->stack_low, high = (uintptr_t)(level->frame + 1);
    return address < high && size > 0 && address + size > low;
}

static bool is_granted(const wisp_patch_seat *seat, uint64_t address, size_t size)
{
    const wisp_patch_level *level = innermost(seat);
    const wisp_patch_set *set = seat->set;
    return (level && wisp_patch_grants_have(&seat->grants, level->first_range, address, size)) ||
           wisp_patch_ranges_have(set->globals, set->global_count, address, size);
}

/* ------------------------------------------------------------------ grant "arguments" */

static bool read_granted(void *user, uint64_t address, void *into, size_t size)
{
    const wisp_patch_seat *seat = user;
    return is_granted(seat, address, size) && seat->read(address, into, size);
}

static bool write_granted(void *user, uint64_t address, const void *from, size_t size)
{
    const wisp_patch_seat *seat = user;
    return is_granted(seat, address, size) && !is_below(seat, address, size) &&
           seat->write(address, from, size);
}

/* By a machine instruction or not at all. */
static bool exchange(const wisp_patch_seat *seat, uint64_t address, size_t size,
                     uint64_t *expected, uint64_t value)
{
    return seat->read == wisp_access_read && !is_below(seat, address, size) &&
           wisp_access_exchange((void *)(uintptr_t)address, size, expected, value);
}

static bool exchange_granted(void *user, uint64_t address, size_t size, uint64_t *expected,
                             uint64_t value)
{
    return is_granted(user, address, size) && exchange(user, address, size, expected, value);
}

/* ------------------------------------------------------------------ grant "process" */

static bool read_any(void *user, uint64_t address, void *into, size_t size)
{
    const wisp_patch_seat *seat = user;
    return seat->read(address, into, size);
}

static bool write_any(void *user, uint64_t address, const void *from, size_t size)
{
    const wisp_patch_seat *seat = user;
    return !is_below(seat, address, size) && seat->write(address, from, size);
}

static bool exchange_any(void *user, uint64_t address, size_t size, uint64_t *expected,
                         uint64_t value)
{
    return exchange(user, address, size, expected, value);
}

/* ------------------------------------------------------------------ grant "none" */

static bool read_none(void *user, uint64_t address, void *into, size_t size)
{
    (void)user, (void)address, (void)into, (void)size;
    return false;
}

static bool write_none(void *user, uint64_t address, const void *from, size_t size)
{
    (void)user, (void)address, (void)from, (void)size;
    return false;
}

/* ------------------------------------------------------------------ by the grant */

static const wisp_outside by_grant[] = {
    [WISP_PATCH_GRANT_NONE] = {read_none, write_none, NULL, NULL},
    [WISP_PATCH_GRANT_ARGUMENTS] = {read_granted, write_granted, exchange_granted, NULL},
    [WISP_PATCH_GRANT_PROCESS] = {read_any, write_any, exchange_any, NULL},
};

wisp_outside wisp_patch_reach(wisp_patch_seat *seat)
{
    wisp_outside outside = by_grant[seat->set->manifest.grant];
    outside.user = seat;
    return outside;
}

bool wisp_patch_reach_read(void *seat, uint64_t address, void *into, size_t size)
{
    const wisp_patch_seat *s = seat;
    return by_grant[s->set->manifest.grant].read(seat, address, into, size);
}

bool wisp_patch_reach_write(void *seat, uint64_t address, const void *from, size_t size)
{
    const wisp_patch_seat *s = seat;
    return by_grant[s->set->manifest.grant].write(seat, address, from, size);
}

/* ------------------------------------------------------------------ what comes to it */

/* Bytes of the text at [address], its NUL included, as far as it can be read. */
static uint64_t text_size(const wisp_patch_seat *seat, uint64_t address)
{
    enum { PIECE = 64 };
    char piece[PIECE];
    for (uint64_t size = 0; size < TEXT_MAX;) {
        size_t left = PIECE - (address + size) % PIECE; /* no piece crosses a page */
        if (!seat->read(address + size, piece, left))
            return size;
        const char *end = memchr(piece, 0, left);
        if (end)
            return size + (uint64_t)(end - piece) + 1;
        size += left;
    }
    return TEXT_MAX;
}

static bool grant(wisp_patch_seat *seat, const wisp_patch_type *type, uint64_t address)
{
    uint64_t size =
        type->kind == WISP_PATCH_TEXT && address ? text_size(seat, address) : type->pointee;
    return wisp_patch_grants_add(&seat->grants, innermost(seat)->first_range, address, size);
}

bool wisp_patch_reach_arguments(wisp_patch_seat *seat)
{
    const wisp_patch_level *level = innermost(seat);
    const wisp_patch_replaced *r = level->replaced;
    const wisp_patch_move *move = r->plan.arguments, *end = move + r->plan.argument_count;
    for (; move < end; move++)
        if (move->kind == WISP_PATCH_MOVE_POINTER &&
            !grant(seat, &r->signature.params[move->param],
                   wisp_patch_frame_word(level->frame, move->frame)))
            return false;
    return true;
}

bool wisp_patch_reach_result(wisp_patch_seat *seat, const wisp_patch_callee *callee,
                             const wisp_patch_frame *frame)
{
    const wisp_patch_move *move = &callee->plan.result;
    return !callee->plan.has_result || move->kind != WISP_PATCH_MOVE_POINTER ||
           grant(seat, &callee->signature.result, wisp_patch_frame_word(frame, move->frame));
}
