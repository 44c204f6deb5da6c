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
    .type wisp_access_copy, @function
    .type wisp_access_exchange, @function
    .p2align 4
wisp_access_start:
/* bool wisp_access_copy(void *to, const void *from, size_t size) */
wisp_access_copy:
    .cfi_startproc
    endbr64
    cmp $8, %rdx
    jne .Lnot_8
    mov (%rsi), %rax
    mov %rax, (%rdi)
    mov $1, %eax
    ret
.Lnot_8:
    cmp $4, %rdx
    jne .Lnot_4
    mov (%rsi), %eax
    mov %eax, (%rdi)
    mov $1, %eax
    ret
.Lnot_4:
    cmp $1, %rdx
    jne .Lnot_1
    movzbl (%rsi), %eax
    mov %al, (%rdi)
    mov $1, %eax
    ret
.Lnot_1:
    cmp $2, %rdx
    jne .Lnot_2
    movzwl (%rsi), %eax
    mov %ax, (%rdi)
    mov $1, %eax
    ret
.Lnot_2:
    cmp $16, %rdx
    jne .Lnot_16
    movups (%rsi), %xmm0
    movups %xmm0, (%rdi)
    mov $1, %eax
    ret
.Lnot_16:
    mov %rdx, %rcx
    rep movsb
    mov $1, %eax
    ret
    .cfi_endproc
    .size wisp_access_copy, . - wisp_access_copy

/* bool wisp_access_exchange(void *at, size_t size, uint64_t *expected, uint64_t value) */
    .p2align 4
wisp_access_exchange:
    .cfi_startproc
    endbr64
    mov (%rdx), %rax
    cmp $8, %rsi
    jne .Lexchange_not_8
    lock cmpxchg %rcx, (%rdi)
    jmp .Lexchanged
.Lexchange_not_8:
    cmp $4, %rsi
    jne .Lexchange_not_4
    lock cmpxchg %ecx, (%rdi)
    mov %eax, %eax
    jmp .Lexchanged
.Lexchange_not_4:
    cmp $2, %rsi
    jne .Lexchange_1
    lock cmpxchg %cx, (%rdi)
    movzwl %ax, %eax
    jmp .Lexchanged
.Lexchange_1:
    lock cmpxchg %cl, (%rdi)
    movzbl %al, %eax
.Lexchanged:
    mov %rax, (%rdx)
    mov $1, %eax
    ret
wisp_access_end:
wisp_access_failed:
    xor %eax, %eax
    ret
    .cfi_endproc
    .size wisp_access_exchange, . - wisp_access_exchange
    .section .note.GNU-stack, "", @progbits
