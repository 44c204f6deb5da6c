#include "symbols/records.h"

#include "base/error.h"
#include "symbols/thunks.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

/* Symbols in the order of what their names have behind the first [skip] letters. */
typedef struct name_index {
    const wisp_object_symbol **items;
    size_t len, skip;
} name_index;

typedef struct maker {
    const wisp_object *symbols; /* the file whose symbols name things */
    wisp_scan *scan;
    wisp_arena *arena;
    wisp_records *records;
    name_index functions, slots;
} maker;

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* ------------------------------------------------------------------ names */

/* What surrounds [die], or what it is the definition of. */
static const char *scope_of(const wisp_scan *scan, Dwarf_Die *die)
{
    Dwarf_Die origin = wisp_die_origin(die), declared;
    const char *scope = NULL;
    if (wisp_die_entry(&origin, DW_AT_specification, &declared))
        scope = wisp_pointer_map_get(&scan->scopes, declared.addr);
    if (!scope)
        scope = wisp_pointer_map_get(&scan->scopes, origin.addr);
    return scope ? scope : "";
}

const char *wisp_record_name(const wisp_scan *scan, wisp_arena *arena, Dwarf_Die *die)
{
    const char *name = wisp_die_text(die, DW_AT_name), *scope = scope_of(scan, die);
    size_t scope_len = strlen(scope), len = strlen(name);
    if (!scope_len)
        return name;
    char *full = wisp_arena_alloc(arena, scope_len + len + 1, 1);
    if (!full)
        return NULL;
    memcpy(full, scope, scope_len);
    memcpy(full + scope_len, name, len);
    return full;
}

static const char *linkage_of(Dwarf_Die *die)
{
    const char *linkage = wisp_die_text(die, DW_AT_linkage_name);
    if (!*linkage)
        linkage = wisp_die_text(die, DW_AT_MIPS_linkage_name);
    return *linkage ? linkage : wisp_die_text(die, DW_AT_name);
}

/* How well a symbol's name fits [linkage]: itself, with something behind a dot, or not at all. */
static int fit_of(const char *name, const char *linkage)
{
    size_t len = strlen(linkage);
    if (strncmp(name, linkage, len) != 0)
        return 0;
    return name[len] == '\0' ? 2 : name[len] == '.';
}

/* The symbol at [address] whose name fits [linkage] best; NULL if none does. */
static const wisp_object_symbol *symbol_of(const maker *m, uint64_t address, const char *linkage)
{
    const wisp_object_symbol *best = NULL;
    int best_fit = 0;
    for (size_t i = wisp_object_symbol_at(m->symbols, address);
         i < m->symbols->symbol_count && m->symbols->symbols[i].address == address; i++) {
        const wisp_object_symbol *symbol = &m->symbols->symbols[i];
        int fit = symbol->is_function ? fit_of(symbol->name, linkage) : 0;
        if (fit > best_fit) {
            best = symbol;
            best_fit = fit;
        }
    }
    return best;
}

/* The symbol of a body whose debug information begins at *[address]; NULL if it has none. On
 * aarch64 gcc lets that begin behind the place for patches: then *[address] is put right. */
static const wisp_object_symbol *find_entry(const maker *m, const char *linkage,
                                            uint64_t *address, uint64_t *size)
{
    enum { STEP = 4, BEFORE_MAX = 8 }; /* the place, and where indirect jumps land */
    const wisp_object_symbol *symbol = symbol_of(m, *address, linkage);
    uint64_t max = m->symbols->machine == WISP_MACHINE_AARCH64 ? BEFORE_MAX : 0;
    for (uint64_t before = STEP; before <= max && !symbol && before <= *address; before += STEP) {
        symbol = symbol_of(m, *address - before, linkage);
        if (!symbol)
            continue;
        *address -= before;
        *size += before;
    }
    return symbol;
}

/* gcc's names of clones, which take other arguments or are a part only. Other additions are
 * there to tell symbols apart. */
static bool is_clone_name(const char *name, const char *linkage)
{
    const char *added = name + strlen(linkage);
    return strstr(added, ".isra.") || strstr(added, ".constprop.") || strstr(added, ".part.");
}

/* ------------------------------------------------------------------ symbols by name */

static int compare_names(const void *left, const void *right)
{
    const wisp_object_symbol *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static bool is_function(const wisp_object_symbol *symbol)
{
    return symbol->is_function;
}

static bool is_slot(const wisp_object_symbol *symbol)
{
    return starts_with(symbol->name, WISP_SLOT_PREFIX);
}

static wisp_status make_index(maker *m, bool (*wants)(const wisp_object_symbol *symbol),
                              size_t skip, name_index *out, wisp_error *err)
{
    *out = (name_index){.skip = skip};
    out->items = wisp_arena_alloc(m->arena, m->symbols->symbol_count + 1, sizeof *out->items);
    if (!out->items)
        return wisp_fail_memory(err, m->symbols->symbol_count);
    for (size_t i = 0; i < m->symbols->symbol_count; i++) {
        if (wants(&m->symbols->symbols[i]))
            out->items[out->len++] = &m->symbols->symbols[i];
    }
    if (out->len)
        qsort(out->items, out->len, sizeof *out->items, compare_names);
    return WISP_OK;
}

/* The first symbol whose name is [name] behind what is skipped; the index's len if none is. */
static size_t find_symbol(const name_index *index, const char *name)
{
    size_t low = 0, high = index->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(index->items[middle]->name + index->skip, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < index->len && strcmp(index->items[low]->name + index->skip, name) == 0;
    return is_there ? low : index->len;
}

/* The address of the slot of [linkage]; 0 if it has none. */
static uint64_t slot_of(const maker *m, const char *linkage)
{
    size_t at = find_symbol(&m->slots, linkage);
    return at < m->slots.len ? m->slots.items[at]->address : 0;
}

/* Whether what is at [address] is called by the thunk of [linkage], and not that thunk, of which
 * assemblers make debug information as well. */
static bool is_original(const maker *m, uint64_t address, const char *linkage)
{
    for (size_t i = wisp_object_symbol_at(m->symbols, address);
         i < m->symbols->symbol_count && m->symbols->symbols[i].address == address; i++) {
        const char *name = m->symbols->symbols[i].name;
        if (starts_with(name, WISP_ORIGINAL_PREFIX) &&
            strcmp(name + strlen(WISP_ORIGINAL_PREFIX), linkage) == 0)
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ records */

static wisp_status add_scanned(maker *m, size_t index, wisp_error *err)
{
    const wisp_scan_function *scanned = &m->scan->functions[index];
    Dwarf_Die die = scanned->die;
    wisp_record *record = &m->records->items[m->records->len++];
    *record = (wisp_record){
        .scanned = scanned,
        .name = wisp_record_name(m->scan, m->arena, &die),
        .source_linkage = linkage_of(&die),
        .file = wisp_die_file(&die),
        .line = wisp_die_line(&die),
        .has_body = scanned->has_body,
        .address = scanned->address,
        .size = scanned->size,
        .index = index,
    };
    if (!record->name)
        return wisp_fail_memory(err, sizeof *record);
    const wisp_object_symbol *symbol =
        record->has_body ? find_entry(m, record->source_linkage, &record->address, &record->size)
                         : NULL;
    record->linkage = symbol ? symbol->name : record->source_linkage;
    record->is_local = !wisp_die_flag(&die, DW_AT_external) || (symbol && !symbol->is_global);
    record->is_clone = is_clone_name(record->linkage, record->source_linkage);
    record->slot = record->has_body ? slot_of(m, record->linkage) : 0;
    record->is_overridden = record->has_body && !symbol && !record->slot &&
                            wisp_die_flag(&die, DW_AT_external) &&
                            find_symbol(&m->functions, record->linkage) < m->functions.len;
    bool is_thunk = record->slot && !is_original(m, record->address, record->linkage);
    record->is_dropped = is_thunk || !*record->name; /* of no use to anybody */
    return WISP_OK;
}

static int compare_address(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_numbers(const void *left, const void *right)
{
    return compare_address(*(const uint64_t *)left, *(const uint64_t *)right);
}

/* Of symbols that stand for code without debug information, what is no function of the source:
 * cold parts, and the thunks and names of slots. */
static bool is_own_function(const maker *m, const wisp_object_symbol *symbol)
{
    return symbol->is_function && wisp_object_text_at(m->scan->object, symbol->address) &&
           !strstr(symbol->name, ".cold") && !starts_with(symbol->name, WISP_ORIGINAL_PREFIX) &&
           !slot_of(m, symbol->name);
}

/* Adds the symbols whose address none of the first [count] records has. */
static wisp_status add_symbols(maker *m, size_t count, wisp_error *err)
{
    uint64_t *known = wisp_arena_alloc(m->arena, count + 1, sizeof *known);
    if (!known)
        return wisp_fail_memory(err, count * sizeof *known);
    for (size_t i = 0; i < count; i++)
        known[i] = m->records->items[i].address;
    qsort(known, count, sizeof *known, compare_numbers);
    uint64_t last = 0;
    for (size_t i = 0; i < m->symbols->symbol_count; i++) {
        const wisp_object_symbol *symbol = &m->symbols->symbols[i];
        if (symbol->address == last || !is_own_function(m, symbol) ||
            bsearch(&symbol->address, known, count, sizeof *known, compare_numbers))
            continue;
        last = symbol->address;
        m->records->items[m->records->len++] = (wisp_record){
            .name = symbol->name,
            .source_linkage = symbol->name,
            .linkage = symbol->name,
            .file = "",
            .has_body = true,
            .address = symbol->address,
            .size = symbol->size,
        };
    }
    return WISP_OK;
}

/* Drops the entries that bodies are instances of: they are those functions. (The names of the two
 * may differ: a constructor has several of the linker's.) */
static wisp_status drop_origins(maker *m, wisp_error *err)
{
    wisp_pointer_map origins = {.allocator = m->arena->allocator};
    wisp_records *records = m->records;
    bool has_room = true;
    for (size_t i = 0; i < records->len && has_room; i++) {
        if (!records->items[i].has_body || !records->items[i].scanned)
            continue;
        Dwarf_Die die = records->items[i].scanned->die;
        has_room = wisp_pointer_map_set(&origins, wisp_die_origin(&die).addr, records);
    }
    for (size_t i = 0; i < records->len && has_room; i++) {
        wisp_record *record = &records->items[i];
        if (!record->has_body && wisp_pointer_map_get(&origins, record->scanned->die.addr))
            record->is_dropped = true;
    }
    wisp_pointer_map_deinit(&origins);
    return has_room ? WISP_OK : wisp_fail_memory(err, records->len);
}

/* ------------------------------------------------------------------ groups */

static int compare_sources(const wisp_record *a, const wisp_record *b)
{
    int order = strcmp(a->source_linkage, b->source_linkage);
    if (order == 0)
        order = strcmp(a->file, b->file);
    if (order == 0)
        order = a->line < b->line ? -1 : a->line > b->line;
    return order;
}

/* Those with a body before those without, in the order of addresses. */
static int compare_bodies(const wisp_record *a, const wisp_record *b)
{
    if (a->has_body != b->has_body)
        return a->has_body ? -1 : 1;
    return compare_address(a->address, b->address);
}

static int compare_for_groups(const void *left, const void *right)
{
    const wisp_record *const *a = left, *const *b = right;
    int order = compare_sources(*a, *b);
    return order ? order : compare_bodies(*a, *b);
}

static int compare_for_list(const void *left, const void *right)
{
    int order = compare_bodies(left, right);
    return order ? order : compare_sources(left, right);
}

/* Goes through the records of one group, which are in order: what has no body is dropped if
 * another one has, or is the same again; so is a body that is met again in another file. */
static void thin_group(maker *m, wisp_record **group, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_again =
            i > 0 && (!group[i]->has_body || group[i]->address == group[i - 1]->address);
        group[i]->is_dropped |= is_again;
        group[i]->group = m->records->group_count;
        if (group[i]->scanned)
            m->records->group_of[group[i]->index] = m->records->group_count + 1;
        m->records->body_counts[m->records->group_count] +=
            group[i]->has_body && !group[i]->is_dropped;
    }
    m->records->group_count++;
}

static wisp_status make_groups(maker *m, wisp_error *err)
{
    wisp_records *records = m->records;
    wisp_record **order = wisp_arena_alloc(m->arena, records->len + 1, sizeof(wisp_record *));
    records->body_counts =
        wisp_arena_alloc(m->arena, records->len + 1, sizeof *records->body_counts);
    records->group_of =
        wisp_arena_alloc(m->arena, m->scan->function_count + 1, sizeof *records->group_of);
    if (!order || !records->body_counts || !records->group_of)
        return wisp_fail_memory(err, records->len * sizeof(wisp_record *));
    for (size_t i = 0; i < records->len; i++)
        order[i] = &records->items[i];
    if (records->len)
        qsort(order, records->len, sizeof(wisp_record *), compare_for_groups);
    for (size_t i = 0, end; i < records->len; i = end) {
        for (end = i + 1; end < records->len && compare_sources(order[i], order[end]) == 0;)
            end++;
        thin_group(m, order + i, end - i);
    }
    return WISP_OK;
}

static void drop_records(wisp_records *records)
{
    size_t len = 0;
    for (size_t i = 0; i < records->len; i++) {
        if (!records->items[i].is_dropped)
            records->items[len++] = records->items[i];
    }
    records->len = len;
}

/* ------------------------------------------------------------------ folded functions */

/* Functions that several files of debug information say to be at the same address. */
static void note_shared(wisp_records *records)
{
    for (size_t i = 1; i < records->len && records->items[i].has_body; i++) {
        wisp_record *a = &records->items[i - 1], *b = &records->items[i];
        if (a->address == b->address) {
            a->shared_by = b->name;
            b->shared_by = a->name;
        }
    }
}

/* The first of [len] records with a body that has it at [address]; NULL. */
static wisp_record *body_at(wisp_record *bodies, size_t len, uint64_t address)
{
    size_t low = 0, high = len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bodies[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < len && bodies[low].address == address ? &bodies[low] : NULL;
}

/* What gcc has folded (-fipa-icf), or a linker (--icf), has debug information without a body that
 * is there, and a symbol at the body of another function. */
static void note_folded(maker *m, wisp_record *record, wisp_record *bodies, size_t body_len)
{
    const name_index *index = &m->functions;
    for (size_t i = find_symbol(index, record->linkage);
         i < index->len && strcmp(index->items[i]->name, record->linkage) == 0; i++) {
        wisp_record *body = body_at(bodies, body_len, index->items[i]->address);
        if (!body || strcmp(body->source_linkage, record->linkage) == 0)
            continue; /* it is another function of that name */
        record->shares = body;
        body->shared_by = record->name;
    }
}

static size_t count_bodies(const wisp_records *records)
{
    size_t len = 0;
    while (len < records->len && records->items[len].has_body)
        len++;
    return len;
}

wisp_status wisp_records_make(const wisp_object *symbols, wisp_scan *scan, wisp_arena *arena,
                              wisp_records *out, wisp_error *err)
{
    maker m = {.symbols = symbols, .scan = scan, .arena = arena, .records = out};
    *out = (wisp_records){0};
    size_t count = scan->function_count + symbols->symbol_count;
    out->items = wisp_arena_alloc(arena, count + 1, sizeof *out->items);
    wisp_status status = out->items
                             ? make_index(&m, is_slot, strlen(WISP_SLOT_PREFIX), &m.slots, err)
                             : wisp_fail_memory(err, count);
    if (!status)
        status = make_index(&m, is_function, 0, &m.functions, err);
    for (size_t i = 0; i < scan->function_count && !status; i++)
        status = add_scanned(&m, i, err);
    if (!status)
        status = add_symbols(&m, out->len, err);
    if (!status)
        status = drop_origins(&m, err);
    drop_records(out);
    if (!status)
        status = make_groups(&m, err);
    if (status)
        return status;
    drop_records(out);
    if (out->len)
        qsort(out->items, out->len, sizeof *out->items, compare_for_list);
    out->slot_count = (uint32_t)m.slots.len;
    note_shared(out);
    size_t bodies = count_bodies(out);
    for (size_t i = bodies; i < out->len; i++) {
        note_folded(&m, &out->items[i], out->items, bodies);
        out->items[i].is_dropped = out->items[i].scanned->is_discarded && !out->items[i].shares;
    }
    drop_records(out);
    return WISP_OK;
}
