#include "commands.h"
#include "out.h"
#include "publish/doctor.h"
#include "published.h"
#include "term.h"

#include <stdlib.h>

static const char *const levels[] = {[WISP_FINDING_FINE] = "fine",
                                     [WISP_FINDING_NOTE] = "note",
                                     [WISP_FINDING_TROUBLE] = "trouble"};

typedef struct report {
    wisp_json *findings; /* NULL: they are printed */
    bool in_trouble, failed;
} report;

static void print_finding(const wisp_finding *finding)
{
    bool is_bad = finding->level == WISP_FINDING_TROUBLE;
    printf("%s%-8s%s %s: %s\n", is_bad ? term(stdout, TERM_RED) : "", levels[finding->level],
           is_bad ? term(stdout, TERM_PLAIN) : "", finding->about, finding->text);
    if (*finding->advice)
        printf("         %s\n", finding->advice);
}

static bool add_finding(wisp_json *findings, const wisp_finding *finding)
{
    wisp_json *object = wisp_json_new_object();
    return object && wisp_json_append(findings, object) &&
           wisp_json_set_string(object, "level", levels[finding->level]) &&
           wisp_json_set_string(object, "about", finding->about) &&
           wisp_json_set_string(object, "text", finding->text) &&
           wisp_json_set_string(object, "advice", finding->advice);
}

static void take_finding(void *context, const wisp_finding *finding)
{
    report *r = context;
    r->in_trouble = r->in_trouble || finding->level == WISP_FINDING_TROUBLE;
    if (!r->findings)
        print_finding(finding);
    else if (!add_finding(r->findings, finding))
        r->failed = true;
}

static int finish(const report *r)
{
    int code = r->in_trouble ? EXIT_NO : EXIT_OK;
    if (!r->findings)
        return code;
    wisp_json *object = wisp_json_new_object();
    if (!wisp_json_set(object, "findings", r->findings) ||
        !wisp_json_set_bool(object, "in_trouble", r->in_trouble) || r->failed) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, code);
}

static int examine(const cli_args *args, wisp_project *project, wisp_bytes root)
{
    const char *known_url = *project->config.url ? project->config.url : NULL;
    const char *url = args_text(args, "url", known_url);
    wisp_net *net = NULL;
    wisp_error err;
    if (url && wisp_net_curl_new(NULL, &net, &err))
        return fail_with(NULL, &err);
    report r = {.findings = args_has(args, "json") ? wisp_json_new_array() : NULL};
    wisp_examination examination = {
        .url = url, .net = net, .root = root, .tell = take_finding, .context = &r};
    wisp_doctor(project, &examination);
    if (net)
        wisp_net_curl_free(net);
    return finish(&r);
}

static int run(const cli_args *args)
{
    int code;
    wisp_project *project;
    wisp_bytes root = {NULL, 0};
    const char *path = args_text(args, "root", NULL);
    wisp_error err;
    if (path && read_input(path, &root, &err))
        return fail_with(NULL, &err);
    if (open_project(args, &project, &code)) {
        code = examine(args, project, root);
        wisp_project_close(project);
    }
    free((void *)(uintptr_t)root.data);
    return code;
}

const cli_command cmd_doctor = {
    .name = "doctor",
    .summary = "Looks for what keeps devices from updates, or will soon",
    .usage = "[--url URL] [--root FILE] [--project DIR] [--json]",
    .about =
        "Keys: are they their owner's alone, and those that devices trust? Documents: do they\n"
        "and all files verify, and how long are they valid? Clocks: this machine's and the web\n"
        "server's. The URL: does it show what is here? With --root: do programs that were\n"
        "built with FILE trust this repository? Exits with 1 where something is in trouble.",
    .examples = "wisp doctor --project release\n"
                "wisp doctor --url https://example.org/updates --root program/root.json",
    .options = {{"url", "URL", "where devices find the repository [the project's]"},
                {"root", "FILE", "root.json that programs are built with"},
                {"project", "DIR", "folder that 'wisp init' made [the present one]"},
                {"json", NULL, "print JSON"}},
    .run = run,
};
