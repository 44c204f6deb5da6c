/* The crossings of bridge.h for aarch64, AAPCS64. */
#include "patch/frame.h"

#define RESULTS  WISP_FRAME_AARCH64_RESULTS
#define INTEGERS WISP_FRAME_AARCH64_INTEGERS
#define INDIRECT WISP_FRAME_AARCH64_INDIRECT
#define CHAINS   WISP_FRAME_AARCH64_CHAINS
#define FLOATS   WISP_FRAME_AARCH64_FLOATS
#define DETOUR   WISP_FRAME_AARCH64_DETOUR
#define RECORD   WISP_FRAME_AARCH64_RECORD
#define SIZE     WISP_FRAME_AARCH64_SIZE

        .text

/*
 * void wisp_patch_entry(void), with the detour in x17
 *
 * The frame ends where the caller's stack began, so its arguments are right behind it.
 */
        .globl  wisp_patch_entry
        .hidden wisp_patch_entry
        .type   wisp_patch_entry, %function
        .p2align 4
wisp_patch_entry:
        .cfi_startproc
        hint    #34                     /* bti c */
        sub     sp, sp, #SIZE
        .cfi_def_cfa_offset SIZE
        stp     x29, x30, [sp, #RECORD]
        .cfi_offset x29, RECORD - SIZE
        .cfi_offset x30, RECORD - SIZE + 8
        add     x29, sp, #RECORD
        stp     x0, x1, [sp, #INTEGERS]
        stp     x2, x3, [sp, #INTEGERS+16]
        stp     x4, x5, [sp, #INTEGERS+32]
        stp     x6, x7, [sp, #INTEGERS+48]
        str     x8, [sp, #INDIRECT]
        stp     x18, x15, [sp, #CHAINS]
        stp     q0, q1, [sp, #FLOATS]
        stp     q2, q3, [sp, #FLOATS+32]
        stp     q4, q5, [sp, #FLOATS+64]
        stp     q6, q7, [sp, #FLOATS+96]
        str     x17, [sp, #DETOUR]
        mov     x0, sp
        mov     x1, x17
        ldr     x16, [x17]
        blr     x16                     /* dispatch */
        tbz     w0, #0, .Lnot_handled
        ldp     x0, x1, [sp, #RESULTS]
        ldp     d0, d1, [sp, #RESULTS+16]
        ldp     d2, d3, [sp, #RESULTS+32]
        ldp     x29, x30, [sp, #RECORD]
        add     sp, sp, #SIZE
        .cfi_remember_state
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
        ret

.Lnot_handled:
        .cfi_restore_state
        ldp     x0, x1, [sp, #INTEGERS]
        ldp     x2, x3, [sp, #INTEGERS+16]
        ldp     x4, x5, [sp, #INTEGERS+32]
        ldp     x6, x7, [sp, #INTEGERS+48]
        ldr     x8, [sp, #INDIRECT]
        ldp     x18, x15, [sp, #CHAINS]
        ldp     q0, q1, [sp, #FLOATS]
        ldp     q2, q3, [sp, #FLOATS+32]
        ldp     q4, q5, [sp, #FLOATS+64]
        ldp     q6, q7, [sp, #FLOATS+96]
        ldr     x17, [sp, #DETOUR]
        ldr     x16, [x17, #8]          /* original */
        ldp     x29, x30, [sp, #RECORD]
        add     sp, sp, #SIZE
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
        br      x16
        .cfi_endproc
        .size   wisp_patch_entry, . - wisp_patch_entry

/*
 * void wisp_patch_call(const void *function, wisp_patch_frame *frame, size_t stack_size)
 *
 * The stack is copied by eights, as it was written, so that the loads need not wait for the stores;
 * from its upper end, so that it grows a page at a time.
 */
        .globl  wisp_patch_call
        .hidden wisp_patch_call
        .type   wisp_patch_call, %function
        .p2align 4
wisp_patch_call:
        .cfi_startproc
        hint    #34                     /* bti c */
        stp     x29, x30, [sp, #-32]!
        .cfi_def_cfa_offset 32
        .cfi_offset x29, -32
        .cfi_offset x30, -24
        str     x19, [sp, #16]
        .cfi_offset x19, -16
        mov     x29, sp
        .cfi_def_cfa_register x29
        mov     x16, x0
        mov     x19, x1
        cbz     x2, .Lregisters
        sub     sp, sp, x2
        add     x9, x1, #SIZE
.Lcopy:
        sub     x2, x2, #8
        ldr     x10, [x9, x2]
        str     x10, [sp, x2]
        cbnz    x2, .Lcopy
.Lregisters:
        ldp     x0, x1, [x19, #INTEGERS]
        ldp     x2, x3, [x19, #INTEGERS+16]
        ldp     x4, x5, [x19, #INTEGERS+32]
        ldp     x6, x7, [x19, #INTEGERS+48]
        ldr     x8, [x19, #INDIRECT]
        ldr     d0, [x19, #FLOATS]
        ldr     d1, [x19, #FLOATS+16]
        ldr     d2, [x19, #FLOATS+32]
        ldr     d3, [x19, #FLOATS+48]
        ldr     d4, [x19, #FLOATS+64]
        ldr     d5, [x19, #FLOATS+80]
        ldr     d6, [x19, #FLOATS+96]
        ldr     d7, [x19, #FLOATS+112]
        blr     x16
        stp     x0, x1, [x19, #RESULTS]
        stp     d0, d1, [x19, #RESULTS+16]
        stp     d2, d3, [x19, #RESULTS+32]
        mov     sp, x29
        .cfi_def_cfa_register sp
        ldr     x19, [sp, #16]
        ldp     x29, x30, [sp], #32
        .cfi_restore x19
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   wisp_patch_call, . - wisp_patch_call

/* Programs that use branch target identification may link this. */
        .section .note.gnu.property, "a"
        .p2align 3
        .long   4, 16, 5                /* sizes of name and content, NT_GNU_PROPERTY_TYPE_0 */
        .asciz  "GNU"
        .long   0xc0000000, 4, 1, 0     /* AARCH64_FEATURE_1_AND: BTI */

        .section .note.GNU-stack, "", %progbits
