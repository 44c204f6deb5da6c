#include "base/text.h"
#include "symbols_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names come from debug information, which may have any bytes. */
static bool set_text(wisp_json *object, const char *key, const char *text)
{
    if (wisp_json_set_string(object, key, text))
        return true;
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (!copy)
        return false;
    wisp_text_copy(copy, size, text);
    bool is_set = wisp_json_set_string(object, key, copy);
    free(copy);
    return is_set;
}

/* An empty array that is the member [key] of [object]; NULL if there is no memory. */
static wisp_json *set_array(wisp_json *object, const char *key)
{
    wisp_json *array = wisp_json_new_array();
    return wisp_json_set(object, key, array) ? array : NULL;
}

static wisp_json *append_object(wisp_json *array)
{
    wisp_json *object = wisp_json_new_object();
    return array && wisp_json_append(array, object) ? object : NULL;
}

/* ------------------------------------------------------------------ a function */

static bool set_params(wisp_json *object, const wisp_symbols_function *f)
{
    wisp_json *array = set_array(object, "params");
    bool is_set = array != NULL;
    for (uint32_t i = 0; is_set && i < f->param_count; i++) {
        wisp_json *entry = append_object(array);
        is_set = entry && set_text(entry, "name", f->params[i].name) &&
                 set_text(entry, "expected", f->params[i].expected) &&
                 set_text(entry, "found", f->params[i].found);
    }
    return is_set;
}

static bool set_reasons(wisp_json *object, const wisp_symbols_function *f)
{
    wisp_json *array = set_array(object, "reasons");
    bool is_set = array != NULL;
    for (uint32_t i = 0; is_set && i < f->reason_count; i++) {
        wisp_json *entry = append_object(array);
        is_set = entry &&
                 set_text(entry, "cause", wisp_symbols_cause_name(f->reasons[i].cause)) &&
                 set_text(entry, "text", f->reasons[i].text);
    }
    return is_set;
}

static bool set_sites(wisp_json *object, const wisp_symbols_function *f)
{
    wisp_json *array = set_array(object, "inlined");
    bool is_set = array != NULL;
    for (uint32_t i = 0; is_set && i < f->site_count; i++) {
        wisp_json *entry = append_object(array);
        is_set = entry && set_text(entry, "caller", f->sites[i].caller->name) &&
                 set_text(entry, "file", f->sites[i].file) &&
                 wisp_json_set_number(entry, "line", f->sites[i].line);
    }
    return is_set;
}

/* Where it is, as far as it is anywhere. */
static bool set_place(wisp_json *object, const wisp_symbols_function *f)
{
    if (!f->has_body)
        return true;
    if (!wisp_json_set_number(object, "address", f->address) ||
        !wisp_json_set_number(object, "size", f->size))
        return false;
    if (f->place == WISP_PATCH_SLOT)
        return wisp_json_set_number(object, "slot", f->slot_address);
    return !f->entry.size || wisp_json_set_number(object, "sled", f->sled);
}

static bool fill_function(wisp_json *object, const wisp_symbols_function *f)
{
    return object && set_text(object, "name", f->name) &&
           set_text(object, "linkage", f->linkage) && set_text(object, "file", f->file) &&
           wisp_json_set_number(object, "line", f->line) &&
           wisp_json_set_bool(object, "global", f->is_global) && set_place(object, f) &&
           (!f->signature || set_text(object, "signature", f->signature)) &&
           set_params(object, f) &&
           set_text(object, "verdict", wisp_symbols_verdict_name(f->verdict)) &&
           set_reasons(object, f) && set_sites(object, f);
}

/* ------------------------------------------------------------------ the program */

static bool set_causes(wisp_json *object, const symbols_counts *counts)
{
    wisp_json *entry = wisp_json_new_object();
    bool is_set = wisp_json_set(object, "causes", entry);
    for (wisp_symbols_cause cause = 0; is_set && cause < WISP_SYMBOLS_CAUSE_LEN; cause++)
        is_set =
            wisp_json_set_number(entry, wisp_symbols_cause_name(cause), counts->causes[cause]);
    return is_set;
}

static bool set_counts(wisp_json *object, const wisp_symbols *symbols)
{
    symbols_counts counts = symbols_count(symbols);
    wisp_json *entry = wisp_json_new_object();
    bool is_set = wisp_json_set(object, "counts", entry) &&
                  wisp_json_set_number(entry, "functions", counts.functions) &&
                  wisp_json_set_number(entry, "inlined_everywhere", counts.inlined) &&
                  wisp_json_set_number(entry, "unused", counts.unused) &&
                  wisp_json_set_number(entry, "unknown", counts.unknown) &&
                  wisp_json_set_number(entry, "arguments", counts.params) &&
                  wisp_json_set_number(entry, "arguments_verified", counts.verified);
    for (int v = WISP_SYMBOLS_PATCHABLE; is_set && v <= WISP_SYMBOLS_REFUSED; v++)
        is_set = wisp_json_set_number(entry, wisp_symbols_verdict_name(v), counts.verdicts[v]);
    return is_set && set_causes(entry, &counts);
}

static bool set_places(wisp_json *object, const symbols_subject *subject)
{
    const wisp_symbols_info *info = wisp_symbols_program(subject->symbols);
    wisp_json *entry = wisp_json_new_object();
    return wisp_json_set(object, "places", entry) &&
           wisp_json_set_number(entry, "sleds", info->sled_count) &&
           wisp_json_set_number(entry, "merged_now", subject->merged) &&
           wisp_json_set_number(entry, "raw", info->raw_count) &&
           wisp_json_set_number(entry, "too_small", info->other_count) &&
           wisp_json_set_number(entry, "slots", info->slot_count);
}

static bool set_notes(wisp_json *object, const wisp_symbols_info *info)
{
    wisp_json *array = set_array(object, "notes");
    bool is_set = array != NULL;
    for (uint32_t i = 0; is_set && i < info->note_count; i++)
        is_set = wisp_json_append_string(array, info->notes[i]);
    return is_set;
}

static bool set_functions(wisp_json *object, const symbols_subject *subject)
{
    wisp_json *array = set_array(object, "functions");
    const wisp_symbols_function *f;
    bool is_set = array != NULL;
    if (subject->one)
        return is_set && fill_function(append_object(array), subject->one);
    for (size_t i = 0; is_set && (f = wisp_symbols_function_at(subject->symbols, i)); i++)
        is_set = fill_function(append_object(array), f);
    return is_set;
}

wisp_json *symbols_json(const symbols_subject *subject)
{
    const wisp_symbols_info *info = wisp_symbols_program(subject->symbols);
    wisp_json *object = wisp_json_new_object();
    bool is_set = set_text(object, "program", info->path) &&
                  set_text(object, "debug", info->debug) &&
                  (!subject->kept || set_text(object, "kept", subject->kept)) &&
                  set_text(object, "build_id", info->build_id) &&
                  wisp_json_set_number(object, "machine", info->machine) &&
                  wisp_json_set_bool(object, "relocated", info->is_relocated) &&
                  set_places(object, subject) && set_counts(object, subject->symbols) &&
                  set_notes(object, info) && set_functions(object, subject);
    if (is_set)
        return object;
    wisp_json_free(object);
    return NULL;
}
