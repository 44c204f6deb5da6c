/* Functions to be patched, to the byte: each returns its argument plus one. */

/* name, what is before the sled, itself. Each is entered in the table of subjects.h. */
.macro subject name, mark, sled:vararg
    .balign 16
    .globl \name
    .type \name, %function
\name:
    \mark
1:  \sled
    add x0, x0, #1
    ret
    .size \name, . - \name
    .pushsection .rodata.str1.1, "aMS", %progbits, 1
2:  .asciz "\name"
    .popsection
    .pushsection .data.rel.ro.subjects, "aw", %progbits
    .quad 2b, \name
    .long 1b - \name, 4
    .popsection
.endm

    .section .data.rel.ro.subjects, "aw", %progbits
    .balign 8
    .globl subjects
subjects:

    .text
    subject subject_gcc, , nop
    subject subject_clang, , nop
    subject subject_marked, hint #34, nop
    subject subject_first, , nop
    subject subject_second, , nop
    subject subject_third, , nop
    subject subject_plain, , mov x1, x2
    .balign 4096
    subject subject_on_its_page, , nop
    .balign 4096

    .section .data.rel.ro.subjects, "aw", %progbits
    .quad 0

    .text
/* Goes through a pointer, as a thunk of `wisp symbols` does. */
    .globl subject_thunk
    .type subject_thunk, %function
subject_thunk:
    adrp x16, subject_pointer
    ldr x16, [x16, :lo12:subject_pointer]
    br x16
    .size subject_thunk, . - subject_thunk

    .type behind_thunk, %function
behind_thunk:
    add x0, x0, #1
    ret
    .size behind_thunk, . - behind_thunk

/* In place of wisp_patch_entry: to where the detour's first word says. */
    .globl subject_entry
    .type subject_entry, %function
subject_entry:
    ldr x16, [x17]
    br x16
    .size subject_entry, . - subject_entry

    .data
    .balign 8
    .globl subject_pointer
    .hidden subject_pointer
subject_pointer:
    .quad behind_thunk

    .section .note.GNU-stack, "", %progbits
