#include "commands.h"
#include "out.h"
#include "published.h"

static int run(const cli_args *args)
{
    int code;
    wisp_project *project;
    wisp_published published;
    wisp_error err;
    wisp_renewal renewal = {
        .roles = args->arguments, .role_len = args->len, .dry_run = args_has(args, "dry-run")};
    if (!args_number(args, "within", 1, WISP_EXPIRES_DAYS_MAX, &renewal.within_days))
        return EXIT_USAGE;
    if (!open_project(args, &project, &code))
        return code;
    code = wisp_renew(project, &renewal, &published, &err)
               ? fail_with(NULL, &err)
               : tell_published(args, project, &published, "Renewed", "Would renew", NULL);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return code;
}

const cli_command cmd_renew = {
    .name = "renew",
    .summary = "Signs documents anew before they expire, without a release",
    .usage = "[ROLE…] [--within DAYS] [--project DIR] [--dry-run] [--json]",
    .about =
        "A device takes no update from expired documents, and goes on with the module that it\n"
        "has. This renews timestamp, and all others of which less than half of their time is\n"
        "left (or that expire --within DAYS) and whose keys are at hand; or the ROLEs that are\n"
        "named. Run it by a timer, where the keys of snapshot and timestamp are.",
    .examples = "wisp renew --project release\nwisp renew --within 14\nwisp renew root",
    .options = {{"within", "DAYS", "renew what expires within these days"}, PROJECT_OPTIONS},
    .arguments_max = 16,
    .run = run,
};
