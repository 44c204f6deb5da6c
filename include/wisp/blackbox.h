#ifndef WISP_BLACKBOX_H
#define WISP_BLACKBOX_H

#include <wisp/host.h>

/*
 * The black box: who was at work when the process ended.
 *
 * A module cannot crash its program, but one that was compiled natively can, and so can a
 * function that it calls, a watchdog that finds it busy, or a system that is out of memory while
 * it runs. A host with a black box notes before each entry into a module which one it is, in a
 * page of memory that outlives the process; the next process reads there whom to blame:
 *
 *     wisp_blackbox_open(NULL, NULL, "/run/app/blackbox", &box, &err);
 *     if (wisp_blackbox_blame(box, &blame))
 *         report(blame.guest, blame.version, blame.times);
 *     wisp_host_config config = {.blackbox = box};
 *
 * Such a host does not start a module that was to blame for the end of blames_max runs of the
 * program in a row: it is refused with WISP_BANNED, as is an update that fails, so that the
 * program goes on with another version. A run in which the module was started, and which ended
 * for another reason, breaks the row.
 *
 * A note is a copy of 64 bytes, and no system call. A file keeps what a process wrote that is
 * gone, but not all that a machine wrote that lost its power; it is best where it is gone then
 * too, as in /run. One on a disk may blame after that whoever was at work when the system wrote
 * the page last.
 *
 * One host uses a black box at a time. These functions belong to the thread of that host.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define WISP_BLACKBOX_SIZE 4096 /* bytes */

/*
 * Opens the black box in file [path], which is made where it is missing, and closes the books on
 * the run before. Whatever else is in the file counts as an empty one. [os] may be NULL; its
 * files must be those of the system.
 *
 * WISP_BUSY if another process has it open; WISP_IO; WISP_UNSUPPORTED where the system cannot
 * map files; WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_blackbox_open(const wisp_allocator *allocator, const wisp_os *os,
                                        const char *path, wisp_blackbox **out, wisp_error *err);

/* The same in [memory] of WISP_BLACKBOX_SIZE bytes that outlives the program in another way, as
 * RAM does a reset that does not clear it. Borrowed until wisp_blackbox_close. */
WISP_API wisp_status wisp_blackbox_open_memory(const wisp_allocator *allocator, void *memory,
                                               wisp_blackbox **out, wisp_error *err);

/* Closes [box], after its host was freed. NULL is fine. */
WISP_API void wisp_blackbox_close(wisp_blackbox *box);

#define WISP_BLAME_GUEST_MAX 32

/* An entry that did not return. */
typedef struct wisp_blame {
    char guest[WISP_BLAME_GUEST_MAX]; /* its name, cut to fit */
    uint64_t app_id;
    uint64_t module;   /* a hash of its bytes; of a native one, of its guest and version */
    uint32_t version;  /* 0 where it was not known yet */
    const char *entry; /* "message", "event", "task", …; "load" before the first. Static */
    uint32_t type;     /* of the event, or the channel of the message */
    uint32_t times;    /* for how many runs in a row the module is to blame */
} wisp_blame;

/* On whom the end of the run before is to be blamed; false if nobody was at work. */
WISP_API bool wisp_blackbox_blame(const wisp_blackbox *box, wisp_blame *out);

/* For how many runs in a row [module] is to blame: what to ask before it is started. */
WISP_API uint32_t wisp_blackbox_times(const wisp_blackbox *box, const wisp_module *module);

/* Gives another chance to the module of that hash: its count is 0 again. */
WISP_API void wisp_blackbox_forgive(wisp_blackbox *box, uint64_t module);

/*
 * Tells whom the black box in [bytes] blames, which may be a copy of one in use, the latest
 * first: up to [max] of them go to [blames], their number to *[len]. If *[is_open], the first is
 * an entry that is under way or has ended a process, for which no other has started yet.
 *
 * WISP_MALFORMED for bytes that are no black box, or a damaged one; WISP_UNSUPPORTED for one of
 * another format. Any thread.
 */
WISP_API wisp_status wisp_blackbox_read(wisp_bytes bytes, wisp_blame *blames, size_t max,
                                        size_t *len, bool *is_open, wisp_error *err);

#ifdef __cplusplus
}
#endif

#endif
