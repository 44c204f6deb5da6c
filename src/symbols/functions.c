#include "base/error.h"
#include "symbols/catalogue.h"
#include "symbols/location.h"
#include "symbols/signature_text.h"
#include "symbols/sleds.h"
#include "symbols/verdict.h"

#include <dwarf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One function while it is filled. */
typedef struct filler {
    wisp_symbols *symbols;
    const wisp_record *record;
    wisp_symbols_function *function;
    wisp_verdict verdict;
    bool has_dropped; /* an argument that was judged is not passed, or not all of it */
    wisp_error *err;
} filler;

/* ------------------------------------------------------------------ types */

static bool has_child(wisp_symbols *symbols, Dwarf_Die *die, int tag)
{
    Dwarf_Die at;
    for (bool more = wisp_die_child(&symbols->dwarf, die, &at); more;
         more = wisp_die_next(&symbols->dwarf, &at)) {
        if (dwarf_tag(&at) == tag)
            return true;
    }
    return false;
}

/* The child of the body [die] that is its copy of [param]; false if it has none. */
static bool find_copy(wisp_symbols *symbols, Dwarf_Die *die, const Dwarf_Die *param,
                      Dwarf_Die *out)
{
    for (bool more = wisp_die_child(&symbols->dwarf, die, out); more;
         more = wisp_die_next(&symbols->dwarf, out)) {
        if (dwarf_tag(out) == DW_TAG_formal_parameter && wisp_die_origin(out).addr == param->addr)
            return true;
    }
    return false;
}

/* Whether [at], a child of the function that [die] is a body of, is a parameter of it. gcc lists
 * those that it has made up for other variants of a constructor as well. */
static bool is_param(wisp_symbols *symbols, Dwarf_Die *die, Dwarf_Die *at)
{
    Dwarf_Die copy;
    if (dwarf_tag(at) != DW_TAG_formal_parameter)
        return false;
    bool is_made_up = wisp_die_flag(at, DW_AT_artificial) &&
                      strncmp(wisp_die_text(at, DW_AT_name), "__", 2) == 0;
    return !is_made_up || find_copy(symbols, die, at, &copy);
}

/* The parameter behind *[at], or with [is_first] the first one, in the order of the source:
 * copies list them in any order. */
static bool next_param(wisp_symbols *symbols, Dwarf_Die *die, Dwarf_Die *at, bool is_first)
{
    Dwarf_Die origin = wisp_die_origin(die);
    bool more = is_first ? wisp_die_child(&symbols->dwarf, &origin, at)
                         : wisp_die_next(&symbols->dwarf, at);
    while (more && !is_param(symbols, die, at))
        more = wisp_die_next(&symbols->dwarf, at);
    return more;
}

static uint32_t count_params(wisp_symbols *symbols, Dwarf_Die *die)
{
    Dwarf_Die at;
    uint32_t count = 0;
    for (bool more = next_param(symbols, die, &at, true); more;
         more = next_param(symbols, die, &at, false))
        count++;
    return count;
}

static wisp_status read_params(wisp_symbols *symbols, Dwarf_Die *die,
                               wisp_symbols_function *function, wisp_error *err)
{
    uint32_t count = count_params(symbols, die), len = 0;
    Dwarf_Die at;
    if (count > WISP_TYPE_NEIGHBOURS_MAX)
        return wisp_fail(err, WISP_LIMIT, "%s has %u parameters, expected %u at the most",
                         function->name, count, WISP_TYPE_NEIGHBOURS_MAX);
    wisp_symbols_param *params =
        wisp_arena_alloc(&symbols->arena, count + (size_t)1, sizeof *params);
    wisp_status status = params ? WISP_OK : wisp_fail_memory(err, count * sizeof *params);
    for (bool more = !status && next_param(symbols, die, &at, true);
         more && !status && len < count; more = next_param(symbols, die, &at, false)) {
        params[len] = (wisp_symbols_param){
            .name = wisp_die_text(&at, DW_AT_name), .expected = "", .found = ""};
        status = wisp_types_of(&symbols->types, &at, &params[len++].type, err);
    }
    function->params = params;
    function->param_count = len;
    return status;
}

wisp_status wisp_symbols_read_types(wisp_symbols *symbols, Dwarf_Die *die,
                                    wisp_symbols_function *function, const char **refusal,
                                    wisp_error *err)
{
    Dwarf_Die origin = wisp_die_origin(die);
    *refusal = NULL;
    function->is_variadic = has_child(symbols, &origin, DW_TAG_unspecified_parameters);
    wisp_status status = wisp_types_of(&symbols->types, die, &function->result, err);
    if (!status)
        status = read_params(symbols, die, function, err);
    if (!status)
        status =
            wisp_signature_text_make(&symbols->types, function->result, function->params,
                                     function->param_count, &function->signature, refusal, err);
    return status;
}

/* ------------------------------------------------------------------ what its source says */

/* Without a prototype callers pass float as double. */
static bool is_promoted(filler *f, Dwarf_Die *origin)
{
    if (!wisp_die_is_c(origin) || wisp_die_flag(origin, DW_AT_prototyped) ||
        !f->function->signature)
        return false;
    const char *params_end = strrchr(f->function->signature, ')');
    const char *first = strchr(f->function->signature, 'f');
    return first && params_end && first < params_end;
}

static void judge_declaration(filler *f, Dwarf_Die *die)
{
    Dwarf_Die origin = wisp_die_origin(die);
    uint64_t convention;
    if (f->function->is_variadic)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_VARIADIC,
                         "it takes any number of arguments; patch its callers");
    if (!wisp_die_number(die, DW_AT_calling_convention, &convention))
        convention = DW_CC_normal;
    if (convention == DW_CC_nocall)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CHANGED_ABI,
                         "its compiler says that it is called in another way (DW_CC_nocall)");
    else if (convention != DW_CC_normal && convention != DW_CC_program)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CONVENTION,
                         "it has a calling convention of its own (DW_AT_calling_convention "
                         "%#" PRIx64 ")",
                         convention);
    if (is_promoted(f, &origin))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CONVENTION,
                         "it has no prototype, so that its callers pass float as double");
    if (dwarf_hasattr(die, DW_AT_static_link) || dwarf_hasattr(&origin, DW_AT_static_link))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_STATIC_CHAIN,
                         "it is nested in a function whose variables it uses");
    if (wisp_die_flag(die, DW_AT_noreturn))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_NO_RETURN,
                         "it is declared never to return, and a patch must not either");
}

/* ------------------------------------------------------------------ where arguments are */

/* The entry of parameter [index] of the body [die]. */
static bool find_param(filler *f, Dwarf_Die *die, uint32_t index, Dwarf_Die *out)
{
    Dwarf_Die at;
    bool more = next_param(f->symbols, die, &at, true);
    while (more && index-- > 0)
        more = next_param(f->symbols, die, &at, false);
    *out = at;
    bool is_own = wisp_die_origin(die).addr == die->addr;
    return more && (is_own || find_copy(f->symbols, die, &at, out));
}

/* Where debug information has it when the function is entered: compilers may begin to tell
 * behind the place for patching. */
static wisp_place find_place(filler *f, Dwarf_Die *die, uint32_t index)
{
    uint32_t machine = f->symbols->info.machine;
    uint64_t entry = f->function->address;
    Dwarf_Die param;
    if (!find_param(f, die, index, &param))
        return (wisp_place){.kind = WISP_PLACE_UNKNOWN};
    uint64_t size = f->function->params[index].type->size;
    wisp_place place = wisp_location_at(die, &param, size, machine, entry);
    if (place.kind == WISP_PLACE_UNKNOWN)
        place = wisp_location_at(die, &param, size, machine,
                                 entry + f->function->sled + wisp_sled_size(machine));
    return place;
}

static const char *place_text(filler *f, const wisp_place *place)
{
    char text[WISP_PLACE_TEXT_SIZE];
    wisp_place_print(place, f->symbols->info.machine, text);
    const char *copy = wisp_arena_text(&f->symbols->arena, text, strlen(text));
    f->verdict.is_out_of_memory |= !copy;
    return copy ? copy : "";
}

/*
 * Whether what compiled [die] may have passed its arguments in another way, as it saw all
 * callers, and not have said so. gcc gives such functions other names. clang does not, and tells
 * since version 19 (DW_CC_nocall).
 */
static bool may_differ(const filler *f, Dwarf_Die *die)
{
    enum { FIRST_TO_TELL = 19 };
    static const char clang[] = "clang version ";
    const char *version = strstr(wisp_die_producer(die), clang);
    if (wisp_die_is_by_gcc(die))
        return f->record->is_clone;
    bool tells = version && strtol(version + strlen(clang), NULL, 10) >= FIRST_TO_TELL;
    return !tells && f->record->is_local && wisp_die_is_optimised(die);
}

static bool is_aggregate(const wisp_symbols_param *param)
{
    wisp_symbols_type_kind kind = wisp_symbols_type_strip(param->type)->kind;
    return kind == WISP_TYPE_STRUCT || kind == WISP_TYPE_UNION;
}

/*
 * Whether the original may read something else in place of an argument that nothing is said of:
 * what a pointer points at, or the members of a struct that was on the stack. gcc tells this in
 * the name (isra).
 */
static bool may_be_replaced(const filler *f, Dwarf_Die *die, const wisp_symbols_param *param,
                            const wisp_place *expected)
{
    wisp_symbols_type_kind kind = wisp_symbols_type_strip(param->type)->kind;
    bool is_pointer = kind == WISP_TYPE_POINTER || kind == WISP_TYPE_REFERENCE;
    if (wisp_die_is_by_gcc(die))
        return strstr(f->record->linkage, ".isra.") != NULL;
    return may_differ(f, die) &&
           (is_pointer || (is_aggregate(param) && expected->kind == WISP_PLACE_STACK));
}

/*
 * Whether an argument may have moved unseen, to where one before it was that is not passed: of
 * some structs compilers say only where they are put at the entry, as clang does of all that
 * comes on the stack; and of structs of two floats it says nothing at all.
 */
static bool may_have_moved(const filler *f, Dwarf_Die *die, const wisp_symbols_param *param,
                           const wisp_place *found)
{
    bool is_unseen = found->kind == WISP_PLACE_LOCAL ||
                     (found->kind == WISP_PLACE_UNKNOWN && is_aggregate(param));
    return is_unseen && f->has_dropped && may_differ(f, die);
}

/*
 * An argument that nothing is said of, or a [part] of it. gcc passes all of them to a function
 * that has kept its name; to others, and with clang, callers may pass what they like for one that
 * is dead.
 */
static void judge_missing(filler *f, Dwarf_Die *die, uint32_t index, const wisp_place *expected,
                          const char *part)
{
    const wisp_symbols_param *param = &f->function->params[index];
    if (may_be_replaced(f, die, param, expected))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CHANGED_ABI,
                         "%sargument %u '%s' is not passed, maybe something else in its place",
                         part, index + 1, param->name);
    else if (wisp_die_is_by_gcc(die) && !f->record->is_clone)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_UNVERIFIED,
                         "nothing says where %sargument %u '%s' is passed", part, index + 1,
                         param->name);
    else
        wisp_verdict_add(
            &f->verdict, WISP_SYMBOLS_CAUSE_ARGUMENT_DROPPED,
            "nothing says where %sargument %u '%s' is: callers need not pass it, and a "
            "patch must not read it",
            part, index + 1, param->name);
    f->has_dropped = true;
}

static void judge_constant(filler *f, uint32_t index, const wisp_place *found)
{
    wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_ARGUMENT_CONSTANT,
                     "argument %u '%s' is not passed: it always is %" PRIi64
                     ", and a patch must not read it",
                     index + 1, f->function->params[index].name, found->number);
    f->has_dropped = true;
}

/* What follows from where argument [index] of the body [die] was found. */
static void judge_place(filler *f, Dwarf_Die *die, uint32_t index, const wisp_place *expected,
                        const wisp_place *found)
{
    const wisp_symbols_param *param = &f->function->params[index];
    uint32_t number = index + 1;
    bool is_expected = expected->kind != WISP_PLACE_NOWHERE; /* or it is empty */
    bool is_in_register =
        found->kind == WISP_PLACE_REGISTERS || found->kind == WISP_PLACE_POINTED;
    if (!is_expected && !is_in_register)
        return;
    if (may_have_moved(f, die, param, found))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CHANGED_ABI,
                         "argument %u '%s' may not come in %s, as one before it is not passed",
                         number, param->name, param->expected);
    else if (found->kind == WISP_PLACE_UNKNOWN || found->kind == WISP_PLACE_NOWHERE)
        judge_missing(f, die, index, expected, "");
    else if (found->kind == WISP_PLACE_CONSTANT)
        judge_constant(f, index, found);
    else if (!wisp_place_agrees(expected, found))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CHANGED_ABI,
                         "argument %u '%s' comes in %s, expected %s", number, param->name,
                         param->found, param->expected);
    else if (wisp_place_lacks_part(expected, found))
        judge_missing(f, die, index, expected, "a part of ");
    else if (found->kind == WISP_PLACE_LOCAL && expected->kind != WISP_PLACE_STACK &&
             may_differ(f, die))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_UNVERIFIED,
                         "nothing says where argument %u '%s' is passed", number, param->name);
}

static wisp_status judge_arguments(filler *f, Dwarf_Die *die)
{
    wisp_patch_signature signature;
    wisp_patch_location result;
    uint32_t stack_size, count = f->function->param_count;
    wisp_arena *arena = &f->symbols->arena;
    const wisp_patch_abi *abi = wisp_patch_abi_of(f->symbols->info.machine);
    wisp_patch_location *locations =
        wisp_arena_alloc(arena, count + (size_t)1, sizeof *locations);
    if (!locations)
        return wisp_fail_memory(f->err, count * sizeof *locations);
    wisp_error err;
    wisp_status status =
        wisp_patch_signature_read(arena, f->function->signature, &signature, &err);
    if (!status)
        status = abi->locate(&signature, locations, &result, &stack_size, &err);
    if (status == WISP_NO_MEMORY)
        return wisp_fail_memory(f->err, 0);
    if (status) {
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_TYPE, "%s", err.text);
        f->function->signature = NULL;
        return WISP_OK;
    }
    for (uint32_t i = 0; i < count; i++) {
        wisp_symbols_param *param = (wisp_symbols_param *)&f->function->params[i];
        wisp_place expected = wisp_place_of(abi->machine, &locations[i]);
        if (wisp_symbols_type_strip(param->type)->is_by_reference)
            expected = wisp_place_pointed(expected);
        wisp_place found = find_place(f, die, i);
        param->expected = place_text(f, &expected);
        param->found = place_text(f, &found);
        judge_place(f, die, i, &expected, &found);
    }
    return WISP_OK;
}

/* ------------------------------------------------------------------ where it can be diverted */

static const char *sled_flag(const filler *f)
{
    return f->symbols->info.machine == WISP_MACHINE_X86_64 ? "-fpatchable-function-entry=5"
                                                           : "-fpatchable-function-entry=1";
}

/* The text that a device recognises the function by, which ends where it does. */
static wisp_bytes entry_bytes(const filler *f, uint32_t sled_end)
{
    const wisp_symbols_function *function = f->function;
    const wisp_object_text *text = wisp_object_text_at(&f->symbols->program, function->address);
    if (!text || !text->data)
        return (wisp_bytes){0};
    uint64_t at = function->address - text->address, left = text->size - at;
    uint64_t size = function->size > sled_end ? function->size : sled_end;
    size = size < WISP_PATCH_ENTRY_MAX ? size : WISP_PATCH_ENTRY_MAX;
    return (wisp_bytes){text->data + at, (size_t)(size < left ? size : left)};
}

static void judge_missing_sled(filler *f)
{
    if (f->record->slot)
        return;
    if (wisp_sled_is_before(&f->symbols->program, f->function->address))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_BAD_SLED,
                         "its place is before its entry, expected %s without a second number",
                         sled_flag(f));
    else
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_NO_SLED, "it was compiled without %s",
                         sled_flag(f));
}

static void judge_sled(filler *f, uint32_t offset)
{
    const wisp_object *program = &f->symbols->program;
    uint64_t address = f->function->address + offset;
    uint32_t size = wisp_sled_size(program->machine);
    wisp_sled_state state = wisp_sled_state_at(program, address);
    f->function->sled = offset;
    f->function->entry = entry_bytes(f, offset + size);
    if (state == WISP_SLED_NONE)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_BAD_SLED,
                         "its place is no instruction of %u bytes that does nothing, expected %s",
                         size, sled_flag(f));
    else if (wisp_sled_crosses(address, size, WISP_SLED_PAGE))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_ACROSS_PAGES,
                         "its place lies in two pages of memory; align functions "
                         "(-falign-functions=16)");
    else if (wisp_sled_crosses(address, size, WISP_SLED_WORD))
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_ACROSS_WORDS,
                         "its place lies in two words of memory, and can be written only by "
                         "swapping its page");
    if (state == WISP_SLED_RAW)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_RAW_SLED,
                         "its place is of several instructions: wisp symbols merges them");
}

static void judge_place_to_divert(filler *f)
{
    uint32_t offset;
    bool has_sled = wisp_sled_find(&f->symbols->program, f->function->address, &offset);
    if (has_sled) {
        judge_sled(f, offset);
    } else {
        judge_missing_sled(f);
    }
    if (f->record->slot && !has_sled) {
        f->function->place = WISP_PATCH_SLOT;
        f->function->slot_address = f->record->slot;
    }
}

/* ------------------------------------------------------------------ copies of it */

static void judge_copies(filler *f)
{
    const wisp_record *record = f->record;
    uint32_t bodies = f->symbols->records.body_counts[record->group];
    if (record->is_clone)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CLONE,
                         "it is '%s', a copy for some of the calls of '%s'", record->linkage,
                         record->name);
    else if (bodies > 1)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_CLONE,
                         "it has %u bodies, and a patch is for this one", bodies);
    if (record->shared_by)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_FOLDED,
                         "'%s' has the same body: a patch is for both", record->shared_by);
    uint32_t count = f->function->site_count;
    if (count)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_INLINED,
                         "%u %s of it %s inlined in its callers, which a patch is not for", count,
                         count == 1 ? "copy" : "copies", count == 1 ? "is" : "are");
}

static void judge_no_body(filler *f)
{
    if (f->record->shares)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_NO_BODY,
                         "it has the body of '%s': a patch of that one is for both",
                         f->record->shares->name);
    else if (f->function->site_count)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_NO_BODY,
                         "it is inlined everywhere: patch its callers");
    else
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_NO_BODY,
                         "nothing is left of it: nobody calls it, or what it gives is known");
}

/* ------------------------------------------------------------------ the whole */

/* Debug information may have lines alone (-g1; clang, which notes no options, then says no more
 * of a function than its name), which looks as if there were no arguments. */
static bool has_types(Dwarf_Die *die)
{
    const char *producer = wisp_die_producer(die);
    return !strstr(producer, " -g1") && (!strstr(producer, "clang") || wisp_die_line(die));
}

static wisp_status fill_scanned(filler *f)
{
    Dwarf_Die die = f->record->scanned->die;
    const char *refusal;
    f->function->is_global = wisp_die_flag(&die, DW_AT_external);
    wisp_status status = wisp_symbols_read_types(f->symbols, &die, f->function, &refusal, f->err);
    if (status)
        return status;
    if (!f->function->has_body) {
        judge_no_body(f);
        return WISP_OK;
    }
    if (!has_types(&die)) {
        f->function->signature = NULL;
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_NO_DEBUG,
                         "its debug information has lines alone: compile its file with -g");
    }
    if (f->record->is_overridden)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_OVERRIDDEN,
                         "it is weak, and another '%s' is called in its place",
                         f->record->linkage);
    judge_declaration(f, &die);
    if (refusal)
        wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_TYPE, "%s", refusal);
    judge_place_to_divert(f);
    judge_copies(f);
    return f->function->signature ? judge_arguments(f, &die) : WISP_OK;
}

static void fill_symbol(filler *f)
{
    f->function->params = wisp_arena_alloc(&f->symbols->arena, 1, sizeof *f->function->params);
    wisp_verdict_add(&f->verdict, WISP_SYMBOLS_CAUSE_NO_DEBUG,
                     "nothing is known but its name: compile its file with -g");
}

static wisp_status fill_function(wisp_symbols *symbols, const wisp_record *record,
                                 wisp_symbols_function *function, wisp_error *err)
{
    filler f = {.symbols = symbols,
                .record = record,
                .function = function,
                .verdict = {.arena = &symbols->arena},
                .err = err};
    function->name = record->name;
    function->linkage = record->linkage;
    function->file = record->file;
    function->line = record->line;
    function->has_body = record->has_body;
    function->address = record->address;
    function->size = record->size;
    function->result = wisp_types_void(&symbols->types);
    wisp_status status = WISP_OK;
    if (record->scanned)
        status = fill_scanned(&f);
    else
        fill_symbol(&f);
    return status ? status : wisp_verdict_finish(&f.verdict, function, err);
}

/* ------------------------------------------------------------------ inlined copies */

typedef struct site_lists {
    wisp_symbols_site *sites; /* of all groups, one group's behind the other's */
    uint32_t *ends;           /* of each group, while they are filled its next free one */
    const wisp_symbols_function **callers; /* of each scanned function */
    wisp_pointer_map groups;               /* by entry: its group, counted from 1 */
} site_lists;

/* Which function each scanned one has become. Those that were dropped are another one's. */
static void find_callers(wisp_symbols *symbols, site_lists *lists)
{
    const wisp_records *records = &symbols->records;
    for (size_t i = 0; i < records->len; i++) {
        if (records->items[i].scanned)
            lists->callers[records->items[i].index] = &symbols->functions[i];
    }
}

static bool note_groups(wisp_symbols *symbols, site_lists *lists)
{
    for (size_t i = 0; i < symbols->scan.function_count; i++) {
        const wisp_scan_function *scanned = &symbols->scan.functions[i];
        Dwarf_Die die = scanned->die, origin = wisp_die_origin(&die);
        uintptr_t group = symbols->records.group_of[i];
        if (group && !wisp_pointer_map_set(&lists->groups, origin.addr, (void *)group))
            return false;
    }
    return true;
}

/* The group of what is inlined at [site], counted from 1; 0 if that is not known. */
static uintptr_t group_of_site(const site_lists *lists, const wisp_scan_site *site)
{
    bool is_kept = lists->callers[site->caller] != NULL;
    return is_kept ? (uintptr_t)wisp_pointer_map_get(&lists->groups, site->origin) : 0;
}

static void fill_sites(wisp_symbols *symbols, site_lists *lists)
{
    const wisp_scan *scan = &symbols->scan;
    for (size_t i = 0; i < scan->site_count; i++) {
        uintptr_t group = group_of_site(lists, &scan->sites[i]);
        if (group)
            lists->ends[group]++;
    }
    for (uint32_t i = 1; i <= symbols->records.group_count; i++)
        lists->ends[i] += lists->ends[i - 1];
    /* Now each group's sites end where ends[group] says; ends[group - 1] is filled up to there.
     */
    for (size_t i = 0; i < scan->site_count; i++) {
        const wisp_scan_site *site = &scan->sites[i];
        uintptr_t group = group_of_site(lists, site);
        if (group)
            lists->sites[lists->ends[group - 1]++] =
                (wisp_symbols_site){lists->callers[site->caller], site->file, site->line};
    }
}

/* After filling, ends[group - 1] is where the sites of [group] end, and those of the group before
 * it end where they begin. */
static void give_sites(wisp_symbols *symbols, const site_lists *lists)
{
    for (size_t i = 0; i < symbols->records.len; i++) {
        uint32_t group = symbols->records.items[i].group;
        uint32_t start = group ? lists->ends[group - 1] : 0, end = lists->ends[group];
        symbols->functions[i].sites = lists->sites + start;
        symbols->functions[i].site_count = end - start;
    }
}

static wisp_status list_sites(wisp_symbols *symbols, wisp_error *err)
{
    wisp_arena *arena = &symbols->arena;
    const wisp_scan *scan = &symbols->scan;
    site_lists lists = {.groups = {.allocator = arena->allocator}};
    lists.sites = wisp_arena_alloc(arena, scan->site_count + 1, sizeof *lists.sites);
    lists.ends =
        wisp_arena_alloc(arena, symbols->records.group_count + (size_t)1, sizeof *lists.ends);
    lists.callers = wisp_arena_alloc(arena, scan->function_count + 1, sizeof *lists.callers);
    bool has_room = lists.sites && lists.ends && lists.callers && note_groups(symbols, &lists);
    if (has_room) {
        find_callers(symbols, &lists);
        fill_sites(symbols, &lists);
        give_sites(symbols, &lists);
    }
    wisp_pointer_map_deinit(&lists.groups);
    return has_room ? WISP_OK : wisp_fail_memory(err, scan->site_count * sizeof *lists.sites);
}

wisp_status wisp_symbols_list_functions(wisp_symbols *symbols, wisp_error *err)
{
    const wisp_records *records = &symbols->records;
    symbols->functions =
        wisp_arena_alloc(&symbols->arena, records->len + 1, sizeof *symbols->functions);
    if (!symbols->functions)
        return wisp_fail_memory(err, records->len * sizeof *symbols->functions);
    symbols->function_count = records->len;
    wisp_status status = list_sites(symbols, err);
    for (size_t i = 0; i < records->len && !status; i++)
        status = fill_function(symbols, &records->items[i], &symbols->functions[i], err);
    return status;
}
