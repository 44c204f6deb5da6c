#ifndef WISP_SYMBOLS_VERDICT_H
#define WISP_SYMBOLS_VERDICT_H

#include "symbols/symbols.h"

/* Reasons of one function, while they are found. */

enum { WISP_VERDICT_REASONS_MAX = 64 };

typedef struct wisp_verdict {
    wisp_arena *arena;
    wisp_symbols_reason reasons[WISP_VERDICT_REASONS_MAX];
    uint32_t count;
    bool is_out_of_memory;
} wisp_verdict;

/* Adds a reason with words for people. Of those beyond the limit the least are dropped, so that
 * the verdict is the same. */
WISP_PRINTF(3, 4)
void wisp_verdict_add(wisp_verdict *verdict, wisp_symbols_cause cause, const char *format, ...);

/* Puts them into [function], the worst first, and what follows from them. WISP_NO_MEMORY. */
wisp_status wisp_verdict_finish(wisp_verdict *verdict, wisp_symbols_function *function,
                                wisp_error *err);

#endif
