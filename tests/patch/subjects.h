#ifndef WISP_TESTS_PATCH_SUBJECTS_H
#define WISP_TESTS_PATCH_SUBJECTS_H

#include "patch/slot.h"

/*
 * Functions to be patched, which subjects_<machine>.S has to the byte, and what goes around them.
 * They return their argument plus one.
 */
typedef struct patch_subject {
    const char *name; /* "subject_gcc", … */
    uint64_t (*call)(uint64_t number);
    uint32_t sled;  /* bytes from the entry on */
    uint32_t block; /* bytes of the aligned block that has the sled; 0: none of 16 or fewer */
} patch_subject;

extern const patch_subject subjects[]; /* ends with one without a name */

/* The one called [name]; NULL where this processor knows no such case. */
const patch_subject *subject_named(const char *name);

/* Behind a pointer, as link-time thunks are. */
uint64_t subject_thunk(uint64_t number);
extern uint64_t (*subject_pointer)(uint64_t number);

/* As wisp_patch_slot_open, of this program, leading to subject_entry. */
wisp_status subject_try_open(const wisp_patch_text *text, const wisp_patch_function *function,
                             wisp_patch_slot **out, wisp_error *err);

/* For wisp_patch_slot_open in place of wisp_patch_entry: goes on to where [dispatch] says, as if
 * that had been called. */
void subject_entry(void);

/* This program, whose build-id is "WispPatch", 0, 0, 1. */
wisp_patch_image subject_image(void);

enum { SUBJECT_SIZE = 12 /* bytes of text that are looked at */ };

/* The text of [subject] as it was when the process began; as it is. */
const uint8_t *subject_built(const patch_subject *subject);
const uint8_t *subject_found(const patch_subject *subject);

/* What a manifest says of [subject], with its text as it was built in [entry]. */
wisp_patch_function subject_function(const patch_subject *subject, uint8_t entry[SUBJECT_SIZE]);

/* What one says of subject_thunk. */
wisp_patch_function subject_thunk_function(void);

/* Its slot, or that of subject_thunk, which leads to [replacement]. */
wisp_patch_slot *subject_open(const wisp_patch_text *text, const patch_subject *subject,
                              uint64_t (*replacement)(uint64_t number));

wisp_patch_slot *subject_open_thunk(const wisp_patch_text *text,
                                    uint64_t (*replacement)(uint64_t number));

/* Makes [slot] lead to [replacement]. */
void subject_lead(wisp_patch_slot *slot, uint64_t (*replacement)(uint64_t number));

/* Calls what is behind the sled of [slot]. */
uint64_t subject_original(const wisp_patch_slot *slot, uint64_t number);

/* A text that is written to by [write] alone; ends the test as skipped where that does not work.
 */
wisp_patch_text subject_text(wisp_patch_write write);

#endif
