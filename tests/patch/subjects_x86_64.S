/* Functions to be patched, to the byte: each returns its argument plus one. */

/*
 * name, alignment, bytes before, the aligned block that the sled is in, what is before it, itself.
 * Each is entered in the table of subjects.h.
 */
.macro subject name, align, skip, block, mark, sled:vararg
    .balign \align, 0xcc
    .if \skip
    .skip \skip, 0xcc
    .endif
    .globl \name
    .type \name, @function
\name:
    \mark
1:  .byte \sled
    lea 1(%rdi), %rax
    ret
    .size \name, . - \name
    .pushsection .rodata.str1.1, "aMS", @progbits, 1
2:  .asciz "\name"
    .popsection
    .pushsection .data.rel.ro.subjects, "aw", @progbits
    .quad 2b, \name
    .long 1b - \name, \block
    .popsection
.endm

    .section .data.rel.ro.subjects, "aw", @progbits
    .balign 8
    .globl subjects
subjects:

    .text
    subject subject_gcc, 16, 0, 8, , 0x0f, 0x1f, 0x44, 0x00, 0x00
    subject subject_clang, 16, 0, 8, , 0x0f, 0x1f, 0x44, 0x00, 0x08
    subject subject_marked, 16, 0, 16, endbr64, 0x0f, 0x1f, 0x44, 0x00, 0x08
    subject subject_over_a_line, 64, 61, 0, , 0x0f, 0x1f, 0x44, 0x00, 0x08
    subject subject_on_its_page, 4096, 0, 8, , 0x0f, 0x1f, 0x44, 0x00, 0x08
    subject subject_over_a_page, 4096, 4094, 0, , 0x0f, 0x1f, 0x44, 0x00, 0x08
    subject subject_unmerged, 16, 0, 8, , 0x90, 0x90, 0x90, 0x90, 0x90
    subject subject_first, 16, 0, 8, , 0x0f, 0x1f, 0x44, 0x00, 0x00
    subject subject_second, 16, 0, 8, , 0x0f, 0x1f, 0x44, 0x00, 0x00
    subject subject_third, 16, 0, 8, , 0x0f, 0x1f, 0x44, 0x00, 0x00
    subject subject_plain, 16, 0, 8, , 0x48, 0x8d, 0x47, 0x01, 0xc3

    .section .data.rel.ro.subjects, "aw", @progbits
    .quad 0

    .text
/* Goes through a pointer, as a thunk of `wisp symbols` does. */
    .globl subject_thunk
    .type subject_thunk, @function
subject_thunk:
    jmp *subject_pointer(%rip)
    .size subject_thunk, . - subject_thunk

    .type behind_thunk, @function
behind_thunk:
    lea 1(%rdi), %rax
    ret
    .size behind_thunk, . - behind_thunk

/* In place of wisp_patch_entry: to where the detour's first word says. */
    .globl subject_entry
    .type subject_entry, @function
subject_entry:
    jmp *(%r11)
    .size subject_entry, . - subject_entry

    .data
    .balign 8
    .globl subject_pointer
    .hidden subject_pointer
subject_pointer:
    .quad behind_thunk

    .section .note.GNU-stack, "", @progbits
