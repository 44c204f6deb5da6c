#ifndef WISP_OS_SHARED_BYTES_H
#define WISP_OS_SHARED_BYTES_H

#include <wisp/base.h>

/*
 * Bytes that lie here and, through their file descriptor, may be mapped into any number of other
 * places (wisp_memory_map): one buffer for all, without a copy. shared_bytes_memfd.c has them
 * from memfd_create; where the build finds none, shared_bytes_none.c refuses. Any thread, and one
 * at a time for each.
 */
typedef struct wisp_shared_bytes {
    uint8_t *data;
    size_t size; /* whole pages of the system */
    int fd;      /* never shrinks and never grows */
} wisp_shared_bytes;

/* Makes [out] of at least [size] zeros; false where the system refuses. */
bool wisp_shared_bytes_open(wisp_shared_bytes *out, size_t size);

/* Gives [bytes] back; they stay where they are mapped elsewhere. */
void wisp_shared_bytes_close(wisp_shared_bytes *bytes);

#endif
