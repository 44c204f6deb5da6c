#ifndef WISP_HOST_REGION_H
#define WISP_HOST_REGION_H

#include <wisp/event.h>

#include "os/shared_bytes.h"

/*
 * Buffers that events carry: whoever made one holds it, and so does each event that carries it;
 * the last one frees it. All of them are under the lock of the mail, and none of their bytes.
 */

/* From here on it takes the system less to map pages than to copy them, if the receiver looks at
 * few of them; if at all, less than the receiver takes to do so (docs/host.md). */
enum { WISP_REGION_MAPPED_MIN = 512 << 10 };

struct wisp_region {
    wisp_host *host;
    wisp_region *prev, *next; /* of those of the host */
    uint32_t refs;
    uint8_t *data;
    size_t size;
    wisp_shared_bytes shared; /* what data is of, if is_shared */
    bool is_shared;
    bool is_changing;  /* a module has posted it, and those who get it may write to it */
    wisp_guest *maker; /* whose module had it and has it no more, so that only events carry it;
                        * NULL for one that somebody has, and if the guest is gone */
};

/* Regions that modules of a guest have let go of, and events still carry. */
typedef struct wisp_loose_regions {
    uint32_t len;
    uint64_t size;
} wisp_loose_regions;

/* Those of a host. */
typedef struct wisp_regions {
    wisp_region *first;
    uint64_t size, size_max; /* bytes of all of them */
} wisp_regions;

/* One more event carries [region] (may be NULL). Under the lock; wisp_region_free takes it. */
void wisp_region_hold(wisp_region *region);

/* A module of [guest] lets go of [region]: it counts for that until no event carries it. */
void wisp_region_let_go(wisp_region *region, wisp_guest *guest);

/* What counts for [guest], and that nothing does any more, as it goes. */
wisp_loose_regions wisp_regions_loose(const wisp_guest *guest);
void wisp_regions_disown(const wisp_guest *guest);

/* Frees those that are left, when there are no events any more. */
void wisp_regions_clear(wisp_host *host);

#endif
