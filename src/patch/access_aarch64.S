/*
 * Functions of access.h that may fault. A fault between wisp_access_start and wisp_access_end
 * goes on at wisp_access_failed. Nothing in there moves the stack pointer, so that this is a
 * return.
 */
    .text
    .globl wisp_access_copy, wisp_access_exchange
    .globl wisp_access_start, wisp_access_end, wisp_access_failed
    .hidden wisp_access_copy, wisp_access_exchange
    .hidden wisp_access_start, wisp_access_end, wisp_access_failed
    .type wisp_access_copy, %function
    .type wisp_access_exchange, %function
    .p2align 4
wisp_access_start:
/* bool wisp_access_copy(void *to, const void *from, size_t size) */
wisp_access_copy:
    .cfi_startproc
    hint #34 /* bti c */
    cmp x2, #8
    b.ne .Lnot_8
    ldr x3, [x1]
    str x3, [x0]
    mov w0, #1
    ret
.Lnot_8:
    cmp x2, #4
    b.ne .Lnot_4
    ldr w3, [x1]
    str w3, [x0]
    mov w0, #1
    ret
.Lnot_4:
    cmp x2, #1
    b.ne .Lnot_1
    ldrb w3, [x1]
    strb w3, [x0]
    mov w0, #1
    ret
.Lnot_1:
    cmp x2, #2
    b.ne .Lmany
    ldrh w3, [x1]
    strh w3, [x0]
    mov w0, #1
    ret
.Lmany:
    subs x2, x2, #16
    b.lo .Lrest
    ldp x3, x4, [x1], #16
    stp x3, x4, [x0], #16
    b .Lmany
.Lrest:
    adds x2, x2, #16
    b.eq .Ldone
.Lbyte:
    ldrb w3, [x1], #1
    strb w3, [x0], #1
    subs x2, x2, #1
    b.ne .Lbyte
.Ldone:
    mov w0, #1
    ret
    .cfi_endproc
    .size wisp_access_copy, . - wisp_access_copy

/* bool wisp_access_exchange(void *at, size_t size, uint64_t *expected, uint64_t value) */
    .p2align 4
wisp_access_exchange:
    .cfi_startproc
    hint #34
    ldr x4, [x2]
    cmp x1, #8
    b.ne .Lexchange_not_8
.Lagain_8:
    ldaxr x5, [x0]
    cmp x5, x4
    b.ne .Lexchanged
    stlxr w6, x3, [x0]
    cbnz w6, .Lagain_8
    b .Lexchanged
.Lexchange_not_8:
    cmp x1, #4
    b.ne .Lexchange_not_4
.Lagain_4:
    ldaxr w5, [x0]
    cmp w5, w4
    b.ne .Lexchanged
    stlxr w6, w3, [x0]
    cbnz w6, .Lagain_4
    b .Lexchanged
.Lexchange_not_4:
    cmp x1, #2
    b.ne .Lexchange_1
    and w4, w4, #0xffff
.Lagain_2:
    ldaxrh w5, [x0]
    cmp w5, w4
    b.ne .Lexchanged
    stlxrh w6, w3, [x0]
    cbnz w6, .Lagain_2
    b .Lexchanged
.Lexchange_1:
    and w4, w4, #0xff
.Lagain_1:
    ldaxrb w5, [x0]
    cmp w5, w4
    b.ne .Lexchanged
    stlxrb w6, w3, [x0]
    cbnz w6, .Lagain_1
.Lexchanged:
    dmb ish
    str x5, [x2]
    mov w0, #1
    ret
wisp_access_end:
wisp_access_failed:
    mov w0, #0
    ret
    .cfi_endproc
    .size wisp_access_exchange, . - wisp_access_exchange
    .section .note.GNU-stack, "", %progbits
