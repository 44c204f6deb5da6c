#include "commands.h"

#include "base/text.h"
#include "out.h"

#include <wisp/blackbox.h>

#include <inttypes.h>
#include <stdlib.h>

enum { BLAMES_MAX = 48 };

/* Hashes and app ids are of 64 bits, which numbers in JSON are not. */
static bool set_hex(wisp_json *object, const char *key, uint64_t value)
{
    char text[20];
    snprintf(text, sizeof text, "0x%016" PRIx64, value);
    return wisp_json_set_string(object, key, text);
}

static wisp_json *describe(const wisp_blame *blame)
{
    char guest[WISP_BLAME_GUEST_MAX];
    wisp_text_copy(guest, sizeof guest, blame->guest);
    wisp_json *object = wisp_json_new_object();
    if (object && wisp_json_set_string(object, "guest", guest) &&
        set_hex(object, "app_id", blame->app_id) && set_hex(object, "module", blame->module) &&
        wisp_json_set_number(object, "version", blame->version) &&
        wisp_json_set_string(object, "entry", blame->entry) &&
        wisp_json_set_number(object, "type", blame->type) &&
        wisp_json_set_number(object, "times", blame->times))
        return object;
    wisp_json_free(object);
    return NULL;
}

static wisp_json *describe_all(const wisp_blame *blames, size_t len, bool is_open)
{
    wisp_json *object = wisp_json_new_object(), *list = wisp_json_new_array();
    bool is_whole = object && list;
    for (size_t i = 0; i < len && is_whole; i++)
        is_whole = wisp_json_append(list, describe(&blames[i]));
    is_whole = is_whole && wisp_json_set_bool(object, "open", is_open);
    if (is_whole && wisp_json_set(object, "blames", list))
        return object;
    wisp_json_free(object);
    return NULL;
}

static void print_blame(const wisp_blame *blame)
{
    char guest[WISP_BLAME_GUEST_MAX], count[COUNT_TEXT_SIZE];
    wisp_text_copy(guest, sizeof guest, blame->guest);
    printf("    %-20s version %-8" PRIu32 " %6s times in a row, last in %s", guest,
           blame->version, count_text(blame->times, count), blame->entry);
    if (blame->type > 0)
        printf(" 0x%" PRIx32, blame->type);
    printf("  (module %016" PRIx64 ")\n", blame->module);
}

static int print_all(const wisp_blame *blames, size_t len, bool is_open)
{
    if (len == 0)
        puts("No module is to blame for anything.");
    if (is_open)
        puts("The first is at work, or has ended a program that was not started again since.");
    for (size_t i = 0; i < len; i++)
        print_blame(&blames[i]);
    return EXIT_OK;
}

static int run(const cli_args *args)
{
    const char *path = args->arguments[0];
    wisp_blame blames[BLAMES_MAX];
    wisp_bytes bytes;
    wisp_error err;
    size_t len;
    bool is_open;
    if (read_input(path, &bytes, &err))
        return fail_with(path, &err);
    wisp_status status = wisp_blackbox_read(bytes, blames, BLAMES_MAX, &len, &is_open, &err);
    free((void *)(uintptr_t)bytes.data);
    if (status)
        return fail_with(path, &err);
    if (args_has(args, "json"))
        return print_json(describe_all(blames, len, is_open), EXIT_OK);
    return print_all(blames, len, is_open);
}

const cli_command cmd_blackbox = {
    .name = "blackbox",
    .summary = "Tells which modules were at work when a program ended",
    .usage = "FILE [--json]",
    .about =
        "FILE is the black box of a program that runs modules (wisp/blackbox.h), and may be\n"
        "in use. It is only looked at. The latest comes first.",
    .examples = "wisp blackbox /run/app/blackbox",
    .options = {{"json", NULL, "print JSON"}},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the file",
    .run = run,
};
