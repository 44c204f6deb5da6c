#include "symbols/place.h"

#include "patch/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { X86_64_XMM = 17, AARCH64_X8 = 8, AARCH64_V = 64 };

enum { ARGUMENTS_MAX = 8 }; /* in registers of floats */

/* DWARF's numbers of the registers for integer arguments: rdi, rsi, rdx, rcx, r8, r9. */
static const uint16_t x86_64_integers[] = {5, 4, 1, 2, 8, 9};

static const char *const x86_64_names[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi",
                                           "rbp", "rsp", "r8",  "r9",  "r10", "r11",
                                           "r12", "r13", "r14", "r15", "rip"};

/* ------------------------------------------------------------------ from the convention */

/* Which of [count] places of [size] bytes from [start] on is at [at] of the frame; count if none.
 */
static uint32_t index_of(uint32_t at, size_t start, size_t size, uint32_t count)
{
    return at >= start && at < start + size * count ? (uint32_t)((at - start) / size) : count;
}

/* The register at [frame] of a frame; WISP_PLACE_ANY if that is none. */
static uint16_t x86_64_register(uint32_t frame)
{
    uint32_t integer = index_of(frame, WISP_FRAME_X86_64_INTEGERS, 8, 6);
    uint32_t number = index_of(frame, WISP_FRAME_X86_64_FLOATS, sizeof(wisp_patch_float), 8);
    if (integer < 6)
        return x86_64_integers[integer];
    return number < 8 ? (uint16_t)(X86_64_XMM + number) : WISP_PLACE_ANY;
}

static uint16_t aarch64_register(uint32_t frame)
{
    uint32_t integer = index_of(frame, WISP_FRAME_AARCH64_INTEGERS, 8, 8);
    uint32_t number = index_of(frame, WISP_FRAME_AARCH64_FLOATS, sizeof(wisp_patch_float), 8);
    if (integer < 8)
        return (uint16_t)integer;
    if (frame == WISP_FRAME_AARCH64_INDIRECT)
        return AARCH64_X8;
    return number < 8 ? (uint16_t)(AARCH64_V + number) : WISP_PLACE_ANY;
}

wisp_place wisp_place_of(uint32_t machine, const wisp_patch_location *location)
{
    wisp_place place = {.kind = WISP_PLACE_NOWHERE};
    uint32_t stack =
        machine == WISP_MACHINE_X86_64 ? WISP_FRAME_X86_64_SIZE : WISP_FRAME_AARCH64_SIZE;
    if (location->way == WISP_PATCH_NOWHERE)
        return place;
    if (location->parts[0].frame >= stack) {
        bool is_value = location->way == WISP_PATCH_IN_PARTS; /* or its address is there */
        place.kind = is_value ? WISP_PLACE_STACK : WISP_PLACE_LOCAL;
        place.number = location->parts[0].frame - stack;
        return place;
    }
    bool is_pointed = location->way == WISP_PATCH_BY_ADDRESS;
    place.kind = is_pointed ? WISP_PLACE_POINTED : WISP_PLACE_REGISTERS;
    place.piece_count = location->part_count;
    for (uint32_t i = 0; i < location->part_count; i++) {
        const wisp_patch_part *part = &location->parts[i];
        uint16_t number = machine == WISP_MACHINE_X86_64 ? x86_64_register(part->frame)
                                                         : aarch64_register(part->frame);
        place.pieces[i] = (wisp_place_piece){part->offset, number};
    }
    return place;
}

bool wisp_place_is_argument(uint32_t machine, uint64_t number)
{
    if (machine == WISP_MACHINE_AARCH64)
        return number < AARCH64_X8 || (number >= AARCH64_V && number < AARCH64_V + ARGUMENTS_MAX);
    for (size_t i = 0; i < sizeof x86_64_integers / sizeof *x86_64_integers; i++) {
        if (x86_64_integers[i] == number)
            return true;
    }
    return number >= X86_64_XMM && number < X86_64_XMM + ARGUMENTS_MAX;
}

wisp_place wisp_place_in_register(wisp_place_kind kind, uint16_t number)
{
    return (wisp_place){.kind = kind, .piece_count = 1, .pieces = {{0, number}}};
}

/* ------------------------------------------------------------------ comparing */

/* The register that has the byte at [offset]. */
static uint16_t register_of(const wisp_place *place, uint32_t offset)
{
    uint16_t number = WISP_PLACE_ANY;
    for (uint32_t i = 0; i < place->piece_count && place->pieces[i].offset <= offset; i++)
        number = place->pieces[i].number;
    return number;
}

/* Debug information may cut a value into more pieces than the convention has registers for. */
static bool has_same_registers(const wisp_place *expected, const wisp_place *found)
{
    for (uint32_t i = 0; i < found->piece_count; i++) {
        const wisp_place_piece *piece = &found->pieces[i];
        if (piece->number < WISP_PLACE_UNSAID &&
            piece->number != register_of(expected, piece->offset))
            return false;
    }
    return true;
}

/* Where the piece [index] ends. */
static uint32_t piece_end(const wisp_place *place, uint32_t index)
{
    return index + 1 < place->piece_count ? place->pieces[index + 1].offset : UINT32_MAX;
}

/* Whether something is said of any byte of the piece [index] of [expected]. */
static bool is_told(const wisp_place *expected, uint32_t index, const wisp_place *found)
{
    uint32_t start = expected->pieces[index].offset, end = piece_end(expected, index);
    for (uint32_t i = 0; i < found->piece_count; i++) {
        bool overlaps = found->pieces[i].offset < end && piece_end(found, i) > start;
        if (overlaps && found->pieces[i].number != WISP_PLACE_UNSAID)
            return true;
    }
    return false;
}

bool wisp_place_lacks_part(const wisp_place *expected, const wisp_place *found)
{
    if (expected->kind != WISP_PLACE_REGISTERS || found->kind != WISP_PLACE_REGISTERS)
        return false;
    for (uint32_t i = 0; i < expected->piece_count; i++) {
        if (!is_told(expected, i, found))
            return true;
    }
    return false;
}

wisp_place wisp_place_pointed(wisp_place place)
{
    if (place.kind == WISP_PLACE_REGISTERS)
        place.kind = WISP_PLACE_POINTED;
    else
        place = (wisp_place){.kind = WISP_PLACE_LOCAL}; /* the address is on the stack itself */
    return place;
}

bool wisp_place_agrees(const wisp_place *expected, const wisp_place *found)
{
    switch (found->kind) {
    case WISP_PLACE_POINTED:
        if (expected->kind == WISP_PLACE_LOCAL) /* its address is on the stack */
            return found->pieces[0].number == WISP_PLACE_ANY;
        return expected->kind == found->kind && has_same_registers(expected, found);
    case WISP_PLACE_REGISTERS:
        return expected->kind == found->kind && has_same_registers(expected, found);
    case WISP_PLACE_STACK:
        return expected->kind == WISP_PLACE_STACK && expected->number == found->number;
    case WISP_PLACE_LOCAL:
        return true;
    default:
        return false;
    }
}

/* ------------------------------------------------------------------ words */

static void print_register(uint32_t machine, uint16_t number, char *text, size_t size)
{
    enum { X86_64_LEN = sizeof x86_64_names / sizeof *x86_64_names, AARCH64_SP = 31 };
    if (number >= WISP_PLACE_UNSAID)
        snprintf(text, size, "?");
    else if (machine == WISP_MACHINE_X86_64 && number < X86_64_LEN)
        snprintf(text, size, "%s", x86_64_names[number]);
    else if (machine == WISP_MACHINE_X86_64 && number < X86_64_XMM + 16)
        snprintf(text, size, "xmm%d", number - X86_64_XMM);
    else if (machine == WISP_MACHINE_AARCH64 && number == AARCH64_SP)
        snprintf(text, size, "sp");
    else if (machine == WISP_MACHINE_AARCH64 && number < AARCH64_SP)
        snprintf(text, size, "x%d", number);
    else if (machine == WISP_MACHINE_AARCH64 && number >= AARCH64_V && number < AARCH64_V + 32)
        snprintf(text, size, "v%d", number - AARCH64_V);
    else
        snprintf(text, size, "register %d", number);
}

/* "rdi, xmm0": pieces in a row that share a register are one. */
static void print_pieces(const wisp_place *place, uint32_t machine, char *text, size_t size)
{
    size_t len = 0;
    for (uint32_t i = 0; i < place->piece_count; i++) {
        uint16_t number = place->pieces[i].number;
        if (i > 0 && number == place->pieces[i - 1].number)
            continue;
        len += (size_t)snprintf(text + len, size - len, "%s", i > 0 ? ", " : "");
        if (len >= size)
            return;
        print_register(machine, number, text + len, size - len);
        len += strlen(text + len);
    }
}

const char *wisp_place_print(const wisp_place *place, uint32_t machine,
                             char text[WISP_PLACE_TEXT_SIZE])
{
    text[0] = '\0';
    switch (place->kind) {
    case WISP_PLACE_UNKNOWN:
        break;
    case WISP_PLACE_NOWHERE:
        strcpy(text, "nowhere");
        break;
    case WISP_PLACE_STACK:
        snprintf(text, WISP_PLACE_TEXT_SIZE, "stack+%" PRIi64, place->number);
        break;
    case WISP_PLACE_LOCAL:
        strcpy(text, "memory");
        break;
    case WISP_PLACE_CONSTANT:
        snprintf(text, WISP_PLACE_TEXT_SIZE, "the constant %" PRIi64, place->number);
        break;
    case WISP_PLACE_POINTED:
        strcpy(text, "memory at ");
        print_pieces(place, machine, text + strlen(text), WISP_PLACE_TEXT_SIZE - strlen(text));
        break;
    case WISP_PLACE_REGISTERS:
        print_pieces(place, machine, text, WISP_PLACE_TEXT_SIZE);
        break;
    }
    return text;
}
