#include "patch/slot.h"

#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "patch/stub.h"

_Static_assert(offsetof(wisp_patch_slot, detour) == 0, "a detour is found in its slot");

static wisp_patch_slot *slots; /* of the process, newest first */

/* Bytes that are exchanged: an instruction, or a pointer. */
static size_t size_of(const wisp_patch_slot *slot)
{
    return slot->place == WISP_PATCH_SLED ? wisp_patch_sled_size : sizeof(uintptr_t);
}

static bool holds(const wisp_patch_slot *slot, const uint8_t bytes[WISP_SLED_SIZE_MAX])
{
    return memcmp((const uint8_t *)slot->at, bytes, size_of(slot)) == 0;
}

static wisp_patch_segment segment_of(const wisp_patch_slot *slot)
{
    return slot->place == WISP_PATCH_SLED ? WISP_PATCH_CODE : WISP_PATCH_DATA;
}

/* ------------------------------------------------------------------ looking */

/* What is looked at while the image is held. */
typedef struct look {
    wisp_patch_slot *slot;
    const wisp_patch_function *function;
} look;

/* Whether the text around the sled is what [function] says. */
static bool is_around(const wisp_patch_slot *slot, const wisp_patch_function *function)
{
    const uint8_t *found = (const uint8_t *)slot->at - function->sled;
    size_t end = function->sled + wisp_patch_sled_size;
    return memcmp(found, function->entry.data, function->sled) == 0 &&
           memcmp(found + end, function->entry.data + end, function->entry.size - end) == 0;
}

static wisp_status look_at_sled(void *user, wisp_error *err)
{
    const look *at = user;
    const uint8_t *sled = at->function->entry.data + at->function->sled;
    if (memcmp(at->slot->saved, sled, wisp_patch_sled_size) != 0 ||
        !is_around(at->slot, at->function) ||
        (!holds(at->slot, at->slot->saved) && !holds(at->slot, at->slot->diverted)))
        return wisp_fail(err, WISP_MISMATCH, "the text at its entry is not what it was built as");
    return WISP_OK;
}

static wisp_status check_sled(wisp_patch_slot *slot, const wisp_patch_function *function,
                              wisp_error *err)
{
    look at = {slot, function};
    return wisp_patch_image_hold(&slot->image, WISP_PATCH_CODE, slot->at - function->sled,
                                 function->entry.size, look_at_sled, &at, err);
}

static wisp_status look_at_pointer(void *user, wisp_error *err)
{
    wisp_patch_slot *slot = ((look *)user)->slot;
    if (slot->detour.original && !holds(slot, slot->saved) && !holds(slot, slot->diverted))
        return wisp_fail(err, WISP_MISMATCH, "its pointer leads elsewhere already");
    if (!slot->detour.original)
        memcpy(slot->saved, (const void *)slot->at, sizeof(uintptr_t));
    return WISP_OK;
}

static wisp_status nothing_more(void *user, wisp_error *err)
{
    (void)user, (void)err;
    return WISP_OK;
}

/* Also takes note of where the pointer leads, if this is the first time. */
static wisp_status check_pointer(wisp_patch_slot *slot, const wisp_patch_function *function,
                                 wisp_error *err)
{
    look at = {slot, function};
    uintptr_t original;
    if (slot->at % sizeof original != 0)
        return wisp_fail(err, WISP_MISMATCH, "its pointer is not aligned");
    wisp_status status = wisp_patch_image_hold(&slot->image, WISP_PATCH_DATA, slot->at,
                                               sizeof original, look_at_pointer, &at, err);
    memcpy(&original, slot->saved, sizeof original);
    if (status == WISP_OK)
        status = wisp_patch_image_hold(&slot->image, WISP_PATCH_CODE, original, 1, nothing_more,
                                       NULL, err);
    return status;
}

static wisp_status check(wisp_patch_slot *slot, const wisp_patch_function *function,
                         wisp_error *err)
{
    return slot->place == WISP_PATCH_SLED ? check_sled(slot, function, err)
                                          : check_pointer(slot, function, err);
}

/* ------------------------------------------------------------------ opening */

/* Sets the slot up for a sled; nothing of it leads anywhere yet. */
static wisp_status take_sled(wisp_patch_slot *slot, const wisp_patch_function *function,
                             wisp_error *err)
{
    memcpy(slot->saved, function->entry.data + function->sled, wisp_patch_sled_size);
    memcpy(slot->diverted, slot->saved, wisp_patch_sled_size);
    if (wisp_patch_sled_kind_of(slot->saved) == WISP_SLED_OTHER)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "no place was left at its entry (-fpatchable-function-entry)");
    return WISP_OK;
}

/* Where the function as it is in the program goes on. */
static uintptr_t behind(const wisp_patch_slot *slot)
{
    uintptr_t pointer;
    if (slot->place == WISP_PATCH_SLED)
        return slot->at + wisp_patch_sled_size;
    memcpy(&pointer, slot->saved, sizeof pointer);
    return pointer;
}

/* Makes the stub at [at], and what leads there. */
static wisp_status connect(const wisp_patch_text *text, wisp_patch_slot *slot, uint8_t *at,
                           const void *entry, wisp_error *err)
{
    wisp_patch_stub stub;
    uintptr_t address = (uintptr_t)at;
    if (!wisp_patch_stub_make(&stub, address, &slot->detour, entry, behind(slot)) ||
        (slot->place == WISP_PATCH_SLED &&
         !wisp_patch_sled_jump(slot->diverted, slot->at, address)))
        return wisp_fail(err, WISP_LIMIT, "its stub is out of reach");
    if (slot->place == WISP_PATCH_SLOT)
        memcpy(slot->diverted, &address, sizeof address);
    slot->detour.original = (const void *)stub.original;
    return wisp_patch_text_fill(text, at, stub.code, sizeof stub.code, err);
}

static wisp_status set_up(const wisp_patch_text *text, wisp_patch_slot *slot,
                          const wisp_patch_function *function, const void *entry, wisp_error *err)
{
    uint8_t *stub;
    wisp_status status =
        slot->place == WISP_PATCH_SLED ? take_sled(slot, function, err) : WISP_OK;
    if (status == WISP_OK)
        status = check(slot, function, err);
    if (status == WISP_OK)
        status = wisp_patch_stub_take(text, &slot->image, &stub, err);
    return status == WISP_OK ? connect(text, slot, stub, entry, err) : status;
}

static bool is_same_image(const wisp_patch_image *a, const wisp_patch_image *b)
{
    return a->base == b->base && a->build_id_size == b->build_id_size &&
           memcmp(a->build_id, b->build_id, a->build_id_size) == 0;
}

static wisp_patch_slot *find(const wisp_patch_image *image, wisp_patch_place place, uintptr_t at)
{
    wisp_patch_slot *slot = slots;
    while (slot &&
           (slot->at != at || slot->place != place || !is_same_image(&slot->image, image)))
        slot = slot->next;
    return slot;
}

static wisp_status add(const wisp_patch_text *text, wisp_patch_slot draft,
                       const wisp_patch_function *function, const void *entry,
                       wisp_patch_slot **out, wisp_error *err)
{
    wisp_patch_slot *slot = wisp_alloc(&wisp_allocator_default, 1, sizeof *slot);
    if (!slot)
        return wisp_fail_memory(err, sizeof *slot);
    *slot = draft;
    wisp_status status = set_up(text, slot, function, entry, err);
    if (status != WISP_OK) {
        wisp_free(&wisp_allocator_default, slot, sizeof *slot);
        return status;
    }
    slot->next = slots;
    slots = *out = slot;
    return WISP_OK;
}

wisp_status wisp_patch_slot_open(const wisp_patch_text *text, const wisp_patch_image *image,
                                 const wisp_patch_function *function, const void *entry,
                                 wisp_patch_slot **out, wisp_error *err)
{
    bool is_sled = function->place == WISP_PATCH_SLED;
    uintptr_t at = image->base + function->address + (is_sled ? function->sled : 0);
    if (is_sled && (function->entry.size < wisp_patch_sled_size ||
                    function->sled > function->entry.size - wisp_patch_sled_size))
        return wisp_fail(err, WISP_MALFORMED, "its entry is too short for a sled");
    *out = find(image, function->place, at);
    if (*out)
        return check(*out, function, err);
    wisp_patch_slot draft = {.index = slots ? slots->index + 1 : 0,
                             .image = *image,
                             .place = function->place,
                             .at = at};
    return add(text, draft, function, entry, out, err);
}

/* ------------------------------------------------------------------ switching */

/* An exchange of what a slot holds, while its image is held. */
typedef struct exchange {
    const wisp_patch_text *text;
    wisp_patch_slot *slot;
    const uint8_t *from, *to;
} exchange;

static wisp_status write(const exchange *change, wisp_error *err)
{
    wisp_patch_slot *slot = change->slot;
    uintptr_t pointer;
    if (slot->place == WISP_PATCH_SLED)
        return wisp_patch_text_replace(change->text, (uint8_t *)slot->at, change->to,
                                       wisp_patch_sled_size, err);
    memcpy(&pointer, change->to, sizeof pointer);
    atomic_store_explicit((_Atomic uintptr_t *)slot->at, pointer, memory_order_release);
    return WISP_OK;
}

/* A jump in place of several instructions, between which a thread may stand. */
static bool splits(const exchange *change)
{
    return change->slot->place == WISP_PATCH_SLED && change->from == change->slot->saved &&
           wisp_patch_sled_kind_of(change->from) == WISP_SLED_SEVERAL;
}

static wisp_status exchange_held(void *user, wisp_error *err)
{
    const exchange *change = user;
    const wisp_os_self *system = change->text->system;
    if (holds(change->slot, change->to))
        return WISP_OK;
    if (!holds(change->slot, change->from))
        return wisp_fail(err, WISP_MISMATCH, "something else was written to its entry");
    if (splits(change) && system->thread_count(system->user) != 1)
        return wisp_fail(err, WISP_BUSY,
                         "the place at its entry is of several instructions, and there are "
                         "several threads: 'wisp symbols' makes it one");
    return write(change, err);
}

wisp_status wisp_patch_slot_attach(const wisp_patch_text *text, wisp_patch_slot *slot,
                                   wisp_error *err)
{
    exchange change = {text, slot, slot->saved, slot->diverted};
    return wisp_patch_image_hold(&slot->image, segment_of(slot), slot->at, size_of(slot),
                                 exchange_held, &change, err);
}

wisp_status wisp_patch_slot_detach(const wisp_patch_text *text, wisp_patch_slot *slot,
                                   wisp_error *err)
{
    exchange change = {text, slot, slot->diverted, slot->saved};
    wisp_status status = wisp_patch_image_hold(&slot->image, segment_of(slot), slot->at,
                                               size_of(slot), exchange_held, &change, err);
    return status == WISP_NOT_FOUND ? WISP_OK : status;
}
