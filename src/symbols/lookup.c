#include "base/error.h"
#include "symbols/catalogue.h"

#include <dwarf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_MAX = 4 }; /* of those that a name could mean */

/* ------------------------------------------------------------------ names */

/* "file.c:name@0x1000" taken apart; a name of C++ ("ns::f") has two colons in a row. */
typedef struct wanted {
    const char *name;
    size_t name_len;
    const char *file; /* not ended by a 0 */
    size_t file_len;  /* 0: any */
    uint64_t address; /* 0: any */
} wanted;

static wanted take_apart(const char *text)
{
    wanted w = {.name = text};
    for (const char *at = text; !w.file && (at = strchr(at, ':')); at += 2) {
        if (at[1] != ':')
            w = (wanted){.name = at + 1, .file = text, .file_len = (size_t)(at - text)};
    }
    const char *sign = strstr(w.name, "@0x");
    w.name_len = sign ? (size_t)(sign - w.name) : strlen(w.name);
    w.address = sign ? strtoull(sign + 1, NULL, 16) : 0;
    return w;
}

/* Whether [file] is, or ends in, the path that is wanted. */
static bool is_in_file(const wanted *w, const char *file)
{
    size_t len = strlen(file);
    if (w->file_len == 0)
        return true;
    if (len < w->file_len || memcmp(file + len - w->file_len, w->file, w->file_len) != 0)
        return false;
    return len == w->file_len || file[len - w->file_len - 1] == '/';
}

static bool is_called(const wanted *w, const char *name)
{
    return strncmp(w->name, name, w->name_len) == 0 && name[w->name_len] == '\0';
}

static bool is_wanted(const wanted *w, const char *name, const char *linkage, const char *file,
                      uint64_t address)
{
    return (is_called(w, name) || is_called(w, linkage)) && is_in_file(w, file) &&
           (w->address == 0 || w->address == address);
}

/* The part of a qualified name that is a function's own. */
static const char *last_part(const char *name)
{
    const char *part = name;
    for (const char *at = name; (at = strstr(at, "::")); at += 2)
        part = at + 2;
    return part;
}

/* ------------------------------------------------------------------ what could be meant */

typedef struct candidates {
    uint32_t count;
    char text[WISP_ERROR_TEXT_MAX];
    size_t len;
} candidates;

/* [address] 0: it is not what tells it apart. */
static void add_candidate(candidates *c, const char *name, const char *file, uint64_t address)
{
    char at[24] = "";
    if (c->count++ >= LISTED_MAX)
        return;
    if (address)
        snprintf(at, sizeof at, "@0x%" PRIx64, address);
    int len = snprintf(c->text + c->len, sizeof c->text - c->len, "%s%s%s%.60s%s",
                       c->len ? ", " : "", file, *file ? ":" : "", name, at);
    c->len += len > 0 && (size_t)len < sizeof c->text - c->len ? (size_t)len : 0;
    c->text[c->len] = '\0';
}

static wisp_status fail_ambiguous(const char *what, const char *name, const candidates *c,
                                  wisp_error *err)
{
    return wisp_fail(err, WISP_MISMATCH, "%u %s are called '%.60s': %.140s", c->count, what, name,
                     c->text);
}

static wisp_status fail_unknown(const char *what, const char *name, const candidates *similar,
                                wisp_error *err)
{
    if (similar->count)
        return wisp_fail(err, WISP_NOT_FOUND, "no %s is called '%.60s'; there is %.140s", what,
                         name, similar->text);
    return wisp_fail(err, WISP_NOT_FOUND, "no %s is called '%.100s'", what, name);
}

/* ------------------------------------------------------------------ aliases */

/* The symbol of a function that is called so; NULL if there is none, or more is said of it. */
static const wisp_object_symbol *find_symbol(const wisp_symbols *symbols, const wanted *w)
{
    const wisp_object *object = symbols->debug;
    for (size_t i = 0; i < object->symbol_count && !w->file && !w->address; i++) {
        if (object->symbols[i].is_function && is_called(w, object->symbols[i].name))
            return &object->symbols[i];
    }
    return NULL;
}

static const wisp_symbols_function *find_body(const wisp_symbols *symbols, uint64_t address)
{
    for (size_t i = 0; i < symbols->function_count && symbols->functions[i].has_body; i++) {
        if (symbols->functions[i].address == address)
            return &symbols->functions[i];
    }
    return NULL;
}

/* A name that symbols alone have: of a function that has another one in the source. */
static wisp_status find_alias(const wisp_symbols *symbols, const wanted *w, const char *name,
                              const candidates *similar, const wisp_symbols_function **out,
                              wisp_error *err)
{
    const wisp_object_symbol *symbol = find_symbol(symbols, w);
    const wisp_symbols_function *body = symbol ? find_body(symbols, symbol->address) : NULL;
    if (!body)
        return fail_unknown("function", name, similar, err);
    if (symbol->is_indirect)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "'%.60s' stands for one of several functions, which '%.60s' chooses "
                         "when the program is loaded: name that one",
                         name, body->name);
    *out = body;
    return WISP_OK;
}

/* ------------------------------------------------------------------ functions and variables */

static bool is_overridden(const wisp_symbols_function *function)
{
    for (uint32_t i = 0; i < function->reason_count; i++) {
        if (function->reasons[i].cause == WISP_SYMBOLS_CAUSE_OVERRIDDEN)
            return true;
    }
    return false;
}

/* Of several, one with a body that is called and is no clone is what people mean. */
static bool is_plain(const wisp_symbols_function *function)
{
    return function->has_body && !strchr(function->linkage, '.') && !is_overridden(function);
}

wisp_status wisp_symbols_find_function(const wisp_symbols *symbols, const char *name,
                                       const wisp_symbols_function **out, wisp_error *err)
{
    wanted w = take_apart(name);
    candidates found = {0}, plain = {0}, similar = {0};
    for (size_t i = 0; i < symbols->function_count; i++) {
        const wisp_symbols_function *f = &symbols->functions[i];
        uint64_t address = w.file_len ? f->address : 0; /* two files may be called alike */
        if (is_wanted(&w, f->name, f->linkage, f->file, f->address)) {
            add_candidate(&found, f->linkage, f->file, address);
            if (is_plain(f))
                add_candidate(&plain, f->linkage, f->file, address);
            if (found.count == 1 || (is_plain(f) && plain.count == 1))
                *out = f;
        } else if (strcmp(last_part(w.name), last_part(f->name)) == 0) {
            add_candidate(&similar, f->name, f->file, 0);
        }
    }
    if (found.count == 0)
        return find_alias(symbols, &w, name, &similar, out, err);
    if (found.count > 1 && plain.count != 1)
        return fail_ambiguous("functions", name, &found, err);
    return WISP_OK;
}

wisp_status wisp_symbols_find_variable(const wisp_symbols *symbols, const char *name,
                                       const wisp_symbols_variable **out, wisp_error *err)
{
    wanted w = take_apart(name);
    candidates found = {0}, similar = {0};
    for (size_t i = 0; i < symbols->variable_count; i++) {
        const wisp_symbols_variable *v = &symbols->variables[i];
        if (is_wanted(&w, v->name, v->linkage, v->file, v->address)) {
            add_candidate(&found, v->name, v->file, w.file_len ? v->address : 0);
            *out = v;
        } else if (strcmp(last_part(w.name), last_part(v->name)) == 0) {
            add_candidate(&similar, v->name, v->file, 0);
        }
    }
    if (found.count == 0)
        return fail_unknown("variable", name, &similar, err);
    return found.count > 1 ? fail_ambiguous("variables", name, &found, err) : WISP_OK;
}

/* ------------------------------------------------------------------ in all units */

/* Looks at the entries of each unit and namespace with [name] and one of the tags that [wants];
 * [take] says whether that was the last one. */
typedef struct search {
    wisp_symbols *symbols;
    const char *name;
    bool (*wants)(int tag);
    bool (*take)(struct search *search, Dwarf_Die *die);
    Dwarf_Die found;
    bool has_found;
} search;

static bool search_in(search *s, Dwarf_Die *parent, const char *name, uint32_t depth)
{
    Dwarf_Die at;
    for (bool more = wisp_die_child(&s->symbols->dwarf, parent, &at); more;
         more = wisp_die_next(&s->symbols->dwarf, &at)) {
        int tag = dwarf_tag(&at);
        const char *own = wisp_die_text(&at, DW_AT_name);
        size_t len = strlen(own);
        bool is_scope =
            tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
        if (s->wants(tag) && strcmp(own, name) == 0 && s->take(s, &at))
            return true;
        if (is_scope && len && depth < 16 && strncmp(name, own, len) == 0 &&
            strncmp(name + len, "::", 2) == 0 && search_in(s, &at, name + len + 2, depth + 1))
            return true;
    }
    return false;
}

static void search_units(search *s)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    s->symbols->dwarf.steps_left = s->symbols->steps;
    while (dwarf_get_units(s->symbols->dwarf.handle, unit, &unit, NULL, NULL, &die, NULL) == 0) {
        if (die.cu && search_in(s, &die, s->name, 0))
            return;
    }
}

/* ------------------------------------------------------------------ types */

static bool is_struct(int tag)
{
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
}

static bool is_union(int tag)
{
    return tag == DW_TAG_union_type;
}

static bool is_enum(int tag)
{
    return tag == DW_TAG_enumeration_type;
}

/* What C names without a word before it; in C++ structs too. */
static bool is_plain_type(int tag)
{
    return tag == DW_TAG_base_type || tag == DW_TAG_typedef;
}

/* Takes what has a body, and what has none until then. */
static bool take_type(search *s, Dwarf_Die *die)
{
    bool is_whole = !wisp_die_flag(die, DW_AT_declaration);
    if (!s->has_found || is_whole)
        s->found = *die;
    s->has_found = true;
    return is_whole;
}

/* The rest of [name] behind the word [word]; NULL if it does not begin so. */
static const char *behind_word(const char *name, const char *word)
{
    size_t len = strlen(word);
    return strncmp(name, word, len) == 0 && name[len] == ' ' ? name + len + 1 : NULL;
}

wisp_status wisp_symbols_find_type(wisp_symbols *symbols, const char *name,
                                   const wisp_symbols_type **out, wisp_error *err)
{
    static const struct {
        const char *word;
        bool (*wants)(int tag);
    } kinds[] = {
        {"struct", is_struct}, {"class", is_struct}, {"union", is_union}, {"enum", is_enum}};
    search s = {.symbols = symbols, .name = name, .wants = is_plain_type, .take = take_type};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *rest = behind_word(name, kinds[i].word);
        if (rest) {
            s.name = rest;
            s.wants = kinds[i].wants;
        }
    }
    search_units(&s);
    if (!s.has_found)
        return wisp_fail(err, WISP_NOT_FOUND, "no type is called '%.100s'", name);
    return wisp_types_at(&symbols->types, &s.found, out, err);
}

/* ------------------------------------------------------------------ functions of others */

static bool is_subprogram(int tag)
{
    return tag == DW_TAG_subprogram;
}

static bool take_declared(search *s, Dwarf_Die *die)
{
    s->has_found = wisp_die_flag(die, DW_AT_declaration);
    s->found = *die;
    return s->has_found;
}

wisp_status wisp_symbols_find_declared(wisp_symbols *symbols, const char *name,
                                       const wisp_symbols_function **out, wisp_error *err)
{
    const char *refusal;
    search s = {.symbols = symbols, .name = name, .wants = is_subprogram, .take = take_declared};
    search_units(&s);
    if (!s.has_found)
        return wisp_fail(err, WISP_NOT_FOUND, "no declaration of '%.100s' was noted", name);
    wisp_symbols_function *function = wisp_arena_alloc(&symbols->arena, 1, sizeof *function);
    if (!function)
        return wisp_fail_memory(err, sizeof *function);
    function->name = function->linkage = wisp_die_text(&s.found, DW_AT_name);
    function->file = wisp_die_file(&s.found);
    function->line = wisp_die_line(&s.found);
    function->is_global = true;
    *out = function;
    return wisp_symbols_read_types(symbols, &s.found, function, &refusal, err);
}
