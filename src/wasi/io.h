#ifndef WISP_WASI_IO_H
#define WISP_WASI_IO_H

#include "wasi/call.h"

/* Whether [d] is something that one has to wait for: a pipe, a terminal, a socket. */
bool wisp_wasi_waits(const wisp_wasi_descriptor *d);

/* Waits until [d] can be read, or written: EAGAIN where it is set not to wait, EINTR where
 * waiting must stop. */
wisp_wasi_errno wisp_wasi_wait(const wisp_wasi_call *c, wisp_wasi_descriptor *d,
                               bool for_writing);

#endif
