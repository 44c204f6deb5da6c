#ifndef WISP_PATCH_GUARD_H
#define WISP_PATCH_GUARD_H

#include <wisp/base.h>

/*
 * The handlers of SIGSEGV and SIGBUS. A fault in a function of access.h becomes its answer; every
 * other one goes to whoever had the signal before, as if the guard were not there: with the
 * same mask, on the same stack, and to its death if that is what the program had in mind.
 *
 * The program may set handlers of its own at any time, and hand on to the guard what is not
 * theirs, or not. wisp_guard_install puts the guard before them then; it is called again whenever
 * a patch is applied or a thread comes to one for the first time.
 *
 * The state is the process's, as the handlers are.
 */

/*
 * Sees to it that faults come here first. WISP_IO where the system refuses; WISP_LIMIT where the
 * program has changed its handlers too often. Fine if it is so already. Any thread.
 */
wisp_status wisp_guard_install(wisp_error *err);

/* Gives the signals back to whom they were taken from. Where the program has set its own handlers
 * since, these and the guard stay, as they may hand on to it. Any thread, while no thread is in
 * a function of access.h. */
void wisp_guard_remove(void);

/* Whether the calling thread takes the signals, as all do that do not block them. */
bool wisp_guard_covers_thread(void);

/*
 * The place that a context was interrupted at, as a handler of a signal gets it, to read and to
 * change. Of the machine (guard_*.c).
 */
uintptr_t wisp_guard_place(const void *context);
void wisp_guard_set_place(void *context, uintptr_t place);

#endif
