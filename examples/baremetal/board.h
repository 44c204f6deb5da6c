#ifndef BAREMETAL_BOARD_H
#define BAREMETAL_BOARD_H

#include <stddef.h>

/* What this program has instead of an operating system (board.c). Text goes to the debugger
 * that the processor halts for ("semihosting"), or to the emulator that stands in for it. */

void board_print(const char *text);
__attribute__((noreturn)) void board_exit(int status);

/* How many bytes of the stack were ever used, and how many of the heap newlib's malloc took. */
size_t board_stack_used(void);
size_t board_heap_used(void);

#endif
