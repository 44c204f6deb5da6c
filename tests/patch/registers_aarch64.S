        .text

/* int count_lost_registers(void (*function)(void)) */
        .globl  count_lost_registers
        .hidden count_lost_registers
        .type   count_lost_registers, %function
count_lost_registers:
        stp     x29, x30, [sp, #-160]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x1, sp
        adrp    x2, kept_stack
        str     x1, [x2, #:lo12:kept_stack]
        .irp    n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        mov     x\n, #\n
        .endr
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        mov     x1, #\n
        fmov    d\n, x1
        .endr
        blr     x0
        mov     x0, #0
        .irp    n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        cmp     x\n, #\n
        cinc    x0, x0, ne
        .endr
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        fmov    x1, d\n
        cmp     x1, #\n
        cinc    x0, x0, ne
        .endr
        mov     x1, sp
        adrp    x2, kept_stack
        ldr     x2, [x2, #:lo12:kept_stack]
        cmp     x1, x2
        cinc    x0, x0, ne
        mov     sp, x2
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldp     x29, x30, [sp], #160
        ret
        .size   count_lost_registers, . - count_lost_registers

/* void call_unaligned(void (*function)(void)) */
        .globl  call_unaligned
        .hidden call_unaligned
        .type   call_unaligned, %function
call_unaligned:
        br      x0
        .size   call_unaligned, . - call_unaligned

/* uint64_t call_with_chain(void (*function)(void), uint64_t chain): in x18, half of it in x8, as
 * much again in x15. */
        .globl  call_with_chain
        .hidden call_with_chain
        .type   call_with_chain, %function
call_with_chain:
        stp     x29, x30, [sp, #-16]!
        and     x18, x1, #0xffff
        and     x8, x1, #0xffff0000
        and     x15, x1, #0xffffffff00000000
        blr     x0
        ldp     x29, x30, [sp], #16
        ret
        .size   call_with_chain, . - call_with_chain

        .globl  give_chain
        .hidden give_chain
        .type   give_chain, %function
give_chain:
        orr     x0, x18, x8
        orr     x0, x0, x15
        ret
        .size   give_chain, . - give_chain

        .local  kept_stack
        .comm   kept_stack, 8, 8

        .section .note.GNU-stack, "", %progbits
