#ifndef WISP_CLI_PUBLISHED_H
#define WISP_CLI_PUBLISHED_H

#include "args.h"
#include "publish/publish.h"

/*
 * What the commands that change a repository have in common: where, and what they say of what
 * they did.
 */

#define PROJECT_OPTIONS                                                                          \
    {"project", "DIR", "folder that 'wisp init' made [the present one]"},                        \
        {"dry-run", NULL, "show what would change, but write nothing"},                          \
    {                                                                                            \
        "json", NULL, "print JSON"                                                               \
    }

#define PLACE_OPTIONS                                                                            \
    {"channel", "NAME", "channel [the first of the project, stable]"},                           \
        {"name", "TARGET", "what is released [the project's]"}, PROJECT_OPTIONS

/* Opens the project that --project names. False if there is none, with what to exit with. */
bool open_project(const cli_args *args, wisp_project **out, int *code);

/* --name and --dry-run, and --channel; false if one of them makes no sense, which has been said.
 */
bool take_target(const cli_args *args, wisp_place *out);
bool take_place(const cli_args *args, wisp_place *out);

/*
 * Says, in words that begin with [done] or [planned], or as JSON with [more] in it (given away,
 * NULL allowed), what [published] is; which is freed. Gives the exit code: 1 where it waits for
 * signatures.
 */
int tell_published(const cli_args *args, const wisp_project *project, wisp_published *published,
                   const char *done, const char *planned, wisp_json *more);

#endif
