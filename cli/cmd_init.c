#include "commands.h"
#include "out.h"
#include "publish/publish.h"
#include "term.h"

#include <stdlib.h>
#include <string.h>

/* Takes "--expires ROLE=DAYS", as often as it was given. */
static bool take_expiries(const cli_args *args, wisp_config *config)
{
    for (size_t i = 0; i < args->given_len; i++) {
        if (strcmp(args->given[i].option->name, "expires") != 0)
            continue;
        const char *text = args->given[i].value;
        size_t name_len = strcspn(text, "=");
        char name[WISP_CHANNEL_NAME_MAX + 1] = "";
        if (name_len < sizeof name)
            memcpy(name, text, name_len);
        wisp_role_policy *policy = wisp_config_policy(config, name);
        char *end = NULL;
        unsigned long days = text[name_len] ? strtoul(text + name_len + 1, &end, 10) : 0;
        if (!policy || !end || *end || days < 1 || days > WISP_EXPIRES_DAYS_MAX) {
            usage_error(args->command,
                        "'--expires' is '%s', expected root, targets, snapshot, timestamp or a "
                        "channel, '=', and 1 to %d days",
                        text, WISP_EXPIRES_DAYS_MAX);
            return false;
        }
        policy->expires_days = days;
    }
    return true;
}

/* Takes "--channel NAME", which stand in the place of stable and beta. */
static bool take_channels(const cli_args *args, wisp_config *config)
{
    size_t at = 0;
    const char *name = args_next(args, "channel", &at);
    wisp_error err;
    const wisp_role_policy policy = config->channels[0].policy;
    for (size_t len = 0; name; name = args_next(args, "channel", &at)) {
        if (wisp_channel_name_check(name, &err) || len == WISP_CHANNELS_MAX) {
            usage_error(args->command, "%s",
                        len == WISP_CHANNELS_MAX ? "too many channels" : err.text);
            return false;
        }
        config->channels[len++] = (wisp_channel){name, policy};
        config->channel_len = len;
    }
    return true;
}

static bool set_policy(wisp_json *keys, wisp_json *days, const char *name,
                       const wisp_role_policy *policy)
{
    return wisp_json_set_string(keys, name, policy->keys[0]) &&
           wisp_json_set_number(days, name, policy->expires_days);
}

static int print_project_json(const wisp_project *project)
{
    const wisp_config *config = &project->config;
    wisp_json *object = wisp_json_new_object();
    wisp_json *days = wisp_json_new_object();
    bool made = wisp_json_set(object, "expires_days", days) &&
                wisp_json_set_string(object, "project", project->dir) &&
                wisp_json_set_string(object, "target", config->target) &&
                wisp_json_set_string(object, "repository", project->repository);
    wisp_json *keys = wisp_json_new_object();
    made = made && wisp_json_set(object, "keys", keys);
    for (int role = 0; role < WISP_ROLE_LEN && made; role++)
        made = set_policy(keys, days, wisp_role_name((wisp_role)role), &config->roles[role]);
    for (size_t i = 0; i < config->channel_len && made; i++)
        made = set_policy(keys, days, config->channels[i].name, &config->channels[i].policy);
    if (!made) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

static void print_project(const wisp_project *project)
{
    const char *dir = project->dir;
    const wisp_role_policy *roles = project->config.roles;
    printf("%sMade a project in %s that releases %s.%s\n\n", term(stdout, TERM_BOLD), dir,
           project->config.target, term(stdout, TERM_PLAIN));
    printf("  %s/wisp.json  what is released, whose keys sign it, how long it is valid\n", dir);
    printf("  %s/repo       what a web server shows; there are no secrets in it\n", dir);
    printf("  %s/keys       private keys, readable by you alone\n\n", dir);
    puts("Whoever has the keys can release: keep them off the web server. root.key is rarely\n"
         "needed: it is best kept offline.");
    printf("\nDocuments are valid for: root %d days, targets %d, snapshot %d, timestamp %d.\n"
           "'wisp renew' renews them; run it by a timer.\n\n",
           (int)roles[WISP_ROLE_ROOT].expires_days, (int)roles[WISP_ROLE_TARGETS].expires_days,
           (int)roles[WISP_ROLE_SNAPSHOT].expires_days,
           (int)roles[WISP_ROLE_TIMESTAMP].expires_days);
    printf("%sNext%s\n", term(stdout, TERM_BOLD), term(stdout, TERM_PLAIN));
    printf("  1. Build %s/repo/root.json into your program: it is what its trust begins with.\n",
           dir);
    printf("  2. wisp publish MODULE.wasm --version N --project %s\n"
           "     with N above the version of the module that is built into the program.\n",
           dir);
    printf("  3. wisp serve %s, or any web server that shows %s/repo\n", dir, dir);
}

static int run(const cli_args *args)
{
    const char *dir = args->len ? args->arguments[0] : ".";
    wisp_config config = wisp_config_default();
    config.target = args_text(args, "name", config.target);
    wisp_error err;
    if (wisp_target_name_check(config.target, &err))
        return usage_error(args->command, "%s", err.text);
    config.url = args_text(args, "url", config.url);
    if (strlen(config.url) > WISP_URL_SIZE_MAX)
        return usage_error(args->command, "'--url' is longer than %d characters",
                           WISP_URL_SIZE_MAX);
    if (!take_channels(args, &config) || !take_expiries(args, &config))
        return EXIT_USAGE;
    wisp_project *project;
    if (wisp_project_create(NULL, NULL, dir, &config, &err) ||
        wisp_project_open(NULL, NULL, dir, &project, &err))
        return fail_with(NULL, &err);
    int code = EXIT_OK;
    if (args_has(args, "json"))
        code = print_project_json(project);
    else
        print_project(project);
    wisp_project_close(project);
    return code;
}

const cli_command cmd_init = {
    .name = "init",
    .summary = "Makes a project: keys, a config, and a repository with nothing released yet",
    .usage = "[DIR] [--name TARGET] [--channel NAME]… [--url URL]\n"
             "                 [--expires ROLE=DAYS]… [--json]",
    .about =
        "DIR is made if it is missing, and is the present folder if it is not given. Nothing\n"
        "that is there already is changed. Each of the four roles of The Update Framework\n"
        "gets an Ed25519 key of its own; channels use that of targets until 'wisp key' gives\n"
        "them others.",
    .examples = "wisp init release --name scheduler.wasm\n"
                "wisp init release --expires timestamp=7 --expires root=730",
    .options = {{"name", "TARGET", "name to release under [module.wasm]"},
                {"channel", "NAME", "channels, the first of which is the default [stable, beta]"},
                {"url", "URL", "where devices will find the repository, for 'wisp doctor'"},
                {"expires", "ROLE=DAYS", "how long documents of a role or channel are valid"},
                {"json", NULL, "print JSON"}},
    .arguments_max = 1,
    .run = run,
};
