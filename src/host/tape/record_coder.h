#ifndef WISP_HOST_RECORD_CODER_H
#define WISP_HOST_RECORD_CODER_H

#include "host/tape/tape.h"

/*
 * Records of a recording are written as what differs from the one before in the same slot. The
 * writer chooses slots so that records that are alike share one: messages on the same channel,
 * for instance. A record of forty bytes of which five are new then takes ten.
 *
 *     the slot, one byte
 *     the size of the record
 *     until it is whole: how many bytes are as in the one before, at the same place;
 *                        if it is not whole: how many are not, and these
 */

enum {
    WISP_CODER_SLOTS = 32,
    WISP_CODER_KEPT_MAX = 1024 /* bytes of a record that are kept to be compared with */
};

/* The last record of each slot. Writer and reader have the same. All zero but [allocator] is how
 * both begin. */
typedef struct wisp_coder {
    const wisp_allocator *allocator;
    struct {
        uint8_t *data;
        size_t size, capacity;
    } slots[WISP_CODER_SLOTS];
} wisp_coder;

void wisp_coder_deinit(wisp_coder *coder);

/* Puts [record] on [out]. False if memory was refused; the coder is then of no use any more. */
bool wisp_coder_encode(wisp_coder *coder, uint32_t slot, wisp_bytes record, wisp_tape *out);

/* Reads one record, whatever [r] has, and puts it on [out]. WISP_MALFORMED, WISP_NO_MEMORY. */
wisp_status wisp_coder_decode(wisp_coder *coder, wisp_reader *r, wisp_tape *out);

#endif
