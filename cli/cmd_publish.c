#include "commands.h"
#include "out.h"
#include "publish/publish.h"
#include "published.h"
#include "term.h"

#include <wisp/wasm.h>

#include <inttypes.h>
#include <stdlib.h>

static int print_release_json(const wisp_published *published, const wisp_release *release)
{
    wisp_json *object = wisp_json_new_object();
    bool made = wisp_json_set_string(object, "target", published->target) &&
                wisp_json_set_number(object, "version", published->version) &&
                wisp_json_set_number(object, "last_version", published->last_version) &&
                set_hash(object, "sha256", &published->hash) &&
                wisp_json_set_number(object, "size", release->content.size) &&
                wisp_json_set_bool(object, "same_content", published->same_content) &&
                wisp_json_set_bool(object, "dry_run", release->dry_run) &&
                set_documents(object, published);
    if (!made) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

static void print_release(const wisp_published *published, const wisp_release *release)
{
    char size[COUNT_TEXT_SIZE], hash[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(&published->hash, hash);
    printf("%s%s %s version %" PRIu64 "%s", term(stdout, TERM_BOLD),
           release->dry_run ? "Would publish" : "Published", published->target,
           published->version, term(stdout, TERM_PLAIN));
    if (published->last_version)
        printf(" after %" PRIu64, published->last_version);
    printf("\n\n  content    %s bytes, sha256 %s\n", count_text(release->content.size, size),
           hash);
    print_documents(published);
    if (published->same_content)
        printf("\nThe module is byte for byte that of version %" PRIu64 ".\n",
               published->last_version);
    if (release->dry_run)
        puts("\nNothing was written.");
}

static int publish(const cli_args *args, wisp_project *project, const wisp_release *release)
{
    wisp_published published;
    wisp_error err;
    if (wisp_publish(project, release, &published, &err))
        return fail_with(NULL, &err);
    int code = EXIT_OK;
    if (args_has(args, "json"))
        code = print_release_json(&published, release);
    else
        print_release(&published, release);
    warn_of_root_expiry(&published, project->dir);
    return code;
}

/* A module that does not validate would be refused by every device. */
static int check_module(const char *path, wisp_bytes content)
{
    wisp_module *module;
    wisp_error err;
    if (wisp_module_new_borrowed(NULL, content, &module, &err))
        return fail_with(path, &err);
    wisp_module_free(module);
    return EXIT_OK;
}

static int run(const cli_args *args)
{
    wisp_release release = {.target = args_text(args, "name", NULL),
                            .notes = args_text(args, "notes", NULL),
                            .dry_run = args_has(args, "dry-run")};
    const char *path = args->arguments[0];
    wisp_error err;
    wisp_project *project = NULL;
    if (!args_number(args, "version", 1, WISP_RELEASE_VERSION_MAX, &release.version))
        return EXIT_USAGE;
    if (release.target && wisp_target_name_check(release.target, &err))
        return usage_error(args->command, "%s", err.text);
    if (read_input(path, &release.content, &err))
        return fail_with(NULL, &err);
    int code = check_module(path, release.content);
    if (code == EXIT_OK) {
        code = wisp_project_open(NULL, NULL, args_text(args, "project", "."), &project, &err)
                   ? fail_with(NULL, &err)
                   : publish(args, project, &release);
        wisp_project_close(project);
    }
    free((void *)(uintptr_t)release.content.data);
    return code;
}

const cli_command cmd_publish = {
    .name = "publish",
    .summary = "Releases a module: checks it, signs it, and makes it visible to devices",
    .usage = "MODULE.wasm [--version N] [--name TARGET] [--notes TEXT] [--project DIR]\n"
             "                    [--dry-run] [--json]",
    .about =
        "The module must validate, its version must be above the last one, and the keys must\n"
        "be those that root lists. Only then is anything written, and the last step, which\n"
        "makes it visible, is one rename: stopped at any point, the repository has the old\n"
        "release or the new one.\n\n"
        "Devices take a version that is above what they have and above that of the module\n"
        "built into the program. To go back, publish the old module as a new version.",
    .examples = "wisp publish scheduler.wasm --project release\n"
                "wisp publish scheduler.wasm --version 12 --notes \"asks ahead\"\n"
                "wisp publish scheduler.wasm --dry-run --json",
    .options = {{"project", "DIR", "folder that 'wisp init' made [the present one]"},
                {"version", "N", "version of the release [one more than the last]"},
                {"name", "TARGET", "name to release under [the project's]"},
                {"notes", "TEXT", "a few words, signed along with it"},
                {"dry-run", NULL, "check and sign, but write nothing"},
                {"json", NULL, "print JSON"}},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the module to publish",
    .run = run,
};
