#ifndef WISP_OS_WAKE_H
#define WISP_OS_WAKE_H

#include <wisp/base.h>

/*
 * A descriptor that one thread waits on, with poll or the like, and others make readable. Each
 * function may be called on any thread, one at a time.
 */
typedef struct wisp_wake {
    int fd; /* readable between a signal and the next clear */
    int signal_fd;
} wisp_wake;

/* False if the system refuses. */
bool wisp_wake_open(wisp_wake *wake);
void wisp_wake_close(wisp_wake *wake);

void wisp_wake_signal(wisp_wake *wake);
void wisp_wake_clear(wisp_wake *wake);

#endif
