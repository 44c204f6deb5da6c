#ifndef WISP_SYMBOLS_PLACE_H
#define WISP_SYMBOLS_PLACE_H

#include "patch/abi.h"

/*
 * Where an argument is when a function is entered: as the calling convention has it, or as debug
 * information says, to be compared. Registers have the numbers of DWARF.
 */

#define WISP_PLACE_TEXT_SIZE 64

typedef enum wisp_place_kind {
    WISP_PLACE_UNKNOWN,   /* nothing is said of it */
    WISP_PLACE_NOWHERE,   /* it is not passed: it has no bytes, or was removed */
    WISP_PLACE_REGISTERS, /* one for each piece of it */
    WISP_PLACE_POINTED,   /* in memory that a register points at */
    WISP_PLACE_STACK,     /* so many bytes behind the first argument that is on the stack */
    WISP_PLACE_LOCAL,     /* where the function itself puts it, from wherever it came */
    WISP_PLACE_CONSTANT   /* it is not passed: it is the same in every call */
} wisp_place_kind;

enum {
    WISP_PLACE_PIECES_MAX = 16,        /* of a value: what is beyond is not compared */
    WISP_PLACE_ANY = UINT16_MAX,       /* for a register: it is none that arguments come in */
    WISP_PLACE_UNSAID = UINT16_MAX - 1 /* for a register: nothing says that there is one */
};

/* Bytes of a value from [offset] on, up to the next piece, that are in a register. */
typedef struct wisp_place_piece {
    uint32_t offset;
    uint16_t number;
} wisp_place_piece;

typedef struct wisp_place {
    wisp_place_kind kind;
    uint32_t piece_count; /* REGISTERS, POINTED */
    wisp_place_piece pieces[WISP_PLACE_PIECES_MAX];
    int64_t number; /* STACK: bytes; CONSTANT: its value */
} wisp_place;

_Static_assert((int)WISP_PATCH_PARTS_MAX <= (int)WISP_PLACE_PIECES_MAX, "each part is a piece");

/* What the convention of [machine] says, as patch/abi.h answers. */
wisp_place wisp_place_of(uint32_t machine, const wisp_patch_location *location);

/* Whether an argument that is [found] there can have come by [expected], of which the part that
 * debug information does not say is believed. UNKNOWN, NOWHERE and CONSTANT are found nowhere. */
bool wisp_place_agrees(const wisp_place *expected, const wisp_place *found);

/* Whether there is a register of [expected] of which [found], which agrees, says nothing: callers
 * need not have put anything into it. */
bool wisp_place_lacks_part(const wisp_place *expected, const wisp_place *found);

/* [place] of a pointer, as that of what is pointed at. */
wisp_place wisp_place_pointed(wisp_place place);

/* Whether arguments, or their addresses, may come in the register [number]. */
bool wisp_place_is_argument(uint32_t machine, uint64_t number);

/* One piece, which is all of it. */
wisp_place wisp_place_in_register(wisp_place_kind kind, uint16_t number);

/* "rdi", "xmm0, xmm1", "stack+8", "memory at rdi", "the constant 7"; "" for UNKNOWN. */
const char *wisp_place_print(const wisp_place *place, uint32_t machine,
                             char text[WISP_PLACE_TEXT_SIZE]);

#endif
