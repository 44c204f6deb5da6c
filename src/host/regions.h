#ifndef WISP_HOST_REGIONS_H
#define WISP_HOST_REGIONS_H

#include <wisp/event.h>

#include "os/shared_bytes.h"

/* A buffer of the program's that modules get to see (event.h). */
struct wisp_region {
    wisp_host *host;
    uint32_t refs;  /* the caller's and those of envelopes; under the lock of the mail */
    bool is_shared; /* the bytes can be mapped; else they are only here, and copied */
    wisp_shared_bytes bytes;
};

#endif
