#ifndef WISP_HOST_EFFECTS_H
#define WISP_HOST_EFFECTS_H

#include <wisp/host.h>

/*
 * What the entry under way does to the outside, held back until it has ended well: an entry that
 * fails has sent nothing. All zero is none.
 *
 * Whether something is taken is said at once, by whoever adds it here; what is here goes out, in
 * the order in which it was added, or nothing of it does. An entry that does nothing costs a
 * comparison. The memory is kept for the next entry, unless it is much.
 */

/* An effect other than a message. Exactly one of the two is called, once. */
typedef struct wisp_effect_ops {
    void (*release)(wisp_guest *guest, void *object); /* the entry has ended well */
    void (*drop)(wisp_guest *guest, void *object);    /* it has failed */
} wisp_effect_ops;

typedef struct wisp_effect {
    const wisp_effect_ops *ops; /* NULL: a message to the program */
    void *object;               /* for ops */
    uint32_t channel;           /* of the message */
    size_t offset, size;        /* … and where its bytes are */
} wisp_effect;

typedef struct wisp_effects {
    wisp_effect *items;
    size_t len, capacity;
    uint8_t *bytes; /* of all the messages */
    size_t size, byte_capacity;
} wisp_effects;

/* Makes room for the few and small effects that most entries have, so that those are never
 * refused for want of memory. False if that is refused. */
bool wisp_effects_init(wisp_effects *effects, const wisp_allocator *allocator);

/* Adds a message of a copy of [bytes] to the program. WISP_LIMIT if all that is held back would
 * be of more than [size_max] bytes, with what it takes to hold it; WISP_NO_MEMORY. */
wisp_status wisp_effects_send(wisp_effects *effects, const wisp_allocator *allocator,
                              uint64_t size_max, uint32_t channel, wisp_bytes bytes);

/* Adds [object]. False, with neither of [ops] called, if memory is refused. */
bool wisp_effects_add(wisp_effects *effects, const wisp_allocator *allocator,
                      const wisp_effect_ops *ops, void *object);

/* Lets all of it out, or nothing; there is none afterwards. Not from inside an entry. */
void wisp_effects_release(wisp_effects *effects, wisp_guest *guest);
void wisp_effects_drop(wisp_effects *effects, wisp_guest *guest);

/* Frees what is kept for the next entry; there must be none. */
void wisp_effects_deinit(wisp_effects *effects, const wisp_allocator *allocator);

#endif
