        .text

/* int count_lost_registers(void (*function)(void)) */
        .globl  count_lost_registers
        .hidden count_lost_registers
        .type   count_lost_registers, @function
count_lost_registers:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        movq    %rsp, kept_stack(%rip)
        movq    $0x1111, %rbx
        movq    $0x2222, %rbp
        movq    $0x3333, %r12
        movq    $0x4444, %r13
        movq    $0x5555, %r14
        movq    $0x6666, %r15
        call    *%rdi
        xorl    %eax, %eax
        xorl    %ecx, %ecx
        .macro  check value, register
        cmpq    \value, \register
        setne   %cl
        addl    %ecx, %eax
        .endm
        check   $0x1111, %rbx
        check   $0x2222, %rbp
        check   $0x3333, %r12
        check   $0x4444, %r13
        check   $0x5555, %r14
        check   $0x6666, %r15
        check   kept_stack(%rip), %rsp
        pushfq
        popq    %rdx
        andq    $0x400, %rdx            /* the direction flag */
        check   $0, %rdx
        movq    kept_stack(%rip), %rsp
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
        .size   count_lost_registers, . - count_lost_registers

/* void call_unaligned(void (*function)(void)) */
        .globl  call_unaligned
        .hidden call_unaligned
        .type   call_unaligned, @function
call_unaligned:
        call    *%rdi
        ret
        .size   call_unaligned, . - call_unaligned

/* uint64_t call_with_chain(void (*function)(void), uint64_t chain) */
        .globl  call_with_chain
        .hidden call_with_chain
        .type   call_with_chain, @function
call_with_chain:
        subq    $8, %rsp
        movq    %rsi, %r10
        call    *%rdi
        addq    $8, %rsp
        ret
        .size   call_with_chain, . - call_with_chain

        .globl  give_chain
        .hidden give_chain
        .type   give_chain, @function
give_chain:
        movq    %r10, %rax
        ret
        .size   give_chain, . - give_chain

        .local  kept_stack
        .comm   kept_stack, 8, 8

        .section .note.GNU-stack, "", @progbits
