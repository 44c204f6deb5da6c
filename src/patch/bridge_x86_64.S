/* The crossings of bridge.h for x86-64, System V. */
#include "patch/frame.h"

#define RESULTS   WISP_FRAME_X86_64_RESULTS
#define INTEGERS  WISP_FRAME_X86_64_INTEGERS
#define VECTORS   WISP_FRAME_X86_64_VECTORS
#define CHAIN     WISP_FRAME_X86_64_CHAIN
#define FLOATS    WISP_FRAME_X86_64_FLOATS
#define DETOUR    WISP_FRAME_X86_64_DETOUR
#define BASE      WISP_FRAME_X86_64_BASE
#define SIZE      WISP_FRAME_X86_64_SIZE

        .text

/*
 * void wisp_patch_entry(void), with the detour in r11
 *
 * The return address that the caller has pushed becomes the frame's last member, with the
 * caller's arguments right behind it; rbp is saved below it as in any function, and leads to the
 * frame. That has not to be aligned: gcc calls functions of the same file without aligning the
 * stack where it has seen that they do not need it (-fipa-stack-alignment). Dispatch does.
 */
        .globl  wisp_patch_entry
        .hidden wisp_patch_entry
        .type   wisp_patch_entry, @function
        .p2align 4
wisp_patch_entry:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        subq    $BASE, %rsp
        movq    %rdi, INTEGERS(%rsp)
        movq    %rsi, INTEGERS+8(%rsp)
        movq    %rdx, INTEGERS+16(%rsp)
        movq    %rcx, INTEGERS+24(%rsp)
        movq    %r8, INTEGERS+32(%rsp)
        movq    %r9, INTEGERS+40(%rsp)
        movq    %rax, VECTORS(%rsp)
        movq    %r10, CHAIN(%rsp)
        movq    %r11, DETOUR(%rsp)
        movups  %xmm0, FLOATS(%rsp)
        movups  %xmm1, FLOATS+16(%rsp)
        movups  %xmm2, FLOATS+32(%rsp)
        movups  %xmm3, FLOATS+48(%rsp)
        movups  %xmm4, FLOATS+64(%rsp)
        movups  %xmm5, FLOATS+80(%rsp)
        movups  %xmm6, FLOATS+96(%rsp)
        movups  %xmm7, FLOATS+112(%rsp)
        movq    %rsp, %rdi
        movq    %r11, %rsi
        andq    $-16, %rsp
        call    *(%r11)                 /* dispatch */
        testb   %al, %al
        jz      .Lnot_handled
        movq    RESULTS-BASE(%rbp), %rax
        movq    RESULTS-BASE+8(%rbp), %rdx
        movq    RESULTS-BASE+16(%rbp), %xmm0
        movq    RESULTS-BASE+24(%rbp), %xmm1
        .cfi_remember_state
        leave
        .cfi_restore %rbp
        .cfi_def_cfa %rsp, 8
        ret

.Lnot_handled:
        .cfi_restore_state
        movq    INTEGERS-BASE(%rbp), %rdi
        movq    INTEGERS-BASE+8(%rbp), %rsi
        movq    INTEGERS-BASE+16(%rbp), %rdx
        movq    INTEGERS-BASE+24(%rbp), %rcx
        movq    INTEGERS-BASE+32(%rbp), %r8
        movq    INTEGERS-BASE+40(%rbp), %r9
        movq    VECTORS-BASE(%rbp), %rax
        movq    CHAIN-BASE(%rbp), %r10
        movq    DETOUR-BASE(%rbp), %r11
        movups  FLOATS-BASE(%rbp), %xmm0
        movups  FLOATS-BASE+16(%rbp), %xmm1
        movups  FLOATS-BASE+32(%rbp), %xmm2
        movups  FLOATS-BASE+48(%rbp), %xmm3
        movups  FLOATS-BASE+64(%rbp), %xmm4
        movups  FLOATS-BASE+80(%rbp), %xmm5
        movups  FLOATS-BASE+96(%rbp), %xmm6
        movups  FLOATS-BASE+112(%rbp), %xmm7
        leave
        .cfi_restore %rbp
        .cfi_def_cfa %rsp, 8
        notrack jmp *8(%r11)            /* original: behind its sled there is no endbr64 */
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
        .type   wisp_patch_call, @function
        .p2align 4
wisp_patch_call:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rbx
        .cfi_offset %rbx, -24
        subq    $8, %rsp
        movq    %rdi, %r11
        movq    %rsi, %rbx
        testq   %rdx, %rdx
        jz      .Lregisters
        subq    %rdx, %rsp
.Lcopy:
        movq    SIZE-8(%rbx,%rdx), %rax
        movq    %rax, -8(%rsp,%rdx)
        subq    $8, %rdx
        jnz     .Lcopy
.Lregisters:
        movq    INTEGERS(%rbx), %rdi
        movq    INTEGERS+8(%rbx), %rsi
        movq    INTEGERS+16(%rbx), %rdx
        movq    INTEGERS+24(%rbx), %rcx
        movq    INTEGERS+32(%rbx), %r8
        movq    INTEGERS+40(%rbx), %r9
        movq    FLOATS(%rbx), %xmm0
        movq    FLOATS+16(%rbx), %xmm1
        movq    FLOATS+32(%rbx), %xmm2
        movq    FLOATS+48(%rbx), %xmm3
        movq    FLOATS+64(%rbx), %xmm4
        movq    FLOATS+80(%rbx), %xmm5
        movq    FLOATS+96(%rbx), %xmm6
        movq    FLOATS+112(%rbx), %xmm7
        movl    $8, %eax                /* for varargs: any of the eight may be in use */
        notrack call *%r11
        movq    %rax, RESULTS(%rbx)
        movq    %rdx, RESULTS+8(%rbx)
        movq    %xmm0, RESULTS+16(%rbx)
        movq    %xmm1, RESULTS+24(%rbx)
        movq    -8(%rbp), %rbx
        leave
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   wisp_patch_call, . - wisp_patch_call

/* Programs that use indirect branch tracking and shadow stacks may link this. */
        .section .note.gnu.property, "a"
        .p2align 3
        .long   4, 16, 5                /* sizes of name and content, NT_GNU_PROPERTY_TYPE_0 */
        .asciz  "GNU"
        .long   0xc0000002, 4, 3, 0     /* X86_FEATURE_1_AND: IBT, SHSTK */

        .section .note.GNU-stack, "", @progbits
