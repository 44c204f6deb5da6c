#ifndef WISP_HOST_STOPWATCH_H
#define WISP_HOST_STOPWATCH_H

#include <wisp/os.h>

/*
 * How long an entry into a module takes: the clock that its deadline is measured by.
 *
 * Reading the system's clock takes as long as a small entry does. So only some entries are timed
 * from their beginning, by chance, which is enough to tell how long they take; of the others, the
 * time begins when the engine looks for the second time. It looks first when an entry begins, and
 * then every few microseconds, so that most entries read no clock at all, and of those that last,
 * only the first few microseconds are missing.
 */
typedef struct wisp_stopwatch {
    const wisp_os *os;
    uint64_t began_ns;
    bool runs;       /* since began_ns */
    bool was_looked; /* at once */
} wisp_stopwatch;

/* An entry begins; it is timed from now on if [is_timed]. */
void wisp_stopwatch_begin(wisp_stopwatch *watch, bool is_timed);

/* How many nanoseconds it has taken; 0 if it does not run. */
uint64_t wisp_stopwatch_ns(const wisp_stopwatch *watch);

/* The same for the engine, as now_ns of wisp_store_config: [watch] is a wisp_stopwatch. */
uint64_t wisp_stopwatch_look(void *watch);

#endif
