/* What a stub does, for any function: goes to wisp_patch_entry with the detour at [stub_detour]. */
        .text
        .globl  stub
        .hidden stub
        .type   stub, @function
stub:
        endbr64
        movq    stub_detour(%rip), %r11
        jmp     wisp_patch_entry
        .size   stub, . - stub

        .section .note.GNU-stack, "", @progbits
