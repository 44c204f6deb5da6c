#ifndef WISP_WASI_TIMES_H
#define WISP_WASI_TIMES_H

#include "wasi/call.h"

/* What the functions on descriptors and those on paths share: the state of files. */

typedef struct wisp_wasi_times {
    uint64_t accessed_ns, modified_ns; /* UINT64_MAX leaves it as it is */
} wisp_wasi_times;

/* The times that the arguments from [index] on name: accessed, modified, flags. EINVAL for flags
 * that contradict each other. */
wisp_wasi_errno wisp_wasi_take_times(const wisp_wasi_call *c, unsigned index,
                                     wisp_wasi_times *out);

/* Writes [st] as a filestat to where argument [index] points. */
wisp_wasi_errno wisp_wasi_give_filestat(const wisp_wasi_call *c, unsigned index,
                                        const wisp_os_file_stat *st);

#endif
