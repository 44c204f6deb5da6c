#include "commands.h"
#include "out.h"
#include "publish/publish.h"
#include "published.h"
#include "term.h"

static int print_refresh_json(const wisp_published *published, bool dry_run)
{
    wisp_json *object = wisp_json_new_object();
    if (!wisp_json_set_bool(object, "dry_run", dry_run) || !set_documents(object, published)) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

static int run(const cli_args *args)
{
    const char *dir = args_text(args, "project", ".");
    bool dry_run = args_has(args, "dry-run");
    wisp_project *project;
    wisp_published published;
    wisp_error err;
    if (wisp_project_open(NULL, NULL, dir, &project, &err))
        return fail_with(NULL, &err);
    int code = EXIT_OK;
    if (wisp_refresh(project, args_has(args, "root"), dry_run, &published, &err)) {
        code = fail_with(NULL, &err);
    } else if (args_has(args, "json")) {
        code = print_refresh_json(&published, dry_run);
    } else {
        printf("%s%s%s\n\n", term(stdout, TERM_BOLD),
               dry_run ? "Would renew; nothing was written" : "Renewed",
               term(stdout, TERM_PLAIN));
        print_documents(&published);
    }
    if (code == EXIT_OK)
        warn_of_root_expiry(&published, dir);
    wisp_project_close(project);
    return code;
}

const cli_command cmd_refresh = {
    .name = "refresh",
    .summary = "Signs documents anew before they expire, without a release",
    .usage = "[--project DIR] [--root] [--dry-run] [--json]",
    .about =
        "A device takes no update from expired documents, and goes on with the module that it\n"
        "has. This renews timestamp; snapshot and targets where less than half of their time\n"
        "is left; and root with --root, which needs the root key. Run it by a timer.",
    .examples = "wisp refresh --project release\nwisp refresh --project release --root",
    .options = {{"project", "DIR", "folder that 'wisp init' made [the present one]"},
                {"root", NULL, "renew root as well"},
                {"dry-run", NULL, "sign, but write nothing"},
                {"json", NULL, "print JSON"}},
    .run = run,
};
