#include "bench.h"

/* Where nothing can be patched, there is nothing to measure. */

wisp_status bench_bridge(const bench_options *options, bench_report *report, wisp_error *err)
{
    (void)options, (void)report, (void)err;
    return WISP_OK;
}

wisp_status bench_toggle(const bench_options *options, bench_report *report, wisp_error *err)
{
    (void)options, (void)report, (void)err;
    return WISP_OK;
}
