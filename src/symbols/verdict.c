#include "symbols/verdict.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a note leads to. */
#define WISP_SYMBOLS_NOTE WISP_SYMBOLS_PATCHABLE

const char *wisp_symbols_verdict_name(wisp_symbols_verdict verdict)
{
    static const char *const names[] = {"patchable", "partial", "refused"};
    return names[verdict];
}

const char *wisp_symbols_cause_name(wisp_symbols_cause cause)
{
    static const char *const names[] = {
#define X(name, verdict, text) text,
        WISP_SYMBOLS_CAUSES(X)
#undef X
    };
    return names[cause];
}

wisp_symbols_verdict wisp_symbols_cause_verdict(wisp_symbols_cause cause)
{
    static const wisp_symbols_verdict verdicts[] = {
#define X(name, verdict, text) WISP_SYMBOLS_##verdict,
        WISP_SYMBOLS_CAUSES(X)
#undef X
    };
    return verdicts[cause];
}

/* A reason that is less than [cause], for when there are too many; REASONS_MAX if there is none.
 */
static uint32_t replaceable(const wisp_verdict *verdict, wisp_symbols_cause cause)
{
    uint32_t at = 0;
    while (at < WISP_VERDICT_REASONS_MAX &&
           wisp_symbols_cause_verdict(verdict->reasons[at].cause) >=
               wisp_symbols_cause_verdict(cause))
        at++;
    return at;
}

void wisp_verdict_add(wisp_verdict *verdict, wisp_symbols_cause cause, const char *format, ...)
{
    char words[256];
    va_list args;
    uint32_t at = verdict->count < WISP_VERDICT_REASONS_MAX ? verdict->count++
                                                            : replaceable(verdict, cause);
    if (at == WISP_VERDICT_REASONS_MAX)
        return;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    const char *text = wisp_arena_text(verdict->arena, words, strlen(words));
    verdict->is_out_of_memory |= !text;
    verdict->reasons[at] = (wisp_symbols_reason){cause, text};
}

wisp_status wisp_verdict_finish(wisp_verdict *verdict, wisp_symbols_function *function,
                                wisp_error *err)
{
    wisp_symbols_reason *sorted =
        wisp_arena_alloc(verdict->arena, verdict->count + (size_t)1, sizeof *sorted);
    if (!sorted || verdict->is_out_of_memory)
        return wisp_fail_memory(err, verdict->count * sizeof *sorted);
    uint32_t len = 0;
    for (int worst = WISP_SYMBOLS_REFUSED; worst >= WISP_SYMBOLS_PATCHABLE; worst--) {
        for (uint32_t i = 0; i < verdict->count; i++) {
            if ((int)wisp_symbols_cause_verdict(verdict->reasons[i].cause) == worst)
                sorted[len++] = verdict->reasons[i];
        }
    }
    function->reasons = sorted;
    function->reason_count = len;
    function->verdict =
        len ? wisp_symbols_cause_verdict(sorted[0].cause) : WISP_SYMBOLS_PATCHABLE;
    return WISP_OK;
}
