#ifndef WISP_PATCH_SLOT_H
#define WISP_PATCH_SLOT_H

#include "patch/bridge.h"
#include "patch/image.h"
#include "patch/manifest.h"
#include "patch/sled.h"
#include "patch/text.h"

/*
 * A function of the program that can be diverted, and how: by a jump in its sled, or by the
 * pointer that its thunk jumps through. Either leads to a stub of the function's own, which hands
 * the slot's detour to the bridge:
 *
 *     caller -> function's entry -> stub -> wisp_patch_entry -> detour.dispatch
 *                    \___ detour.original, right behind the sled <___/ if it says false
 *
 * A thread may be anywhere on that way at any time, for as long as it likes. So slots and stubs
 * live as long as the process, and a function has one of each however often it is patched: they
 * are the one thing that the patcher keeps globally. There are at most as many as the program has
 * functions.
 *
 * What is in text is believed, and no flag: it may have been unloaded and loaded again.
 *
 * Functions that write come one at a time.
 */
typedef struct wisp_patch_slot {
    wisp_patch_detour detour; /* [original] is set when it is opened, and never changes;
                               * [dispatch] is the patcher's to set before it is attached */
    uint32_t index;           /* slots are counted from 0 */
    _Atomic uint64_t skipped; /* calls that the patcher sent to the original, for good reason */

    /* ---- the rest is slot.c's */
    struct wisp_patch_slot *next;
    wisp_patch_image image;
    wisp_patch_place place;
    uintptr_t at;                         /* of the sled or the pointer */
    uint8_t saved[WISP_SLED_SIZE_MAX];    /* what was there in the beginning … */
    uint8_t diverted[WISP_SLED_SIZE_MAX]; /* … and what sends it to the stub */
} wisp_patch_slot;

/*
 * The slot of [function] in [image], made if this is the first time. Nothing is written to the
 * function yet. [entry] is where its stub leads: wisp_patch_entry, but for tests. Checks that its
 * text, or its pointer, is as [function] says, but for what Wisp itself has written there.
 *
 * WISP_MISMATCH if it is not; WISP_NOT_FOUND if [image] has gone; WISP_LIMIT if there is no room
 * for a stub within reach; WISP_NO_MEMORY; those of wisp_patch_text_fill.
 */
wisp_status wisp_patch_slot_open(const wisp_patch_text *text, const wisp_patch_image *image,
                                 const wisp_patch_function *function, const void *entry,
                                 wisp_patch_slot **out, wisp_error *err);

/*
 * Diverts the function, or does nothing if it is diverted. Its [detour] and what that needs must
 * be in place: threads come at once. wisp_patch_text_settle tells when all do.
 *
 * WISP_BUSY if its sled is of several instructions and there are several threads, one of which
 * may stand between them; WISP_MISMATCH if something else is in its place; WISP_NOT_FOUND if its
 * image has gone; those of wisp_patch_text_replace.
 */
wisp_status wisp_patch_slot_attach(const wisp_patch_text *text, wisp_patch_slot *slot,
                                   wisp_error *err);

/* Puts back what was there, byte by byte, or does nothing if it is there. Fails as attach does;
 * an image that has gone is fine. */
wisp_status wisp_patch_slot_detach(const wisp_patch_text *text, wisp_patch_slot *slot,
                                   wisp_error *err);

#endif
