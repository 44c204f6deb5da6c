#ifndef BENCH_ENGINE_RUN_H
#define BENCH_ENGINE_RUN_H

#include <wisp/wasm.h>

/*
 * One function of an engine in a shared module, so that two builds of it can be measured in
 * turns: runs export "run" of the kernel [module] with [amount], and gives the nanoseconds of
 * processor time that took, and its checksum. Negative if it fails.
 */
typedef double bench_engine_run_fn(wisp_bytes module, uint32_t amount, uint32_t *sum);

bench_engine_run_fn bench_engine_run;

#endif
