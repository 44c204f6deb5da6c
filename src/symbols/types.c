#include "symbols/types.h"

#include "base/error.h"
#include "symbols/passing.h"

#include <dwarf.h>
#include <string.h>

#define CHAIN_MAX 64 /* typedefs of typedefs, structs in structs */

typedef struct wisp_type_node {
    wisp_symbols_type type; /* first: that is what the graph points at */
    Dwarf_Die die;
    uint32_t dimension;        /* of an array: how many of [die] are around this one */
    uint32_t asked_alignment;  /* by an attribute of the source; 0 none */
    bool is_expanded, is_laid; /* [target] and so on are set; [alignment] and so on are */
    bool is_pending;
    struct wisp_type_node *next_pending;
} wisp_type_node;

static wisp_type_node *node_of(const wisp_symbols_type *type)
{
    return (wisp_type_node *)(uintptr_t)type;
}

/* ------------------------------------------------------------------ making nodes */

/* Of integers of any number of bits, which are passed with rubbish in the rest of their register;
 * clang notes them as integers of the next larger size. */
static bool is_bit_precise(Dwarf_Die *die)
{
    const char *name = wisp_die_text(die, DW_AT_name);
    return strstr(name, "_BitInt") || strstr(name, "_ExtInt");
}

static wisp_symbols_type_kind base_kind(Dwarf_Die *die)
{
    uint64_t encoding = 0;
    wisp_die_number(die, DW_AT_encoding, &encoding);
    if (is_bit_precise(die))
        return WISP_TYPE_OTHER;
    switch (encoding) {
    case DW_ATE_boolean:
        return WISP_TYPE_BOOL;
    case DW_ATE_float:
        return WISP_TYPE_FLOAT;
    case DW_ATE_complex_float:
        return WISP_TYPE_COMPLEX;
    case DW_ATE_signed:
    case DW_ATE_signed_char:
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
        return WISP_TYPE_INTEGER;
    default:
        return WISP_TYPE_OTHER;
    }
}

static wisp_symbols_type_kind kind_of(Dwarf_Die *die)
{
    switch (dwarf_tag(die)) {
    case DW_TAG_base_type:
        return base_kind(die);
    case DW_TAG_pointer_type:
        return WISP_TYPE_POINTER;
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        return WISP_TYPE_REFERENCE;
    case DW_TAG_ptr_to_member_type:
        return WISP_TYPE_MEMBER_POINTER;
    case DW_TAG_const_type:
        return WISP_TYPE_CONST;
    case DW_TAG_volatile_type:
        return WISP_TYPE_VOLATILE;
    case DW_TAG_restrict_type:
        return WISP_TYPE_RESTRICT;
    case DW_TAG_atomic_type:
        return WISP_TYPE_ATOMIC;
    case DW_TAG_typedef:
    case DW_TAG_template_alias:
        return WISP_TYPE_TYPEDEF;
    case DW_TAG_array_type:
        return wisp_die_flag(die, DW_AT_GNU_vector) ? WISP_TYPE_VECTOR : WISP_TYPE_ARRAY;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
        return WISP_TYPE_STRUCT;
    case DW_TAG_union_type:
        return WISP_TYPE_UNION;
    case DW_TAG_enumeration_type:
        return WISP_TYPE_ENUM;
    case DW_TAG_subroutine_type:
        return WISP_TYPE_FUNCTION;
    default:
        return WISP_TYPE_OTHER;
    }
}

static uint64_t size_of(Dwarf_Die *die, wisp_symbols_type_kind kind)
{
    Dwarf_Word size;
    if (kind == WISP_TYPE_POINTER || kind == WISP_TYPE_REFERENCE)
        return 8;
    return dwarf_aggregate_size(die, &size) == 0 ? size : 0;
}

static bool is_signed_base(Dwarf_Die *die)
{
    uint64_t encoding = 0;
    wisp_die_number(die, DW_AT_encoding, &encoding);
    return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
}

/* The value of an enumerator: what is written as signed is, the rest is not. */
static int64_t constant_of(Dwarf_Die *die)
{
    Dwarf_Attribute found;
    Dwarf_Sword is_signed;
    Dwarf_Word is_unsigned;
    if (!dwarf_attr(die, DW_AT_const_value, &found))
        return 0;
    unsigned form = dwarf_whatform(&found);
    if (form == DW_FORM_sdata || form == DW_FORM_implicit_const)
        return dwarf_formsdata(&found, &is_signed) == 0 ? is_signed : 0;
    return dwarf_formudata(&found, &is_unsigned) == 0 ? (int64_t)is_unsigned : 0;
}

static bool is_signed_enum(wisp_types *types, Dwarf_Die *die)
{
    Dwarf_Die base, at;
    if (wisp_die_entry(die, DW_AT_type, &base) && dwarf_peel_type(&base, &base) == 0)
        return is_signed_base(&base);
    for (bool more = wisp_die_child(types->dwarf, die, &at); more;
         more = wisp_die_next(types->dwarf, &at)) {
        if (dwarf_tag(&at) == DW_TAG_enumerator && constant_of(&at) < 0)
            return true;
    }
    return false;
}

/* The name of [die] with what surrounds it; NULL if there is no memory. */
static const char *full_name(wisp_types *types, Dwarf_Die *die)
{
    const char *name = wisp_die_text(die, DW_AT_name);
    const char *scope = wisp_pointer_map_get(types->scopes, die->addr);
    if (!scope || !*name)
        return name;
    size_t scope_len = strlen(scope), len = strlen(name);
    char *full = wisp_arena_alloc(types->arena, scope_len + len + 1, 1);
    if (!full)
        return NULL;
    memcpy(full, scope, scope_len);
    memcpy(full + scope_len, name, len);
    return full;
}

static wisp_type_node *new_node(wisp_types *types, wisp_error *err)
{
    if (types->count == WISP_TYPES_MAX) {
        wisp_fail(err, WISP_LIMIT, "more than %u types", WISP_TYPES_MAX);
        return NULL;
    }
    wisp_type_node *node = wisp_arena_alloc(types->arena, 1, sizeof *node);
    if (!node) {
        wisp_fail_memory(err, sizeof *node);
        return NULL;
    }
    node->type.name = node->type.file = "";
    node->type.index = types->count++;
    return node;
}

static void fill_node(wisp_types *types, wisp_type_node *node)
{
    wisp_symbols_type *type = &node->type;
    Dwarf_Die *die = &node->die;
    uint64_t number;
    type->kind = kind_of(die);
    type->size = size_of(die, type->kind);
    type->file = wisp_die_file(die);
    type->line = wisp_die_line(die);
    type->is_declared_only = wisp_die_flag(die, DW_AT_declaration);
    if (type->kind == WISP_TYPE_INTEGER) {
        type->is_signed = is_signed_base(die);
        type->is_char = strcmp(type->name, "char") == 0;
    } else if (type->kind == WISP_TYPE_ENUM) {
        type->is_signed = is_signed_enum(types, die);
    }
    if (type->kind == WISP_TYPE_STRUCT || type->kind == WISP_TYPE_UNION)
        type->is_by_reference = wisp_class_is_by_reference(types->dwarf, die);
    if (wisp_die_number(die, DW_AT_alignment, &number) && number <= UINT32_MAX)
        node->asked_alignment = (uint32_t)number;
}

/* The entry with the body of the type [die], which may be in a unit of its own
 * (-fdebug-types-section). */
static Dwarf_Die body_of(Dwarf_Die *die)
{
    Dwarf_Attribute found;
    Dwarf_Die body;
    bool is_elsewhere =
        dwarf_attr(die, DW_AT_signature, &found) && dwarf_formref_die(&found, &body);
    return is_elsewhere ? body : *die;
}

wisp_status wisp_types_at(wisp_types *types, Dwarf_Die *entry, const wisp_symbols_type **out,
                          wisp_error *err)
{
    Dwarf_Die body = body_of(entry), *die = &body;
    wisp_type_node *node = wisp_pointer_map_get(&types->nodes, die->addr);
    if (node) {
        *out = &node->type;
        return WISP_OK;
    }
    node = new_node(types, err);
    if (!node)
        return types->count == WISP_TYPES_MAX ? WISP_LIMIT : WISP_NO_MEMORY;
    node->die = *die;
    node->type.name = full_name(types, die);
    if (!node->type.name || !wisp_pointer_map_set(&types->nodes, die->addr, node))
        return wisp_fail_memory(err, sizeof *node);
    fill_node(types, node);
    *out = &node->type;
    return WISP_OK;
}

const wisp_symbols_type *wisp_types_void(const wisp_types *types)
{
    return &types->nothing->type;
}

wisp_status wisp_types_of(wisp_types *types, Dwarf_Die *die, const wisp_symbols_type **out,
                          wisp_error *err)
{
    Dwarf_Die type;
    if (wisp_die_entry(die, DW_AT_type, &type))
        return wisp_types_at(types, &type, out, err);
    *out = &types->nothing->type;
    return WISP_OK;
}

wisp_status wisp_types_init(wisp_types *types, wisp_dwarf *dwarf, wisp_arena *arena,
                            const wisp_pointer_map *scopes, wisp_error *err)
{
    *types = (wisp_types){.dwarf = dwarf,
                          .arena = arena,
                          .nodes = {.allocator = arena->allocator},
                          .scopes = scopes};
    types->nothing = new_node(types, err);
    if (!types->nothing)
        return WISP_NO_MEMORY;
    types->nothing->type.name = "void";
    types->nothing->type.is_complete = true;
    types->nothing->is_expanded = types->nothing->is_laid = true;
    return WISP_OK;
}

void wisp_types_deinit(wisp_types *types)
{
    wisp_pointer_map_deinit(&types->nodes);
}

/* ------------------------------------------------------------------ expanding */

/* Counts the children of [die] with a tag that [wants]. */
static uint32_t count_children(wisp_types *types, Dwarf_Die *die, bool (*wants)(int tag))
{
    Dwarf_Die at;
    uint32_t count = 0;
    for (bool more = wisp_die_child(types->dwarf, die, &at); more;
         more = wisp_die_next(types->dwarf, &at))
        count += wants(dwarf_tag(&at));
    return count;
}

static wisp_status new_children(wisp_types *types, wisp_type_node *node, bool (*wants)(int tag),
                                size_t size, void **out, wisp_error *err)
{
    uint32_t count = count_children(types, &node->die, wants);
    if (count > WISP_TYPE_NEIGHBOURS_MAX)
        return wisp_fail(err, WISP_LIMIT, "type '%s' has %u parts, expected %u at the most",
                         node->type.name, count, WISP_TYPE_NEIGHBOURS_MAX);
    *out = wisp_arena_alloc(types->arena, (size_t)count + 1, size);
    return *out ? WISP_OK : wisp_fail_memory(err, count * size);
}

static bool is_member(int tag)
{
    return tag == DW_TAG_member || tag == DW_TAG_inheritance || tag == DW_TAG_variant_part;
}

static bool is_enumerator(int tag)
{
    return tag == DW_TAG_enumerator;
}

static bool is_param(int tag)
{
    return tag == DW_TAG_formal_parameter;
}

static bool is_subrange(int tag)
{
    return tag == DW_TAG_subrange_type || tag == DW_TAG_enumeration_type;
}

/* Where a member lies; false where that is found out at run time only. */
static bool member_offset(Dwarf_Die *die, uint64_t *out)
{
    Dwarf_Attribute found;
    Dwarf_Op *ops;
    size_t len;
    *out = 0;
    if (!dwarf_attr(die, DW_AT_data_member_location, &found))
        return true;
    if (dwarf_formudata(&found, out) == 0)
        return true;
    bool is_plain = dwarf_getlocation(&found, &ops, &len) == 0 && len == 1 &&
                    ops[0].atom == DW_OP_plus_uconst; /* as DWARF 2 has it */
    *out = is_plain ? ops[0].number : 0;
    return is_plain;
}

/* Sets where a bit-field lies (DWARF 5 5.7.6, and 4 for what counts from the other end). */
static void fill_bits(Dwarf_Die *die, wisp_symbols_member *member)
{
    uint64_t size, offset;
    if (!wisp_die_number(die, DW_AT_bit_size, &size) || size > 128)
        return;
    member->bit_size = (uint32_t)size;
    if (wisp_die_number(die, DW_AT_data_bit_offset, &offset)) {
        member->bit_offset = offset;
    } else if (wisp_die_number(die, DW_AT_bit_offset, &offset)) {
        uint64_t unit = member->type->size;
        wisp_die_number(die, DW_AT_byte_size, &unit);
        member->bit_offset = 8 * (member->offset + unit) - offset - size;
    } else {
        member->bit_offset = 8 * member->offset;
    }
    member->offset = member->bit_offset / 8;
}

static wisp_status add_member(wisp_types *types, wisp_type_node *node, Dwarf_Die *die,
                              wisp_symbols_member *member, wisp_error *err)
{
    uint64_t alignment;
    node->type.is_opaque |= !member_offset(die, &member->offset);
    member->name = dwarf_tag(die) == DW_TAG_member ? wisp_die_text(die, DW_AT_name) : "";
    wisp_status status = wisp_types_of(types, die, &member->type, err);
    if (status)
        return status;
    fill_bits(die, member);
    if (wisp_die_number(die, DW_AT_alignment, &alignment) && alignment <= UINT32_MAX &&
        alignment > node->asked_alignment)
        node->asked_alignment = (uint32_t)alignment;
    return WISP_OK;
}

static wisp_status expand_members(wisp_types *types, wisp_type_node *node, wisp_error *err)
{
    void *members;
    Dwarf_Die at;
    wisp_status status =
        new_children(types, node, is_member, sizeof(wisp_symbols_member), &members, err);
    node->type.members = members;
    uint32_t len = 0;
    for (bool more = !status && wisp_die_child(types->dwarf, &node->die, &at); more && !status;
         more = wisp_die_next(types->dwarf, &at)) {
        bool is_static =
            wisp_die_flag(&at, DW_AT_external) || wisp_die_flag(&at, DW_AT_declaration);
        if (dwarf_tag(&at) == DW_TAG_variant_part)
            node->type.is_opaque = true;
        else if (is_member(dwarf_tag(&at)) && !is_static)
            status = add_member(types, node, &at, (wisp_symbols_member *)members + len++, err);
    }
    node->type.member_count = len;
    return status;
}

static wisp_status expand_enum(wisp_types *types, wisp_type_node *node, wisp_error *err)
{
    void *items;
    Dwarf_Die at, base;
    wisp_status status =
        new_children(types, node, is_enumerator, sizeof(wisp_symbols_enumerator), &items, err);
    if (status)
        return status;
    wisp_symbols_enumerator *enumerators = items;
    for (bool more = wisp_die_child(types->dwarf, &node->die, &at); more;
         more = wisp_die_next(types->dwarf, &at)) {
        if (is_enumerator(dwarf_tag(&at)))
            enumerators[node->type.enumerator_count++] =
                (wisp_symbols_enumerator){wisp_die_text(&at, DW_AT_name), constant_of(&at)};
    }
    node->type.enumerators = enumerators;
    return wisp_die_entry(&node->die, DW_AT_type, &base)
               ? wisp_types_at(types, &base, &node->type.target, err)
               : WISP_OK;
}

static wisp_status expand_params(wisp_types *types, wisp_type_node *node, wisp_error *err)
{
    void *items;
    Dwarf_Die at;
    wisp_status status =
        new_children(types, node, is_param, sizeof(wisp_symbols_type *), &items, err);
    const wisp_symbols_type **params = items;
    node->type.is_variadic =
        wisp_die_is_c(&node->die) && !wisp_die_flag(&node->die, DW_AT_prototyped);
    for (bool more = !status && wisp_die_child(types->dwarf, &node->die, &at); more && !status;
         more = wisp_die_next(types->dwarf, &at)) {
        if (is_param(dwarf_tag(&at)))
            status = wisp_types_of(types, &at, &params[node->type.param_count++], err);
        else if (dwarf_tag(&at) == DW_TAG_unspecified_parameters)
            node->type.is_variadic = true;
    }
    node->type.params = params;
    return status ? status : wisp_types_of(types, &node->die, &node->type.target, err);
}

/* How many elements the dimension [die] has; false where the source does not say. */
static bool dimension_len(Dwarf_Die *die, uint64_t *out)
{
    uint64_t low = 0, high;
    if (wisp_die_number(die, DW_AT_count, out))
        return true;
    if (!wisp_die_number(die, DW_AT_upper_bound, &high))
        return false;
    wisp_die_number(die, DW_AT_lower_bound, &low);
    bool is_none = high == UINT64_MAX || high == UINT32_MAX || high < low; /* gcc's int x[0] */
    *out = is_none ? 0 : high - low + 1;
    return true;
}

/* The node for what the [dimension]s before it are arrays of, where that is an array again. */
static wisp_status add_dimension(wisp_types *types, wisp_type_node *outer, wisp_error *err)
{
    wisp_type_node *inner = new_node(types, err);
    if (!inner)
        return types->count == WISP_TYPES_MAX ? WISP_LIMIT : WISP_NO_MEMORY;
    inner->die = outer->die;
    inner->dimension = outer->dimension + 1;
    inner->type.kind = WISP_TYPE_ARRAY;
    inner->type.size = outer->type.count ? outer->type.size / outer->type.count : 0;
    outer->type.target = &inner->type;
    return WISP_OK;
}

static wisp_status expand_array(wisp_types *types, wisp_type_node *node, wisp_error *err)
{
    Dwarf_Die at;
    uint32_t dimensions = 0;
    node->type.is_open = true;
    for (bool more = wisp_die_child(types->dwarf, &node->die, &at); more;
         more = wisp_die_next(types->dwarf, &at)) {
        if (!is_subrange(dwarf_tag(&at)))
            continue;
        if (dimensions++ == node->dimension)
            node->type.is_open = !dimension_len(&at, &node->type.count);
    }
    if (dimensions > CHAIN_MAX)
        return wisp_fail(err, WISP_LIMIT, "an array has %u dimensions, expected %u at the most",
                         dimensions, CHAIN_MAX);
    if (node->type.kind == WISP_TYPE_ARRAY && node->dimension + 1 < dimensions)
        return add_dimension(types, node, err);
    return wisp_types_of(types, &node->die, &node->type.target, err);
}

/* Typedefs and qualifiers must come to an end. */
static wisp_status check_chain(const wisp_type_node *node, wisp_error *err)
{
    uint32_t len = 0;
    for (const wisp_type_node *at = node;
         wisp_symbols_type_is_wrapper(at->type.kind) && at->is_expanded;
         at = node_of(at->type.target)) {
        if (++len > CHAIN_MAX || (len > 1 && at == node))
            return wisp_fail(err, WISP_MALFORMED, "type '%s' is another name for itself",
                             node->type.name);
    }
    return WISP_OK;
}

static wisp_status expand(wisp_types *types, wisp_type_node *node, wisp_error *err)
{
    switch (node->type.kind) {
    case WISP_TYPE_STRUCT:
    case WISP_TYPE_UNION:
        return expand_members(types, node, err);
    case WISP_TYPE_ENUM:
        return expand_enum(types, node, err);
    case WISP_TYPE_FUNCTION:
        return expand_params(types, node, err);
    case WISP_TYPE_ARRAY:
    case WISP_TYPE_VECTOR:
        return expand_array(types, node, err);
    case WISP_TYPE_POINTER:
    case WISP_TYPE_REFERENCE:
    case WISP_TYPE_MEMBER_POINTER:
    case WISP_TYPE_CONST:
    case WISP_TYPE_VOLATILE:
    case WISP_TYPE_RESTRICT:
    case WISP_TYPE_ATOMIC:
    case WISP_TYPE_TYPEDEF:
        return wisp_types_of(types, &node->die, &node->type.target, err);
    default:
        return WISP_OK;
    }
}

wisp_status wisp_types_expand(wisp_types *types, const wisp_symbols_type *type, wisp_error *err)
{
    wisp_type_node *node = node_of(type);
    if (node->is_expanded)
        return WISP_OK;
    wisp_symbols_type before = node->type;
    wisp_status status = expand(types, node, err);
    node->is_expanded = true;
    if (!status)
        status = check_chain(node, err);
    if (status) {
        node->type = before;
        node->is_expanded = false;
    }
    return status;
}

wisp_status wisp_types_strip(wisp_types *types, const wisp_symbols_type *type,
                             const wisp_symbols_type **out, wisp_error *err)
{
    wisp_status status = WISP_OK;
    while (!status && wisp_symbols_type_is_wrapper(type->kind)) {
        status = wisp_types_expand(types, type, err);
        if (!status)
            type = type->target;
    }
    *out = type;
    return status;
}

/* ------------------------------------------------------------------ how they lie in memory */

static wisp_status lay(wisp_type_node *node, uint32_t depth, wisp_error *err);

static uint32_t alignment_of(const wisp_symbols_type *type)
{
    return type->alignment ? type->alignment : 1;
}

/* Whether a member lies where its type asks for. */
static bool is_aligned(const wisp_symbols_member *member)
{
    return member->bit_size || member->offset % alignment_of(member->type) == 0;
}

static wisp_status lay_members(wisp_type_node *node, uint32_t depth, wisp_error *err)
{
    wisp_symbols_type *type = &node->type;
    uint32_t alignment = 1;
    uint64_t end = 0;
    for (uint32_t i = 0; i < type->member_count; i++) {
        const wisp_symbols_member *member = &type->members[i];
        wisp_status status = lay(node_of(member->type), depth + 1, err);
        if (status)
            return status;
        type->is_packed |= !is_aligned(member);
        if (alignment_of(member->type) > alignment)
            alignment = alignment_of(member->type);
        if (member->bit_size || type->kind == WISP_TYPE_UNION)
            continue;
        type->is_opaque |= member->offset < end; /* C++ puts members into padding */
        end = member->offset + member->type->size;
    }
    type->is_packed |= type->size % alignment != 0;
    type->alignment = type->is_packed ? 1 : alignment;
    return WISP_OK;
}

/* Of numbers: as large as they are, x87's included, which take 16 bytes. */
static uint32_t natural_alignment(uint64_t size)
{
    uint32_t alignment = 1;
    while (alignment < size && alignment < 16)
        alignment *= 2;
    return alignment;
}

static wisp_status lay_as_target(wisp_type_node *node, uint32_t depth, wisp_error *err)
{
    wisp_status status = lay(node_of(node->type.target), depth + 1, err);
    node->type.alignment = node->type.target->alignment;
    return status;
}

/* What one instruction can access is aligned for it. */
static wisp_status lay_atomic(wisp_type_node *node, uint32_t depth, wisp_error *err)
{
    wisp_status status = lay_as_target(node, depth, err);
    uint32_t asked = natural_alignment(node->type.size);
    if (asked == node->type.size && asked > node->type.alignment)
        node->type.alignment = asked;
    return status;
}

static wisp_status lay_kind(wisp_type_node *node, uint32_t depth, wisp_error *err)
{
    switch (node->type.kind) {
    case WISP_TYPE_STRUCT:
    case WISP_TYPE_UNION:
        return lay_members(node, depth, err);
    case WISP_TYPE_CONST:
    case WISP_TYPE_VOLATILE:
    case WISP_TYPE_RESTRICT:
    case WISP_TYPE_TYPEDEF:
    case WISP_TYPE_ARRAY:
        return lay_as_target(node, depth, err);
    case WISP_TYPE_ATOMIC:
        return lay_atomic(node, depth, err);
    case WISP_TYPE_COMPLEX:
        node->type.alignment = natural_alignment(node->type.size / 2);
        return WISP_OK;
    case WISP_TYPE_MEMBER_POINTER:
        node->type.alignment = 8;
        return WISP_OK;
    default:
        node->type.alignment = node->type.size ? natural_alignment(node->type.size) : 0;
        return WISP_OK;
    }
}

static wisp_status lay(wisp_type_node *node, uint32_t depth, wisp_error *err)
{
    if (node->is_laid)
        return WISP_OK;
    if (depth > CHAIN_MAX)
        return wisp_fail(err, WISP_MALFORMED, "type '%s' is a part of itself", node->type.name);
    wisp_status status = lay_kind(node, depth, err);
    if (node->asked_alignment > node->type.alignment)
        node->type.alignment = node->asked_alignment;
    node->is_laid = status == WISP_OK;
    return status;
}

/* ------------------------------------------------------------------ completing */

/* A list of nodes that grows at its end while it is gone through. */
typedef struct pending {
    wisp_type_node *first, *last;
} pending;

static void add_pending(pending *list, const wisp_symbols_type *type)
{
    wisp_type_node *node = type ? node_of(type) : NULL;
    if (!node || node->is_pending || node->type.is_complete)
        return;
    node->is_pending = true;
    node->next_pending = NULL;
    if (list->last)
        list->last->next_pending = node;
    else
        list->first = node;
    list->last = node;
}

static void add_neighbours(pending *list, const wisp_symbols_type *type)
{
    add_pending(list, type->target);
    for (uint32_t i = 0; i < type->member_count; i++)
        add_pending(list, type->members[i].type);
    for (uint32_t i = 0; i < type->param_count; i++)
        add_pending(list, type->params[i]);
}

wisp_status wisp_types_complete(wisp_types *types, const wisp_symbols_type *type, wisp_error *err)
{
    pending list = {0};
    wisp_status status = WISP_OK;
    add_pending(&list, type);
    for (wisp_type_node *at = list.first; at && !status; at = at->next_pending) {
        status = wisp_types_expand(types, &at->type, err);
        if (!status)
            add_neighbours(&list, &at->type);
    }
    for (wisp_type_node *at = list.first; at && !status; at = at->next_pending)
        status = lay(at, 0, err);
    for (wisp_type_node *at = list.first; at; at = at->next_pending) {
        at->is_pending = false;
        at->type.is_complete = !status;
    }
    return status;
}
