#include "symbols/catalogue.h"

#include "base/error.h"
#include "publish/file.h"
#include "symbols/sleds.h"
#include "symbols/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARENA_CHUNK  (64 * 1024)
#define STEPS_MIN    1000000
#define STEPS_A_BYTE 16 /* of debug information, whose entries each take more than one */
#define NOTES_MAX    8

/* ------------------------------------------------------------------ files */

static wisp_status read_object(wisp_symbols *symbols, const char *path, wisp_object *out,
                               wisp_error *err)
{
    wisp_bytes bytes;
    wisp_status status =
        wisp_file_read(symbols->os, &symbols->arena, path, WISP_OBJECT_SIZE_MAX, &bytes, err);
    return status ? status : wisp_object_open(&symbols->arena, path, bytes, out, err);
}

static bool is_same_build(const wisp_object *a, const wisp_object *b)
{
    return a->build_id.size == b->build_id.size && a->machine == b->machine &&
           memcmp(a->build_id.data, b->build_id.data, a->build_id.size) == 0;
}

/* Takes [path] as the file with debug information if it is there. *[is_found] says so. */
static wisp_status try_debug(wisp_symbols *symbols, const char *path, bool *is_found,
                             wisp_error *err)
{
    if (!path)
        return wisp_fail_memory(err, 0);
    if (*is_found || !wisp_file_exists(symbols->os, path) ||
        strcmp(path, symbols->program.path) == 0)
        return WISP_OK;
    wisp_status status = read_object(symbols, path, &symbols->debug_file, err);
    if (!status && !is_same_build(&symbols->program, &symbols->debug_file))
        status = wisp_fail(err, WISP_MISMATCH,
                           "the debug information in %.80s is of another build than %.80s", path,
                           symbols->program.path);
    *is_found = !status && symbols->debug_file.has_debug;
    if (!*is_found)
        wisp_object_close(&symbols->debug_file);
    else
        symbols->debug = &symbols->debug_file;
    return status;
}

/* The folder that [path] lies in, with its slash; "" for the one where we are. */
static const char *folder_of(wisp_symbols *symbols, const char *path)
{
    const char *slash = strrchr(path, '/');
    return wisp_arena_text(&symbols->arena, path, slash ? (size_t)(slash + 1 - path) : 0);
}

static const char *join(wisp_symbols *symbols, const char *a, const char *b, const char *c)
{
    size_t a_len = strlen(a), b_len = strlen(b), c_len = strlen(c);
    char *path = wisp_arena_alloc(&symbols->arena, a_len + b_len + c_len + 1, 1);
    if (!path)
        return NULL;
    memcpy(path, a, a_len);
    memcpy(path + a_len, b, b_len);
    memcpy(path + a_len + b_len, c, c_len);
    return path;
}

/* As debuggers do: by name beside the program, then where packages put it. */
static wisp_status find_linked_debug(wisp_symbols *symbols, bool *is_found, wisp_error *err)
{
    const wisp_object *program = &symbols->program;
    const char *folder = folder_of(symbols, program->path);
    const char *link = program->debuglink;
    if (!folder)
        return wisp_fail_memory(err, 0);
    wisp_status status = WISP_OK;
    if (link && !strchr(link, '/')) {
        status = try_debug(symbols, join(symbols, folder, link, ""), is_found, err);
        if (!status)
            status = try_debug(symbols, join(symbols, folder, ".debug/", link), is_found, err);
    }
    return status ? status
                  : try_debug(symbols,
                              wisp_symbols_store_path(&symbols->arena, "/usr/lib/debug",
                                                      symbols->info.build_id, ".debug"),
                              is_found, err);
}

static wisp_status find_debug(wisp_symbols *symbols, const char *store, wisp_error *err)
{
    bool is_found = symbols->program.has_debug;
    symbols->debug = &symbols->program;
    wisp_status status = WISP_OK;
    if (!is_found && store)
        status = try_debug(
            symbols,
            wisp_symbols_store_path(&symbols->arena, store, symbols->info.build_id, ".debug"),
            &is_found, err);
    if (!status && !is_found)
        status = find_linked_debug(symbols, &is_found, err);
    if (!status && !is_found)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "%.100s has no debug information, nor has a file beside it: compile "
                         "with -g, and do not strip it before this",
                         symbols->program.path);
    return status;
}

/* ------------------------------------------------------------------ the program as a whole */

static wisp_status fill_info(wisp_symbols *symbols, wisp_error *err)
{
    const wisp_object *program = &symbols->program;
    wisp_symbols_info *info = &symbols->info;
    char text[WISP_BUILD_ID_TEXT_SIZE];
    if (!program->build_id.size)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "%.120s has no build-id: link it with -Wl,--build-id", program->path);
    wisp_build_id_print(program->build_id, text);
    wisp_sled_counts counts = wisp_sled_count(program);
    *info = (wisp_symbols_info){
        .path = program->path,
        .build_id = wisp_arena_text(&symbols->arena, text, strlen(text)),
        .build_id_bytes = program->build_id,
        .machine = program->machine,
        .is_relocated = program->is_relocated,
        .sled_count = (uint32_t)program->place_count,
        .raw_count = counts.raw,
        .other_count = counts.none,
    };
    return info->build_id ? WISP_OK : wisp_fail_memory(err, sizeof text);
}

WISP_PRINTF(3, 4)
static bool add_note(wisp_symbols *symbols, const char **notes, const char *format, ...);

static bool add_note(wisp_symbols *symbols, const char **notes, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = wisp_arena_text(&symbols->arena, text, strlen(text));
    notes[symbols->info.note_count++] = copy;
    return copy != NULL;
}

/* What its flags mean for all functions, and no single one shows. */
static wisp_status fill_notes(wisp_symbols *symbols, wisp_error *err)
{
    const wisp_scan_units *units = &symbols->scan.units;
    const wisp_symbols_info *info = &symbols->info;
    const char **notes = wisp_arena_alloc(&symbols->arena, NOTES_MAX, sizeof *notes);
    bool is_told = notes != NULL;
    bool is_x86_64 = info->machine == WISP_MACHINE_X86_64;
    if (is_told && !info->sled_count && !info->slot_count)
        is_told = add_note(symbols, notes,
                           "there are no places for patches: compile with "
                           "-fpatchable-function-entry=%d",
                           is_x86_64 ? WISP_SLED_X86_64 : 1);
    if (is_told && units->gcc_unsteady)
        is_told = add_note(symbols, notes,
                           "%u of %u files were compiled by gcc without "
                           "-flive-patching=inline-only-static: calls may have been left out "
                           "for what a function was known to do",
                           units->gcc_unsteady, units->count);
    if (is_told && units->gcc_lto)
        is_told = add_note(symbols, notes,
                           "gcc has linked %u of %u files with -flto, which excludes "
                           "-flive-patching: calls may have been left out for what a function "
                           "was known to do",
                           units->gcc_lto, units->count);
    if (is_told && units->clang)
        is_told = add_note(symbols, notes,
                           "%u of %u files were compiled by clang, which may have left out "
                           "calls for what a static function was known to do",
                           units->clang, units->count);
    if (is_told && units->split)
        is_told = add_note(symbols, notes,
                           "%u %s debug information elsewhere: compile without -gsplit-dwarf",
                           units->split, units->split == 1 ? "file has its" : "files have their");
    symbols->info.notes = notes;
    return is_told ? WISP_OK : wisp_fail_memory(err, NOTES_MAX * sizeof *notes);
}

/* ------------------------------------------------------------------ reading */

/* libdw would open whatever file the program names. */
static wisp_status check_alternative(const wisp_object *object, wisp_error *err)
{
    if (!object->is_shared_debug)
        return WISP_OK;
    return wisp_fail(err, WISP_UNSUPPORTED,
                     "the debug information of %.100s is in part in another file "
                     "(.gnu_debugaltlink, of dwz -m): use the program as it was before",
                     object->path);
}

static wisp_status open_dwarf(wisp_symbols *symbols, wisp_error *err)
{
    const wisp_object *debug = symbols->debug;
    wisp_status status = check_alternative(debug, err);
    if (status)
        return status;
    symbols->steps = STEPS_MIN + STEPS_A_BYTE * (uint64_t)debug->debug_size;
    symbols->dwarf.steps_left = symbols->steps;
    symbols->dwarf.handle = dwarf_begin_elf(debug->elf, DWARF_C_READ, NULL);
    if (!symbols->dwarf.handle)
        return wisp_fail(err, WISP_MALFORMED, "%.100s: %s", debug->path, dwarf_errmsg(-1));
    return WISP_OK;
}

static wisp_status read_all(wisp_symbols *symbols, wisp_error *err)
{
    wisp_arena *arena = &symbols->arena;
    wisp_status status = open_dwarf(symbols, err);
    if (!status)
        status = wisp_scan_run(&symbols->program, &symbols->dwarf, arena, &symbols->scan, err);
    if (!status)
        status =
            wisp_types_init(&symbols->types, &symbols->dwarf, arena, &symbols->scan.scopes, err);
    if (!status)
        status = wisp_records_make(symbols->debug, &symbols->scan, arena, &symbols->records, err);
    symbols->info.slot_count = symbols->records.slot_count;
    symbols->info.debug = symbols->debug->path;
    symbols->dwarf.steps_left = symbols->steps;
    if (!status)
        status = wisp_symbols_list_functions(symbols, err);
    if (!status)
        status = wisp_symbols_list_variables(symbols, err);
    return status ? status : fill_notes(symbols, err);
}

static wisp_status open_program(wisp_symbols *symbols, const char *path, const char *store,
                                wisp_error *err)
{
    const char *own_path = wisp_arena_text(&symbols->arena, path, strlen(path));
    wisp_status status = own_path ? read_object(symbols, own_path, &symbols->program, err)
                                  : wisp_fail_memory(err, strlen(path));
    if (!status)
        status = fill_info(symbols, err);
    if (!status && !symbols->program.has_text)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "%.100s has debug information alone, expected the program", path);
    if (!status)
        status = find_debug(symbols, store, err);
    return status ? status : read_all(symbols, err);
}

static wisp_symbols *new_symbols(const wisp_symbols_config *config, wisp_error *err)
{
    const wisp_allocator *allocator =
        wisp_allocator_or_default(config ? config->allocator : NULL);
    wisp_symbols *symbols = wisp_alloc(allocator, 1, sizeof *symbols);
    if (!symbols) {
        wisp_fail_memory(err, sizeof *symbols);
        return NULL;
    }
    wisp_arena_init(&symbols->arena, allocator, ARENA_CHUNK);
    symbols->os = config && config->os ? config->os : wisp_os_posix();
    symbols->scan.scopes.allocator = symbols->types.nodes.allocator = allocator;
    return symbols;
}

wisp_status wisp_symbols_open(const wisp_symbols_config *config, const char *path,
                              wisp_symbols **out, wisp_error *err)
{
    wisp_symbols *symbols = new_symbols(config, err);
    *out = NULL;
    if (!symbols)
        return WISP_NO_MEMORY;
    wisp_status status = open_program(symbols, path, config ? config->store : NULL, err);
    if (status)
        wisp_symbols_close(symbols);
    else
        *out = symbols;
    return status;
}

wisp_status wisp_symbols_open_build(const wisp_symbols_config *config, const char *build_id,
                                    wisp_symbols **out, wisp_error *err)
{
    wisp_arena arena;
    const char *path;
    *out = NULL;
    if (!config || !config->store)
        return wisp_fail(err, WISP_INVALID, "no store was named to find build %.80s in",
                         build_id);
    wisp_arena_init(&arena, wisp_allocator_or_default(config->allocator), ARENA_CHUNK);
    wisp_status status = wisp_symbols_store_find(config->os ? config->os : wisp_os_posix(),
                                                 &arena, config->store, build_id, &path, err);
    if (!status)
        status = wisp_symbols_open(config, path, out, err);
    wisp_arena_deinit(&arena);
    return status;
}

void wisp_symbols_close(wisp_symbols *symbols)
{
    if (!symbols)
        return;
    const wisp_allocator *allocator = symbols->arena.allocator;
    wisp_types_deinit(&symbols->types);
    wisp_scan_deinit(&symbols->scan);
    dwarf_end(symbols->dwarf.handle);
    wisp_object_close(&symbols->debug_file);
    wisp_object_close(&symbols->program);
    wisp_arena_deinit(&symbols->arena);
    wisp_free(allocator, symbols, sizeof *symbols);
}

/* ------------------------------------------------------------------ what it says */

const wisp_symbols_info *wisp_symbols_program(const wisp_symbols *symbols)
{
    return &symbols->info;
}

const wisp_symbols_function *wisp_symbols_function_at(const wisp_symbols *symbols, size_t index)
{
    return index < symbols->function_count ? &symbols->functions[index] : NULL;
}

const wisp_symbols_variable *wisp_symbols_variable_at(const wisp_symbols *symbols, size_t index)
{
    return index < symbols->variable_count ? &symbols->variables[index] : NULL;
}

wisp_status wisp_symbols_complete(wisp_symbols *symbols, const wisp_symbols_type *type,
                                  wisp_error *err)
{
    symbols->dwarf.steps_left = symbols->steps;
    return wisp_types_complete(&symbols->types, type, err);
}

uint32_t wisp_symbols_type_count(const wisp_symbols *symbols)
{
    return symbols->types.count;
}
