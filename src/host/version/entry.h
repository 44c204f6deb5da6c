#ifndef WISP_HOST_ENTRY_H
#define WISP_HOST_ENTRY_H

#include <wisp/host.h>

/*
 * One call from the host into a version: its kind and all that it is given.
 *
 * Whoever looks at entries (the journal of probation, the shadow, a recording) sees this and
 * nothing else. So there is no address of the program's in it but those of the bytes and of what
 * they are changed to, which are lent for the entry.
 */
#define WISP_ENTRIES(X)                                                                          \
    X(START, "start")                                                                            \
    X(MESSAGE, "message")                                                                        \
    X(EVENT, "event")                                                                            \
    X(TASK, "task")                                                                              \
    X(DONE, "done")                                                                              \
    X(SAVE, "save")                                                                              \
    X(RESTORE, "restore")                                                                        \
    X(STOP, "stop")

typedef enum wisp_entry_kind {
#define X(id, text) WISP_ENTRY_##id,
    WISP_ENTRIES(X)
#undef X
        WISP_ENTRY_COUNT
} wisp_entry_kind;

/* A kind is said before each field that not all of them use. */
typedef struct wisp_entry {
    wisp_entry_kind kind;
    uint32_t sender;  /* EVENT: a guest, or WISP_TO_PROGRAM */
    uint32_t type;    /* EVENT, DONE: the event's; MESSAGE: the channel; RESTORE: the version
                       * that saved the bytes */
    uint32_t request; /* EVENT: by which it is answered; 0: it is no request */
    uint32_t id;      /* TASK: the task's, as the module knows it */
    uint64_t number;  /* EVENT without bytes: what stands in place of the data; TASK: the
                       * context; DONE: the address of the data, as it was posted */
    uint64_t func;    /* TASK, DONE: the function, as the module names it: its number in the
                       * table, or its address in a native module */
    wisp_bytes bytes; /* MESSAGE, EVENT, RESTORE; DONE: what others have made of a region, to go
                       * where [number] says */
    uint64_t at;      /* EVENT: where in the module the bytes are already, as it has posted them
                       * to itself; 0: nowhere */
    uint64_t posted_at, posted_by; /* EVENT of a module: where it had the bytes, and the
                                    * generation of the version that has posted them */
    const wisp_region *region; /* EVENT: whose first bytes these are, so that they may be mapped
                                * instead of copied; NULL: copied */
    uint8_t *changed; /* EVENT: where the bytes go as the module has left them, if it ended well;
                       * a native one may write there at once. NULL: nowhere */
} wisp_entry;

/* Makes [entry] one for the version of [generation]: bytes that it has posted are at their place.
 */
static inline void wisp_entry_aim(wisp_entry *entry, uint64_t generation)
{
    bool is_own = entry->posted_by == generation && entry->bytes.size > 0;
    entry->at = is_own ? entry->posted_at : 0;
}

/* Whether it means the same to every version of a module: not tasks and done functions, which are
 * of one version, nor what makes it start and stop. */
static inline bool wisp_entry_is_for_any_version(const wisp_entry *entry)
{
    return entry->kind == WISP_ENTRY_MESSAGE || entry->kind == WISP_ENTRY_EVENT;
}

/* "start", "message", … Static. */
const char *wisp_entry_kind_name(wisp_entry_kind kind);

#endif
