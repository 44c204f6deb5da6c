#include "symbols/location.h"

#include <dwarf.h>

enum { X86_64_RSP = 7, AARCH64_SP = 31, RETURN_ADDRESS_SIZE = 8 };

/* An expression while it is read: [at] is the next of [len] operations. */
typedef struct expression {
    Dwarf_Attribute *attribute;
    const Dwarf_Op *ops;
    size_t at, len;
    uint64_t size; /* bytes of the value */
    uint32_t machine;
    bool has_cfa; /* the function's frame is counted from its caller's stack */
} expression;

static bool is_last(const expression *e)
{
    return e->at == e->len || e->ops[e->at].atom == DW_OP_piece;
}

/* Passes by what is left of this piece; whether its value is what was computed, and not there. */
static bool skip_to_piece(expression *e)
{
    bool is_value = false;
    for (; !is_last(e); e->at++)
        is_value |= e->ops[e->at].atom == DW_OP_stack_value;
    return is_value;
}

/* In a register, or at what it points at. What is said to be in one that no argument comes in was
 * put there by the function: clang may leave out from where on it is so. */
static wisp_place in_register(const expression *e, wisp_place_kind kind, uint64_t number)
{
    bool is_argument = wisp_place_is_argument(e->machine, number);
    if (!is_argument && kind == WISP_PLACE_REGISTERS)
        return (wisp_place){.kind = WISP_PLACE_LOCAL};
    return wisp_place_in_register(kind, is_argument ? (uint16_t)number : WISP_PLACE_ANY);
}

/* [offset] bytes from the caller's stack pointer: arguments are there, locals below. */
static wisp_place on_stack(int64_t offset)
{
    return offset < 0 ? (wisp_place){.kind = WISP_PLACE_LOCAL}
                      : (wisp_place){.kind = WISP_PLACE_STACK, .number = offset};
}

/* Relative to a register. Where a value is worked out from it, it has come in that register; if
 * something was added, it is another argument's. */
static wisp_place at_register(expression *e, uint64_t number, int64_t offset)
{
    bool is_plain = is_last(e);
    bool is_value = skip_to_piece(e);
    bool is_stack = number == (e->machine == WISP_MACHINE_X86_64 ? X86_64_RSP : AARCH64_SP);
    if (is_value)
        return offset == 0 ? in_register(e, WISP_PLACE_REGISTERS, number)
                           : (wisp_place){.kind = WISP_PLACE_NOWHERE};
    if (is_stack && is_plain)
        return on_stack(e->machine == WISP_MACHINE_X86_64 ? offset - RETURN_ADDRESS_SIZE
                                                          : offset);
    if (is_stack || offset != 0)
        return (wisp_place){.kind = WISP_PLACE_LOCAL};
    return in_register(e, WISP_PLACE_POINTED, number);
}

/* In the function's frame. Where that has an address alone, the argument came by its address. */
static wisp_place at_frame(expression *e, int64_t offset)
{
    bool is_plain = is_last(e), is_address = !is_plain && e->ops[e->at].atom == DW_OP_deref;
    skip_to_piece(e);
    if (is_address)
        return in_register(e, WISP_PLACE_POINTED, WISP_PLACE_ANY);
    return e->has_cfa && is_plain ? on_stack(offset) : (wisp_place){.kind = WISP_PLACE_LOCAL};
}

/* The register that [op] says the value to have been in at the entry. */
static wisp_place at_entry(const expression *e, const Dwarf_Op *op)
{
    Dwarf_Attribute inner;
    Dwarf_Op *ops;
    size_t len;
    if (dwarf_getlocation_attr(e->attribute, op, &inner) != 0 ||
        dwarf_getlocation(&inner, &ops, &len) != 0 || len != 1)
        return (wisp_place){.kind = WISP_PLACE_UNKNOWN};
    if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
        return in_register(e, WISP_PLACE_REGISTERS, ops[0].atom - DW_OP_reg0);
    return ops[0].atom == DW_OP_regx ? in_register(e, WISP_PLACE_REGISTERS, ops[0].number)
                                     : (wisp_place){.kind = WISP_PLACE_UNKNOWN};
}

/* A number that is written down: which one, as far as one operation says it. */
static wisp_place constant(const Dwarf_Op *op)
{
    wisp_place place = {.kind = WISP_PLACE_CONSTANT, .number = (int64_t)op->number};
    if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
        place.number = op->atom - DW_OP_lit0;
    return place;
}

static bool is_constant(unsigned atom)
{
    return (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) ||
           (atom >= DW_OP_const1u && atom <= DW_OP_consts) || atom == DW_OP_addr ||
           atom == DW_OP_implicit_value;
}

static wisp_place read_piece(expression *e)
{
    if (is_last(e))
        return (wisp_place){.kind = WISP_PLACE_UNKNOWN}; /* a piece that nothing is said of */
    const Dwarf_Op *op = &e->ops[e->at++];
    unsigned atom = op->atom;
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
        return at_register(e, atom - DW_OP_breg0, (int64_t)op->number);
    if (atom == DW_OP_bregx)
        return at_register(e, op->number, (int64_t)op->number2);
    if (atom == DW_OP_fbreg)
        return at_frame(e, (int64_t)op->number);
    if (atom == DW_OP_call_frame_cfa)
        return at_frame(e, 0);
    skip_to_piece(e);
    if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31)
        return in_register(e, WISP_PLACE_REGISTERS, atom - DW_OP_reg0);
    if (atom == DW_OP_regx)
        return in_register(e, WISP_PLACE_REGISTERS, op->number);
    if (atom == DW_OP_entry_value || atom == DW_OP_GNU_entry_value)
        return at_entry(e, op);
    return is_constant(atom) ? constant(op) : (wisp_place){.kind = WISP_PLACE_NOWHERE};
}

/* What stands for the register of a piece that is found at [place]. */
static uint16_t register_of_piece(const wisp_place *place)
{
    switch (place->kind) {
    case WISP_PLACE_REGISTERS:
        return place->pieces[0].number;
    case WISP_PLACE_UNKNOWN:
    case WISP_PLACE_NOWHERE:
    case WISP_PLACE_CONSTANT:
        return WISP_PLACE_UNSAID;
    default:
        return WISP_PLACE_ANY;
    }
}

/* Adds what was read of a value from byte [offset] on. */
static void add_piece(wisp_place *place, uint64_t offset, uint16_t number)
{
    if (place->piece_count < WISP_PLACE_PIECES_MAX && offset <= UINT32_MAX)
        place->pieces[place->piece_count++] = (wisp_place_piece){(uint32_t)offset, number};
}

/* What the pieces come to: registers, if one of them is in one. */
static wisp_place_kind kind_of_pieces(const wisp_place *place)
{
    wisp_place_kind kind = WISP_PLACE_UNKNOWN;
    for (uint32_t i = 0; i < place->piece_count; i++) {
        if (place->pieces[i].number < WISP_PLACE_UNSAID)
            return WISP_PLACE_REGISTERS;
        if (place->pieces[i].number == WISP_PLACE_ANY)
            kind = WISP_PLACE_LOCAL;
    }
    return kind;
}

/* A value in pieces, the first of which is [piece]. */
static wisp_place read_pieces(expression *e, wisp_place piece)
{
    wisp_place pieces = {0};
    uint64_t offset = 0;
    add_piece(&pieces, offset, register_of_piece(&piece));
    while (e->at < e->len) {
        offset += e->ops[e->at++].number; /* of the DW_OP_piece */
        if (e->at == e->len)
            break;
        piece = read_piece(e);
        add_piece(&pieces, offset, register_of_piece(&piece));
    }
    if (offset < e->size)
        add_piece(&pieces, offset, WISP_PLACE_UNSAID);
    pieces.kind = kind_of_pieces(&pieces);
    return pieces;
}

static wisp_place read_expression(expression *e)
{
    wisp_place piece = read_piece(e);
    return e->at == e->len ? piece : read_pieces(e, piece);
}

static bool counts_from_cfa(Dwarf_Die *function, uint64_t address)
{
    Dwarf_Attribute found;
    Dwarf_Op *ops;
    size_t len;
    return dwarf_attr_integrate(function, DW_AT_frame_base, &found) &&
           dwarf_getlocation_addr(&found, address, &ops, &len, 1) == 1 && len == 1 &&
           ops[0].atom == DW_OP_call_frame_cfa;
}

wisp_place wisp_location_at(Dwarf_Die *function, Dwarf_Die *param, uint64_t size,
                            uint32_t machine, uint64_t address)
{
    Dwarf_Attribute found;
    Dwarf_Op *ops;
    size_t len;
    uint64_t number;
    if (wisp_die_number(param, DW_AT_const_value, &number))
        return (wisp_place){.kind = WISP_PLACE_CONSTANT, .number = (int64_t)number};
    if (!dwarf_attr(param, DW_AT_location, &found) ||
        dwarf_getlocation_addr(&found, address, &ops, &len, 1) != 1 || len == 0)
        return (wisp_place){.kind = WISP_PLACE_UNKNOWN};
    expression e = {.attribute = &found,
                    .ops = ops,
                    .len = len,
                    .size = size,
                    .machine = machine,
                    .has_cfa = counts_from_cfa(function, address)};
    return read_expression(&e);
}

bool wisp_location_address(Dwarf_Die *variable, uint64_t *out)
{
    Dwarf_Attribute found, address;
    Dwarf_Op *ops;
    size_t len;
    if (!dwarf_attr_integrate(variable, DW_AT_location, &found) ||
        dwarf_getlocation(&found, &ops, &len) != 0 || len != 1)
        return false;
    *out = ops[0].number;
    if (ops[0].atom == DW_OP_addr)
        return true;
    Dwarf_Addr value;
    bool is_indexed = ops[0].atom == DW_OP_addrx || ops[0].atom == DW_OP_GNU_addr_index;
    bool is_known = is_indexed && dwarf_getlocation_attr(&found, &ops[0], &address) == 0 &&
                    dwarf_formaddr(&address, &value) == 0;
    if (is_known)
        *out = value;
    return is_known;
}
