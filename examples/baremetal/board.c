#include "board.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/*
 * Start-up code for a Cortex-M4, semihosting, and the one thing that newlib's malloc asks
 * for: more memory.
 */

/* From the linker script; they are addresses only. */
extern uint8_t board_data_image[], board_data_start[], board_data_end[];
extern uint8_t board_bss_start[], board_bss_end[];
extern uint8_t board_heap_start[], board_heap_end[], board_stack_end[];

enum { SEMIHOSTING_WRITE0 = 0x04, SEMIHOSTING_EXIT_EXTENDED = 0x20, STOPPED_BY_EXIT = 0x20026 };

enum { STACK_PAINT = 0xa5 };

static void *semihosting(uintptr_t operation, const void *argument)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (void *)r0;
}

void board_print(const char *text)
{
    semihosting(SEMIHOSTING_WRITE0, text);
}

void board_exit(int status)
{
    const uint32_t reason[2] = {STOPPED_BY_EXIT, (uint32_t)status};
    semihosting(SEMIHOSTING_EXIT_EXTENDED, reason);
    for (;;)
        __asm__ volatile("wfi");
}

/* ------------------------------------------------------------------ start */

int main(void);
__attribute__((noreturn)) void board_start(void);

static void enable_fpu(void)
{
    volatile uint32_t *cpacr = (volatile uint32_t *)0xe000ed88;
    *cpacr |= 0xfu << 20; /* full access to coprocessors 10 and 11 */
    __asm__ volatile("dsb\n isb");
}

void board_start(void)
{
    enable_fpu();
    memcpy(board_data_start, board_data_image, (size_t)(board_data_end - board_data_start));
    memset(board_bss_start, 0, (size_t)(board_bss_end - board_bss_start));
    uint8_t *here = __builtin_frame_address(0);
    for (uint8_t *p = board_heap_end; p < here - 64; p++)
        *p = STACK_PAINT;
    board_exit(main());
}

static void fault(void)
{
    board_print("fault\n");
    board_exit(1);
}

/* The stack's end, then the reset handler, then those of the processor's exceptions. */
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    board_stack_end,
    (const void *)(uintptr_t)board_start,
    [2] = (const void *)(uintptr_t)fault,
    [3] = (const void *)(uintptr_t)fault,
    [4] = (const void *)(uintptr_t)fault,
    [5] = (const void *)(uintptr_t)fault,
    [6] = (const void *)(uintptr_t)fault,
};

/* ------------------------------------------------------------------ memory */

static uint8_t *heap_top = board_heap_start;

void *_sbrk(ptrdiff_t size); /* newlib declares it nowhere */

void *_sbrk(ptrdiff_t size)
{
    if (size > board_heap_end - heap_top) {
        errno = ENOMEM;
        return (void *)-1;
    }
    uint8_t *old = heap_top;
    heap_top += size;
    return old;
}

size_t board_heap_used(void)
{
    return (size_t)(heap_top - board_heap_start);
}

size_t board_stack_used(void)
{
    const uint8_t *p = board_heap_end;
    while (p < board_stack_end && *p == STACK_PAINT)
        p++;
    return (size_t)(board_stack_end - p);
}
