#ifndef READS_H
#define READS_H

#include <stdint.h>

/* What guests/reader.c does with the bytes of an event, by its type. */
enum reads {
    READ = 0x8001,
    READ_NOTHING, /* does not look at them */
    CHANGE,       /* two of them, that no other guest changes */
    CHANGE_AND_TRAP
};

/* What it does with regions of its own, one thing after the other for each of these in a message.
 * It logs + or - for what is taken or refused. */
enum share_op {
    SHARE_NEW,   /* of [size] bytes, and fills them */
    SHARE_FILL,  /* … once more */
    SHARE_POST,  /* [size] of its bytes */
    SHARE_FREE,  /* logs, as does what follows: */
    SHARE_COUNT, /* how many of its first [size] bytes are not as they were filled */
    SHARE_AT,    /* (WebAssembly) opens a region at [size], of [type] bytes */
    SHARE_CLOSE, /* (WebAssembly) … and closes it */
    SHARE_TRAP
};

enum share_done {
    SHARE_DONE_NONE,
    SHARE_DONE_LOGS,  /* d8003 */
    SHARE_DONE_LOOKS, /* d8003+2: two of the bytes that were posted are not as they were filled */
    SHARE_DONE_FREES  /* … and frees it */
};

enum { SHARE_SLOTS = 20 };

struct share {
    uint32_t op, slot; /* which region */
    uint32_t size;
    uint32_t offset; /* from where its bytes are to where it is said to be */
    uint32_t target, type, access, done;
};

#endif
