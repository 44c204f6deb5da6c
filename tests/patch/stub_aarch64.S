/* What a stub does, for any function: goes to wisp_patch_entry with the detour at [stub_detour]. */
        .text
        .globl  stub
        .hidden stub
        .type   stub, %function
stub:
        hint    #34
        adrp    x17, stub_detour
        ldr     x17, [x17, #:lo12:stub_detour]
        b       wisp_patch_entry
        .size   stub, . - stub

        .section .note.GNU-stack, "", %progbits
