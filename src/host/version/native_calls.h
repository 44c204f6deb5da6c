#ifndef WISP_HOST_NATIVE_CALLS_H
#define WISP_HOST_NATIVE_CALLS_H

#include <wisp/native.h>

/* What native modules call; the host that they hand over is their version. */
extern const wisp_native_calls wisp_native_calls_table;

#endif
