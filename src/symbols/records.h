#ifndef WISP_SYMBOLS_RECORDS_H
#define WISP_SYMBOLS_RECORDS_H

#include "symbols/scan.h"

/*
 * Which functions a program has, of what the scan has met and of its symbols. One function of the
 * source may have several entries of debug information (in each file that includes it), several
 * bodies (clones, copies in several files), and one body may be of several functions.
 */

typedef struct wisp_record {
    const wisp_scan_function *scanned; /* NULL: a symbol is all there is of it */
    const char *name;                  /* of the source, with what surrounds it */
    const char *source_linkage;        /* of the source: without what compilers add to clones */
    const char *linkage;               /* of the symbol at its address */
    const char *file;
    uint32_t line;
    bool has_body, is_clone;
    bool is_local;      /* whoever compiled or linked it saw all its callers */
    bool is_overridden; /* weak, and its symbol is that of another body */
    uint64_t address, size;
    uint64_t slot;  /* address of its link-time slot; 0 none */
    uint32_t group; /* the same for all records of one function of the source */
    bool is_dropped;
    size_t index;                     /* of the scanned one */
    const struct wisp_record *shares; /* bodiless: whose body it was folded onto; NULL */
    const char *shared_by; /* the source name of another function with this body; NULL */
} wisp_record;

typedef struct wisp_records {
    wisp_record *items; /* those with a body first, by address */
    size_t len;
    uint32_t group_count;
    uint32_t *body_counts; /* of each group */
    uint32_t *group_of;    /* of each scanned function, counted from 1; 0: it was dropped */
    uint32_t slot_count;
} wisp_records;

/* All of [out] is in [arena]. WISP_NO_MEMORY. */
wisp_status wisp_records_make(const wisp_object *symbols, wisp_scan *scan, wisp_arena *arena,
                              wisp_records *out, wisp_error *err);

/* The name of [die] with what surrounds it, in [arena]; NULL if there is no memory. */
const char *wisp_record_name(const wisp_scan *scan, wisp_arena *arena, Dwarf_Die *die);

#endif
