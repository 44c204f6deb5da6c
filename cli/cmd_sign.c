#include "commands.h"
#include "base/error.h"
#include "out.h"
#include "publish/file.h"
#include "published.h"

#include <string.h>

static int load_key(const char *path, wisp_key *out)
{
    wisp_error err;
    if (wisp_key_load(wisp_os_posix(), path, out, &err))
        return fail_with(NULL, &err);
    if (wisp_key_can_sign(out))
        return EXIT_OK;
    wisp_fail(&err, WISP_INVALID, "%.200s has a public half alone, and cannot sign", path);
    return fail_with(NULL, &err);
}

/* Adds a signature to a document that lies anywhere. */
static wisp_status sign_file(const char *path, const wisp_key *key, wisp_error *err)
{
    wisp_arena arena;
    wisp_bytes bytes;
    wisp_document document = {0};
    wisp_arena_init(&arena, &wisp_allocator_default, 65536);
    wisp_status status = wisp_file_read(wisp_os_posix(), &arena, path,
                                        wisp_role_size_max(WISP_ROLE_TARGETS), &bytes, err);
    if (!status)
        status = wisp_document_cosign(bytes, key, &document, err);
    if (!status)
        status = wisp_file_replace(wisp_os_posix(), path, wisp_document_bytes(&document),
                                   WISP_MODE_PUBLIC, err);
    wisp_document_deinit(&document);
    wisp_arena_deinit(&arena);
    return status;
}

static int sign_document(const cli_args *args, const char *path, const wisp_key *key)
{
    wisp_error err;
    if (sign_file(path, key, &err))
        return fail_with(path, &err);
    if (args_has(args, "json")) {
        wisp_json *object = wisp_json_new_object();
        if (!wisp_json_set_string(object, "document", path) ||
            !wisp_json_set_string(object, "keyid", key->id)) {
            wisp_json_free(object);
            object = NULL;
        }
        return print_json(object, EXIT_OK);
    }
    printf("%s has a signature of key %.12s… now.\n", path, key->id);
    return EXIT_OK;
}

static int discard(const cli_args *args, wisp_project *project)
{
    wisp_error err;
    if (wisp_discard(project, &err))
        return fail_with(NULL, &err);
    if (args_has(args, "json"))
        return print_json(wisp_json_new_object(), EXIT_OK);
    puts("What waited for signatures was given up.");
    return EXIT_OK;
}

static int sign_pending(const cli_args *args, const wisp_key *key)
{
    int code;
    wisp_project *project;
    wisp_published published = {0};
    wisp_error err;
    if (!open_project(args, &project, &code))
        return code;
    if (args_has(args, "discard"))
        code = discard(args, project);
    else if (wisp_cosign(project, key, args_has(args, "dry-run"), &published, &err))
        code = fail_with(NULL, &err);
    else
        code = tell_published(args, project, &published,
                              published.is_pending ? "Signed" : "Signed, and live", "Would sign",
                              NULL);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return code;
}

static int run(const cli_args *args)
{
    wisp_key key = {.word_len = 0};
    const char *path = args_text(args, "key", NULL);
    if (args->len > 0 && !path)
        return usage_error(args->command, "'--key' is missing: which key is to sign?");
    if (args->len > 0 && (args_has(args, "dry-run") || args_has(args, "discard")))
        return usage_error(args->command, "a FILE is only signed; that is for what is pending");
    int code = path ? load_key(path, &key) : EXIT_OK;
    if (code == EXIT_OK)
        code = args->len > 0 ? sign_document(args, args->arguments[0], &key)
                             : sign_pending(args, path ? &key : NULL);
    wisp_key_wipe(&key);
    return code;
}

const cli_command cmd_sign = {
    .name = "sign",
    .summary = "Adds a signature to what waits for several people",
    .usage = "[FILE] [--key KEY] [--discard] [--project DIR] [--dry-run] [--json]",
    .about =
        "Without FILE it signs all documents in the project's folder pending/, with KEY or with\n"
        "all keys at hand; the last signature makes them live. With FILE it adds a signature\n"
        "to that document alone, wherever it is: on the machine that has the key, which\n"
        "needs no project. Carry it back into pending/ then.",
    .examples = "wisp sign 2.root.json --key alice.key\nwisp sign --project release\n"
                "wisp sign --discard",
    .options = {{"key", "KEY", "key file to sign with [those of the project]"},
                {"discard", NULL, "give up what waits"},
                PROJECT_OPTIONS},
    .arguments_max = 1,
    .run = run,
};
