#include "commands.h"
#include "out.h"
#include "published.h"

static int run(const cli_args *args)
{
    int code;
    wisp_project *project;
    wisp_published published = {0};
    wisp_error err;
    if (!open_project(args, &project, &code))
        return code;
    code = wisp_channel_make(project, args->arguments[0], args_has(args, "dry-run"), &published,
                             &err)
               ? fail_with(NULL, &err)
               : tell_published(args, project, &published, "Made the channel",
                                "Would make the channel", NULL);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return code;
}

const cli_command cmd_channel = {
    .name = "channel",
    .summary = "Makes a further channel",
    .usage = "NAME [--project DIR] [--dry-run] [--json]",
    .about = "It is signed with the keys of targets until 'wisp key' gives it others.",
    .examples = "wisp channel nightly --project release",
    .options = {PROJECT_OPTIONS},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the name of the channel",
    .run = run,
};
