#ifndef TESTS_WASI_PROXY_H
#define TESTS_WASI_PROXY_H

#include <wisp/base.h>

/*
 * A module that imports every function of the system interface and exports each under its own
 * name as a function that hands its arguments on, with a memory of 2 pages that may become 4:
 * what a test needs to call them as a module does.
 */

enum { PROXY_SIZE_MAX = 8192, PROXY_MEMORY_SIZE = 2 * 65536 };

/* Writes it to [into]; returns its size. */
size_t proxy_write(uint8_t into[PROXY_SIZE_MAX]);

#endif
