#ifndef BENCH_LARGE_MODULE_H
#define BENCH_LARGE_MODULE_H

#include <wisp/base.h>

/*
 * Makes a module of about [size] bytes: functions such as compilers of C make them, with
 * loads and stores, integer and floating-point arithmetic, blocks, loops, branches and calls,
 * and the export "start", which calls one of them. The same size gives the same bytes. They
 * are the caller's, to be freed by free; no bytes mean that there was no memory.
 */
wisp_bytes bench_large_module(size_t size);

/* The same with [pages] of memory, as a module for a host, which carries its [state_size] bytes
 * of state over. */
wisp_bytes bench_large_guest(size_t size, uint32_t pages, uint32_t state_size);

#endif
