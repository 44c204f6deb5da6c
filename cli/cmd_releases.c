#include "commands.h"
#include "out.h"
#include "publish/catalog.h"
#include "published.h"
#include "term.h"

#include <inttypes.h>
#include <string.h>

/* Every target with releases: {channel: {target: custom data}}. */
static wisp_json *list_releases(const wisp_repository *repository)
{
    wisp_json *channels = wisp_json_new_object();
    bool made = channels;
    for (size_t role = WISP_ROLE_LEN; role < repository->len && made; role++) {
        const wisp_metadata *document = repository->documents[role];
        const wisp_json *targets =
            document ? wisp_json_value(wisp_metadata_signed(document), "targets") : NULL;
        const wisp_json *entry;
        const char *path;
        wisp_json *channel = wisp_json_new_object();
        made = wisp_json_set(channels, repository->names[role], channel);
        for (void *cursor = NULL; made && wisp_json_next(targets, &cursor, &path, &entry);) {
            const wisp_json *custom = wisp_json_value(entry, "custom");
            const char *slash = strrchr(path, '/');
            wisp_json *copy = custom ? wisp_json_copy(custom) : NULL;
            made = !custom || (copy && wisp_json_set(channel, slash ? slash + 1 : path, copy));
        }
    }
    if (made)
        return channels;
    wisp_json_free(channels);
    return NULL;
}

/* "12.5 %", or a ramp. */
static void print_share(const wisp_json *rollout)
{
    uint64_t from = 0, to = 0, hours = 0;
    const char *start = "";
    wisp_json_number(rollout, "from", &from, NULL);
    wisp_json_number(rollout, "to", &to, NULL);
    wisp_json_number(rollout, "hours", &hours, NULL);
    wisp_json_string(rollout, "start", &start, NULL);
    if (hours)
        printf(", %g %% to %g %% in %" PRIu64 " hours from %s", (double)from / 100,
               (double)to / 100, hours, start);
    else
        printf(", %g %%", (double)to / 100);
}

static void print_release(const wisp_json *release)
{
    uint64_t version = 0, size;
    bool paused = false;
    const char *name, *notes;
    wisp_hash hash;
    wisp_json_number(release, "version", &version, NULL);
    wisp_json_bool(release, "paused", &paused, NULL);
    printf("    version %" PRIu64, version);
    if (wisp_module_read(wisp_json_item(wisp_json_value(release, "modules"), 0), &name, &hash,
                         &size)) {
        char text[WISP_HASH_TEXT_SIZE], count[COUNT_TEXT_SIZE];
        wisp_hash_print(&hash, text);
        printf("  %.12s…, %s bytes", text, count_text(size, count));
    }
    if (wisp_json_has(release, "rollout"))
        print_share(wisp_json_value(release, "rollout"));
    if (wisp_json_has(release, "variants"))
        printf(", %zu variants", wisp_json_len(wisp_json_value(release, "variants")));
    printf("%s", paused ? ", paused" : "");
    if (!wisp_json_string(release, "notes", &notes, NULL))
        printf("\n      %.*s", (int)strcspn(notes, "\n"), notes);
    putchar('\n');
}

static void print_releases(const wisp_json *channels)
{
    const char *channel, *target;
    const wisp_json *targets, *custom;
    for (void *i = NULL; wisp_json_next(channels, &i, &channel, &targets);) {
        printf("%s%s%s\n", term(stdout, TERM_BOLD), channel, term(stdout, TERM_PLAIN));
        if (wisp_json_len(targets) == 0)
            puts("  nothing was released");
        for (void *k = NULL; wisp_json_next(targets, &k, &target, &custom);) {
            const wisp_json *releases = wisp_json_value(custom, "releases");
            uint64_t floor = 0;
            printf("  %s", target);
            if (!wisp_json_number(custom, "min_version", &floor, NULL) && floor > 0)
                printf(", nothing below version %" PRIu64, floor);
            putchar('\n');
            for (size_t r = 0; r < wisp_json_len(releases); r++)
                print_release(wisp_json_item(releases, r));
        }
    }
}

static int run(const cli_args *args)
{
    int code;
    wisp_project *project;
    wisp_repository repository;
    wisp_error err;
    if (!open_project(args, &project, &code))
        return code;
    wisp_repository_init(&repository, NULL, project->os, project->repository);
    if (wisp_repository_read(&repository, &err)) {
        code = fail_with(NULL, &err);
    } else {
        wisp_json *channels = list_releases(&repository);
        if (channels && !args_has(args, "json"))
            print_releases(channels);
        code = channels && !args_has(args, "json") ? EXIT_OK : print_json(channels, EXIT_OK);
        if (!args_has(args, "json"))
            wisp_json_free(channels);
    }
    wisp_repository_deinit(&repository);
    wisp_project_close(project);
    return code;
}

const cli_command cmd_releases = {
    .name = "releases",
    .summary = "Lists what each channel offers to devices",
    .usage = "[--project DIR] [--json]",
    .about = "Newest first, with who takes it.",
    .examples = "wisp releases --project release\nwisp releases --json",
    .options = {{"project", "DIR", "folder that 'wisp init' made [the present one]"},
                {"json", NULL, "print JSON"}},
    .run = run,
};
