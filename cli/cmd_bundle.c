#include "commands.h"
#include "out.h"
#include "publish/bundle.h"
#include "published.h"
#include "trust/date.h"

#include <time.h>

static int print_bundled_json(const wisp_bundled *bundled, const char *path, const char *expires)
{
    wisp_json *object = wisp_json_new_object();
    if (!wisp_json_set_string(object, "bundle", path) ||
        !wisp_json_set_number(object, "files", bundled->file_len) ||
        !wisp_json_set_number(object, "size", bundled->size) ||
        !wisp_json_set_string(object, "expires", expires)) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

static int bundle(const cli_args *args, wisp_project *project)
{
    wisp_bundled bundled;
    wisp_error err;
    const char *path = args->arguments[0];
    char expires[WISP_DATE_TEXT_SIZE] = "?", when[AGO_TEXT_SIZE], count[COUNT_TEXT_SIZE];
    if (wisp_bundle(project, args_text(args, "channel", NULL), path, &bundled, &err))
        return fail_with(NULL, &err);
    wisp_date_print(bundled.expires, expires);
    if (args_has(args, "json"))
        return print_bundled_json(&bundled, path, expires);
    printf("%s has %zu files, %s bytes.\nDevices take it until %s, %s.\n", path, bundled.file_len,
           count_text(bundled.size, count), expires,
           ago_text(bundled.expires, (int64_t)time(NULL), when));
    return EXIT_OK;
}

static int run(const cli_args *args)
{
    int code;
    wisp_project *project;
    if (!open_project(args, &project, &code))
        return code;
    code = bundle(args, project);
    wisp_project_close(project);
    return code;
}

const cli_command cmd_bundle = {
    .name = "bundle",
    .summary = "Puts all that a device needs into one file, for updates without a network",
    .usage = "FILE.tar [--channel NAME] [--project DIR] [--json]",
    .about =
        "The file has the documents and files of one channel, as a web server would show them,\n"
        "and a device checks them in the same way. It is good until its documents expire:\n"
        "'wisp renew --within DAYS' before gives it more time.",
    .examples = "wisp bundle update.tar --project release\n"
                "wisp bundle beta.tar --channel beta",
    .options = {{"channel", "NAME", "channel [the first of the project, stable]"},
                {"project", "DIR", "folder that 'wisp init' made [the present one]"},
                {"json", NULL, "print JSON"}},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the file to write",
    .run = run,
};
