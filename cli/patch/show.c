#include "show.h"

#include "../out.h"
#include "../term.h"

#include "base/hex.h"
#include "patch/abi.h"

#include <inttypes.h>
#include <string.h>

static const char *place_name(wisp_patch_place place)
{
    return place == WISP_PATCH_SLOT ? "slot" : "sled";
}

/* ------------------------------------------------------------------ text */

static void print_functions(const wisp_patch_manifest *m)
{
    for (uint32_t i = 0; i < m->function_count; i++) {
        const wisp_patch_function *f = &m->functions[i];
        printf("replaces  %s %s", f->export, f->signature);
        if (f->file[0])
            printf("  (%s:%" PRIu32 ")", f->file, f->line);
        printf("  %s at 0x%" PRIx64 "\n", place_name(f->place), f->address);
    }
}

static void print_needs(const wisp_patch_manifest *m)
{
    for (uint32_t i = 0; i < m->native_count; i++)
        printf("calls     %s %s %s\n", m->natives[i].module, m->natives[i].name,
               m->natives[i].signature);
    for (uint32_t i = 0; i < m->global_count; i++)
        printf("reaches   %s, %" PRIu64 " bytes\n", m->globals[i].name, m->globals[i].size);
}

static void print_text(const wisp_patch_manifest *m, size_t size)
{
    char id[2 * WISP_PATCH_BUILD_ID_MAX + 1] = "", count[COUNT_TEXT_SIZE];
    wisp_hex_print(m->build_id.data, m->build_id.size, id);
    printf("%s%s%s\n", term(stdout, TERM_BOLD), m->title, term(stdout, TERM_PLAIN));
    printf("build-id  %s (%s)\n", id, wisp_machine_name(m->machine));
    printf("grant     %s\n", wisp_patch_grant_name(m->grant));
    printf("size      %s bytes, %" PRIu32 " lines known\n", count_text(size, count),
           m->line_count);
    print_functions(m);
    print_needs(m);
}

/* ------------------------------------------------------------------ JSON */

/* Appends [item] to [list], or frees it. */
static bool append(wisp_json *list, wisp_json *item, bool is_made)
{
    if (is_made)
        return wisp_json_append(list, item);
    wisp_json_free(item);
    return false;
}

static bool add_functions(wisp_json *list, const wisp_patch_manifest *m)
{
    bool made = true;
    for (uint32_t i = 0; i < m->function_count && made; i++) {
        const wisp_patch_function *f = &m->functions[i];
        wisp_json *item = wisp_json_new_object();
        made = append(list, item,
                      item && wisp_json_set_string(item, "name", f->export) &&
                          wisp_json_set_string(item, "symbol", f->symbol) &&
                          wisp_json_set_string(item, "signature", f->signature) &&
                          wisp_json_set_string(item, "file", f->file) &&
                          wisp_json_set_number(item, "line", f->line) &&
                          wisp_json_set_string(item, "place", place_name(f->place)) &&
                          wisp_json_set_number(item, "address", f->address));
    }
    return made;
}

static bool add_natives(wisp_json *list, const wisp_patch_manifest *m)
{
    bool made = true;
    for (uint32_t i = 0; i < m->native_count && made; i++) {
        wisp_json *item = wisp_json_new_object();
        made = append(list, item,
                      item && wisp_json_set_string(item, "module", m->natives[i].module) &&
                          wisp_json_set_string(item, "name", m->natives[i].name) &&
                          wisp_json_set_string(item, "signature", m->natives[i].signature));
    }
    return made;
}

static bool add_globals(wisp_json *list, const wisp_patch_manifest *m)
{
    bool made = true;
    for (uint32_t i = 0; i < m->global_count && made; i++) {
        wisp_json *item = wisp_json_new_object();
        made = append(list, item,
                      item && wisp_json_set_string(item, "name", m->globals[i].name) &&
                          wisp_json_set_number(item, "size", m->globals[i].size));
    }
    return made;
}

/* Sets the list [key], filled by [fill]. */
static bool set_list(wisp_json *object, const char *key, const wisp_patch_manifest *m,
                     bool (*fill)(wisp_json *list, const wisp_patch_manifest *m))
{
    wisp_json *list = wisp_json_new_array();
    if (list && fill(list, m))
        return wisp_json_set(object, key, list);
    wisp_json_free(list);
    return false;
}

static int print_as_json(const wisp_patch_manifest *m, size_t size)
{
    char id[2 * WISP_PATCH_BUILD_ID_MAX + 1] = "";
    wisp_json *object = wisp_json_new_object();
    wisp_hex_print(m->build_id.data, m->build_id.size, id);
    bool made = object && wisp_json_set_string(object, "title", m->title) &&
                wisp_json_set_string(object, "build", id) &&
                wisp_json_set_string(object, "machine", wisp_machine_name(m->machine)) &&
                wisp_json_set_string(object, "grant", wisp_patch_grant_name(m->grant)) &&
                wisp_json_set_number(object, "size", size) &&
                wisp_json_set_number(object, "lines", m->line_count) &&
                set_list(object, "functions", m, add_functions) &&
                set_list(object, "calls", m, add_natives) &&
                set_list(object, "globals", m, add_globals);
    if (!made) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

int show_patch(const wisp_patch_manifest *manifest, size_t size, bool as_json)
{
    if (as_json)
        return print_as_json(manifest, size);
    print_text(manifest, size);
    return EXIT_OK;
}
