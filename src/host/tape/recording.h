#ifndef WISP_HOST_RECORDING_H
#define WISP_HOST_RECORDING_H

#include <wisp/record.h>

#include "base/memory.h"
#include "host/mail/topics.h"
#include "host/tape/record_coder.h"
#include "host/tape/tap.h"
#include "host/version/entry.h"

/* The insides of a recording that is read, for what replays it. */
struct wisp_recording {
    const wisp_allocator *allocator;
    wisp_reader frames;  /* of all bytes */
    wisp_reader records; /* of the frame that is read */
    wisp_coder coder;
    wisp_tape plain;  /* the record that is read */
    wisp_arena arena; /* for names */
    const char *name; /* of the guest; NULL until its record has come */
    uint32_t guest_id;
    wisp_topics topics; /* names that have types */
    int64_t time_s;     /* when it began */
    uint64_t time_us;   /* of this frame, since then */
    uint64_t fuel, state_size_max;
    wisp_store_config limits;
    wisp_taps taps;             /* that the modules could import; their functions refuse */
    bool has_lives;             /* and no more imports can come */
    bool is_out_of_memory;      /* which is why what was read last made no sense */
    wisp_bytes snapshot, state; /* for the life that begins next */
    uint64_t last_entry;

    /* The entry that was read last. */
    bool is_load;
    wisp_entry entry;
    wisp_bytes calls;
};

/* Begins anew. */
wisp_status wisp_recording_rewind(wisp_recording *recording, wisp_error *err);

#endif
