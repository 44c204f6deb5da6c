#include "commands.h"
#include "out.h"
#include "publish/change.h"
#include "published.h"
#include "term.h"

#include <inttypes.h>
#include <string.h>

/* ------------------------------------------------------------------ new */

static int make_key(const cli_args *args)
{
    wisp_key key;
    wisp_error err;
    const char *path = args->arguments[1];
    wisp_status status = wisp_key_make(wisp_os_posix(), &key, &err);
    if (!status)
        status = wisp_key_save(wisp_os_posix(), path, &key, &err);
    wisp_key_wipe(&key);
    if (status)
        return fail_with(NULL, &err);
    if (args_has(args, "json")) {
        wisp_json *object = wisp_key_object(&key);
        if (!object || !wisp_json_set_string(object, "keyid", key.id)) {
            wisp_json_free(object);
            object = NULL;
        }
        return print_json(object, EXIT_OK);
    }
    printf("Made the key %.12s… in %s. 'wisp key public %s' is what others may have.\n", key.id,
           path, path);
    return EXIT_OK;
}

static int print_public(const cli_args *args)
{
    wisp_key key;
    wisp_error err;
    if (wisp_key_load(wisp_os_posix(), args->arguments[1], &key, &err))
        return fail_with(NULL, &err);
    wisp_key_wipe(&key);
    return print_json(wisp_key_object(&key), EXIT_OK);
}

/* ------------------------------------------------------------------ list */

/* The file of the config that has the key with this [id]; NULL where none has. */
static const char *find_file(wisp_project *project, const char *role, const char *id,
                             bool *can_sign)
{
    const wisp_role_policy *policy = wisp_config_policy(&project->config, role);
    *can_sign = false;
    for (size_t i = 0; policy && i < policy->key_len; i++) {
        wisp_key key;
        if (wisp_project_key(project, policy->keys[i], &key, NULL))
            continue;
        bool is_it = strcmp(key.id, id) == 0;
        *can_sign = is_it && wisp_key_can_sign(&key);
        wisp_key_wipe(&key);
        if (is_it)
            return policy->keys[i];
    }
    return NULL;
}

static bool set_key(wisp_json *keys, wisp_project *project, const char *role, const char *id)
{
    bool can_sign;
    wisp_json *object = wisp_json_new_object();
    const char *file = find_file(project, role, id, &can_sign);
    return object && wisp_json_append(keys, object) &&
           wisp_json_set_string(object, "keyid", id) &&
           (!file || wisp_json_set_string(object, "file", file)) &&
           wisp_json_set_bool(object, "can_sign", can_sign);
}

/* Who signs what: {role: {"threshold", "keys": [{"keyid", "file", "can_sign"}]}}. */
static wisp_json *list_keys(wisp_project *project, const wisp_repository *repository)
{
    wisp_json *roles = wisp_json_new_object();
    bool made = roles;
    for (size_t i = 0; i < repository->len && made; i++) {
        const char *name = repository->names[i];
        wisp_signers signers;
        wisp_json *role = wisp_json_new_object(), *keys = wisp_json_new_array();
        made = wisp_signers_find(repository->documents[WISP_ROLE_ROOT],
                                 repository->documents[WISP_ROLE_TARGETS], name, &signers);
        made = wisp_json_set(roles, name, role) && made;
        made = wisp_json_set(role, "keys", keys) && made &&
               wisp_json_set_number(role, "threshold", signers.threshold);
        for (size_t k = 0; made && k < wisp_json_len(signers.keyids); k++)
            made = set_key(keys, project, name, wisp_json_item_string(signers.keyids, k));
    }
    if (made)
        return roles;
    wisp_json_free(roles);
    return NULL;
}

static void print_keys(const wisp_json *roles)
{
    const char *name;
    const wisp_json *role;
    for (void *cursor = NULL; wisp_json_next(roles, &cursor, &name, &role);) {
        const wisp_json *keys = wisp_json_value(role, "keys");
        uint64_t threshold = 0;
        wisp_json_number(role, "threshold", &threshold, NULL);
        printf("%s%s%s: %" PRIu64 " of %zu\n", term(stdout, TERM_BOLD), name,
               term(stdout, TERM_PLAIN), threshold, wisp_json_len(keys));
        for (size_t i = 0; i < wisp_json_len(keys); i++) {
            const wisp_json *key = wisp_json_item(keys, i);
            const char *id = "", *file = NULL;
            bool can_sign = false;
            wisp_json_string(key, "keyid", &id, NULL);
            wisp_json_string(key, "file", &file, NULL);
            wisp_json_bool(key, "can_sign", &can_sign, NULL);
            printf("  %.12s…  %s%s\n", id, file ? file : "of somebody else",
                   file && !can_sign ? " (public half)" : "");
        }
    }
}

static int list(const cli_args *args, wisp_project *project)
{
    wisp_repository repository;
    wisp_error err;
    int code = EXIT_OK;
    wisp_repository_init(&repository, NULL, project->os, project->repository);
    if (wisp_repository_read(&repository, &err)) {
        code = fail_with(NULL, &err);
    } else {
        wisp_json *roles = list_keys(project, &repository);
        if (args_has(args, "json") || !roles) {
            code = print_json(roles, EXIT_OK);
        } else {
            print_keys(roles);
            wisp_json_free(roles);
        }
    }
    wisp_repository_deinit(&repository);
    return code;
}

/* ------------------------------------------------------------------ exchange */

static int tell(const cli_args *args, const wisp_project *project, wisp_published *published,
                const char *path)
{
    wisp_json *more = wisp_json_new_object();
    if (path && !wisp_json_set_string(more, "key", path)) {
        wisp_json_free(more);
        more = NULL;
    }
    return tell_published(args, project, published, "Changed the keys", "Would change the keys",
                          more);
}

static int exchange(const cli_args *args, wisp_project *project)
{
    wisp_published published = {0};
    wisp_error err;
    bool adds = strcmp(args->arguments[0], "add") == 0;
    bool removes = strcmp(args->arguments[0], "remove") == 0;
    const char *key = args->len > 2 ? args->arguments[2] : NULL;
    wisp_key_change change = {.role = args->arguments[1],
                              .add = adds ? key : NULL,
                              .remove = removes ? key : NULL,
                              .dry_run = args_has(args, "dry-run")};
    if (!args_number(args, "threshold", 1, WISP_ROLE_KEYS_MAX, &change.threshold))
        return EXIT_USAGE;
    if ((adds || removes) && !key)
        return usage_error(args->command, "the key is missing");
    int code = wisp_key_exchange(project, &change, &published, &err)
                   ? fail_with(NULL, &err)
                   : tell(args, project, &published, NULL);
    wisp_published_deinit(&published);
    return code;
}

static int rotate(const cli_args *args, wisp_project *project)
{
    const char *path = NULL;
    wisp_published published = {0};
    wisp_error err;
    int code =
        wisp_key_rotate(project, args->arguments[1], args->len > 2 ? args->arguments[2] : NULL,
                        args_has(args, "dry-run"), &path, &published, &err)
            ? fail_with(NULL, &err)
            : tell(args, project, &published, path);
    wisp_published_deinit(&published);
    return code;
}

/* ------------------------------------------------------------------ the command */

static int in_project(const cli_args *args, int (*act)(const cli_args *, wisp_project *))
{
    int code;
    wisp_project *project;
    if (!open_project(args, &project, &code))
        return code;
    code = act(args, project);
    wisp_project_close(project);
    return code;
}

static int run(const cli_args *args)
{
    static const struct {
        const char *name;
        size_t arguments_min;
        int (*alone)(const cli_args *);
        int (*with_project)(const cli_args *, wisp_project *);
    } verbs[] = {
        {"list", 1, NULL, list},           {"new", 2, make_key, NULL},
        {"public", 2, print_public, NULL}, {"add", 3, NULL, exchange},
        {"remove", 3, NULL, exchange},     {"threshold", 2, NULL, exchange},
        {"rotate", 2, NULL, rotate},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(args->arguments[0], verbs[i].name) != 0)
            continue;
        if (args->len < verbs[i].arguments_min)
            return usage_error(args->command, "'wisp key %s' needs %zu more", verbs[i].name,
                               verbs[i].arguments_min - args->len);
        return verbs[i].alone ? verbs[i].alone(args) : in_project(args, verbs[i].with_project);
    }
    return usage_error(args->command,
                       "'%s' is none of list, new, public, add, remove, "
                       "threshold and rotate",
                       args->arguments[0]);
}

const cli_command cmd_key = {
    .name = "key",
    .summary = "Shows and exchanges the keys that devices trust",
    .usage = "list | new FILE | public FILE | rotate ROLE [KEY] |\n"
             "                add ROLE FILE | remove ROLE KEY | threshold ROLE\n"
             "                [--threshold N] [--project DIR] [--dry-run] [--json]",
    .about =
        "ROLE is root, targets, snapshot, timestamp or a channel; KEY a key file or the first\n"
        "digits of a key's ID. 'rotate' puts a new key in the place of the only one, or of KEY,\n"
        "wherever that signs. What the new keys must sign is signed along with it, so that\n"
        "devices are never between two worlds. A key whose file is lost is replaced in two\n"
        "steps: 'add' another one, then 'remove' it.",
    .examples = "wisp key list --project release\n"
                "wisp key rotate timestamp\n"
                "wisp key new alice.key\n"
                "wisp key add root keys/alice.key --threshold 2\n"
                "wisp key threshold root --threshold 2",
    .options = {{"threshold", "N", "signatures that the role needs from now on"},
                PROJECT_OPTIONS},
    .arguments_min = 1,
    .arguments_max = 3,
    .missing = "what to do (list, new, public, add, remove, threshold, rotate)",
    .run = run,
};
