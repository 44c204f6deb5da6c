/* Debug information that compilers write seldom, or never: x86-64, DWARF 4. */

        .macro FUNCTION name
        .globl  \name
        .type   \name, @function
        .balign 16
\name:
1:      .byte   0x0f, 0x1f, 0x44, 0, 0
        ret
        .size   \name, .-\name
        .section __patchable_function_entries, "awo", @progbits, .text
        .balign 8
        .quad   1b
        .text
        .endm

        .text
        FUNCTION copied
        FUNCTION newer
        FUNCTION endless

/* ---------------------------------------------------------------- abbreviations */

        .macro ABBREVIATION number, tag, has_children
        .uleb128 \number, \tag
        .byte   \has_children
        .endm
        .macro HAS attribute, form
        .uleb128 \attribute, \form
        .endm
        .macro END
        .uleb128 0, 0
        .endm

        .set    STRING, 0x08
        .set    DATA1, 0x0b
        .set    DATA2, 0x05
        .set    DATA8, 0x07
        .set    REF4, 0x13

        .section .debug_abbrev, "", @progbits
abbreviations:
        ABBREVIATION 1, 0x11, 1         /* unit */
        HAS     0x25, STRING            /* producer */
        HAS     0x13, DATA2             /* language */
        END
        ABBREVIATION 2, 0x2e, 1         /* function, global and without a prototype */
        HAS     0x3f, 0x19
        HAS     0x03, STRING
        HAS     0x11, 0x01              /* start */
        HAS     0x12, DATA8             /* size */
        END
        ABBREVIATION 3, 0x05, 0         /* parameter */
        HAS     0x03, STRING
        HAS     0x49, REF4
        HAS     0x02, 0x18              /* location */
        END
        ABBREVIATION 4, 0x24, 0         /* number */
        HAS     0x03, STRING
        HAS     0x3e, DATA1             /* encoding */
        HAS     0x0b, DATA1             /* size */
        END
        ABBREVIATION 5, 0x13, 1         /* struct */
        HAS     0x03, STRING
        HAS     0x0b, DATA1
        END
        ABBREVIATION 6, 0x0d, 0         /* member, at 0 */
        HAS     0x03, STRING
        HAS     0x49, REF4
        END
        ABBREVIATION 7, 0x01, 1         /* array */
        HAS     0x49, REF4
        END
        ABBREVIATION 8, 0x21, 0         /* its dimension */
        HAS     0x37, DATA8             /* elements */
        END
        .uleb128 0

/* ---------------------------------------------------------------- entries */

        .macro PARAMETER name, type, register
        .uleb128 3
        .string "\name"
        .long   \type - unit
        .uleb128 1
        .byte   0x50 + \register
        .endm
        .macro BODY name
        .uleb128 2
        .string "\name"
        .quad   \name, 6
        .endm

        .section .debug_info, "", @progbits
unit:   .long   unit_end - unit_start
unit_start:
        .value  4
        .long   abbreviations
        .byte   8
        .uleb128 1
        .string "an editor"
        .value  0x2c                    /* C17 */

        BODY    copied                  /* says where its argument is later on alone */
        PARAMETER to, integer, 10
        .byte   0
        BODY    newer                   /* of a standard that DWARF 5 has no number for */
        PARAMETER x, float, 17
        .byte   0
        BODY    endless                 /* takes more parts than anybody can count */
        PARAMETER all, struct, 5
        .byte   0

integer: .uleb128 4
        .string "int"
        .byte   5, 4
float:  .uleb128 4
        .string "float"
        .byte   4, 4
nothing: .uleb128 5
        .string "nothing"
        .byte   4, 0
array:  .uleb128 7
        .long   nothing - unit
        .uleb128 8
        .quad   1 << 60
        .byte   0
struct: .uleb128 5
        .string "all"
        .byte   16
        .uleb128 6
        .string "parts"
        .long   array - unit
        .byte   0
        .byte   0
unit_end:
        .section .note.GNU-stack, "", @progbits
