#include "base/hex.h"
#include "commands.h"
#include "out.h"
#include "published.h"
#include "ramp_text.h"

#include <string.h>

/*
 * Commands that change which release a channel offers, and to whom: promote, rollback, rollout,
 * pause, resume, floor, unban.
 */

typedef struct terms {
    wisp_place place;
    const char *from; /* channel */
    wisp_ramp ramp;
    wisp_hash hash;
    uint64_t version;
} terms;

/* What one of these commands does to the project. */
typedef wisp_status (*action)(wisp_project *project, const terms *t, wisp_published *out,
                              wisp_error *err);

static int change(const cli_args *args, const terms *t, action act, const char *done,
                  const char *planned)
{
    int code;
    wisp_project *project;
    wisp_published published;
    wisp_error err;
    if (!open_project(args, &project, &code))
        return code;
    code = act(project, t, &published, &err)
               ? fail_with(NULL, &err)
               : tell_published(args, project, &published, done, planned, NULL);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return code;
}

/* ------------------------------------------------------------------ promote */

static wisp_status promote(wisp_project *project, const terms *t, wisp_published *out,
                           wisp_error *err)
{
    return wisp_promote(project, t->from, &t->place, out, err);
}

static int run_promote(const cli_args *args)
{
    terms t = {.from = args->arguments[0]};
    if (!take_target(args, &t.place))
        return EXIT_USAGE;
    t.place.channel = args->arguments[1];
    return change(args, &t, promote, "Promoted", "Would promote");
}

const cli_command cmd_promote = {
    .name = "promote",
    .summary = "Releases what one channel has newest to another one",
    .usage = "FROM TO [--name TARGET] [--project DIR] [--dry-run] [--json]",
    .about = "The release goes to all devices of the channel TO at once, with its modules,\n"
             "variants, flags and notes. It keeps its version where that is above the last one\n"
             "of TO. 'wisp rollout' makes it go slowly.",
    .examples = "wisp promote beta stable\nwisp promote beta stable --dry-run",
    .options = {{"name", "TARGET", "what is released [the project's]"}, PROJECT_OPTIONS},
    .arguments_min = 2,
    .arguments_max = 2,
    .missing = "the channel that has the release, or the one that is to get it,",
    .run = run_promote,
};

/* ------------------------------------------------------------------ rollback */

static wisp_status roll_back(wisp_project *project, const terms *t, wisp_published *out,
                             wisp_error *err)
{
    return wisp_rollback(project, t->version, &t->place, out, err);
}

static int run_rollback(const cli_args *args)
{
    terms t = {.version = 0};
    if (!take_place(args, &t.place) ||
        !args_number(args, "to", 1, WISP_RELEASE_VERSION_MAX, &t.version))
        return EXIT_USAGE;
    return change(args, &t, roll_back, "Rolled back:", "Would roll back:");
}

const cli_command cmd_rollback = {
    .name = "rollback",
    .summary = "Goes back to an earlier release",
    .usage = "[--to N] [--channel NAME] [--name TARGET] [--project DIR]\n"
             "                     [--dry-run] [--json]",
    .about =
        "It is released once more, with a new version, so that devices take it; most of them\n"
        "have its content still. Releases between are no longer offered to anybody.",
    .examples = "wisp rollback --project release\nwisp rollback --to 7 --channel beta",
    .options = {{"to", "N", "version to go back to [the one before the newest]"}, PLACE_OPTIONS},
    .run = run_rollback,
};

/* ------------------------------------------------------------------ rollout */

static wisp_status roll_out(wisp_project *project, const terms *t, wisp_published *out,
                            wisp_error *err)
{
    return wisp_roll_out(project, &t->ramp, &t->place, out, err);
}

static int run_rollout(const cli_args *args)
{
    terms t = {.version = 0};
    if (!take_place(args, &t.place))
        return EXIT_USAGE;
    if (!ramp_parse(args->arguments[0], &t.ramp))
        return usage_error(args->command,
                           "'%s' is no share, expected for example 5%% or "
                           "5%%..100%%/48h",
                           args->arguments[0]);
    return change(args, &t, roll_out, "Changed", "Would change");
}

const cli_command cmd_rollout = {
    .name = "rollout",
    .summary = "Changes how many devices take the newest release",
    .usage = "SHARE [--channel NAME] [--name TARGET] [--project DIR]\n"
             "                    [--dry-run] [--json]",
    .about =
        "SHARE is a percentage, or a ramp from one to another in so many hours from now. Each\n"
        "device draws its lot once for a release: those that have it stay among those\n"
        "that take it when the share grows, and keep it when it shrinks.",
    .examples = "wisp rollout 50%\nwisp rollout 50%..100%/12h --channel beta",
    .options = {PLACE_OPTIONS},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the share of devices",
    .run = run_rollout,
};

/* ------------------------------------------------------------------ pause, resume */

static wisp_status pause_release(wisp_project *project, const terms *t, wisp_published *out,
                                 wisp_error *err)
{
    return wisp_pause(project, true, &t->place, out, err);
}

static wisp_status resume_release(wisp_project *project, const terms *t, wisp_published *out,
                                  wisp_error *err)
{
    return wisp_pause(project, false, &t->place, out, err);
}

static int run_pause(const cli_args *args)
{
    terms t = {.version = 0};
    return take_place(args, &t.place) ? change(args, &t, pause_release, "Paused", "Would pause")
                                      : EXIT_USAGE;
}

static int run_resume(const cli_args *args)
{
    terms t = {.version = 0};
    return take_place(args, &t.place)
               ? change(args, &t, resume_release, "Resumed", "Would resume")
               : EXIT_USAGE;
}

#define PAUSE_USAGE "[--channel NAME] [--name TARGET] [--project DIR] [--dry-run] [--json]"

const cli_command cmd_pause = {
    .name = "pause",
    .summary = "Stops the newest release: no further device takes it",
    .usage = PAUSE_USAGE,
    .about = "Devices that have it keep it; 'wisp rollback' takes it back from them.",
    .examples = "wisp pause --project release\nwisp pause --channel beta",
    .options = {PLACE_OPTIONS},
    .run = run_pause,
};

const cli_command cmd_resume = {
    .name = "resume",
    .summary = "Lets a paused release go on",
    .usage = PAUSE_USAGE,
    .about = "A ramp that went on meanwhile is where its clock says.",
    .examples = "wisp resume --project release",
    .options = {PLACE_OPTIONS},
    .run = run_resume,
};

/* ------------------------------------------------------------------ floor */

static wisp_status set_floor(wisp_project *project, const terms *t, wisp_published *out,
                             wisp_error *err)
{
    return wisp_floor(project, t->version, &t->place, out, err);
}

static int run_floor(const cli_args *args)
{
    terms t = {.version = 0};
    if (!take_place(args, &t.place))
        return EXIT_USAGE;
    if (!parse_number(args->arguments[0], 0, WISP_RELEASE_VERSION_MAX, &t.version))
        return usage_error(args->command, "'%s' is no version", args->arguments[0]);
    return change(args, &t, set_floor, "Changed", "Would change");
}

const cli_command cmd_floor = {
    .name = "floor",
    .summary = "Says below which version no device may stay, for emergencies",
    .usage = "N [--channel NAME] [--name TARGET] [--project DIR] [--dry-run] [--json]",
    .about = "A device that runs something below N drops it as soon as it knows, and takes a\n"
             "release that is not below whatever its rollout. 0 takes the floor away.",
    .examples = "wisp floor 12 --project release",
    .options = {PLACE_OPTIONS},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the version",
    .run = run_floor,
};

/* ------------------------------------------------------------------ unban */

static wisp_status lift_ban(wisp_project *project, const terms *t, wisp_published *out,
                            wisp_error *err)
{
    return wisp_unban(project, &t->hash, &t->place, out, err);
}

static int run_unban(const cli_args *args)
{
    terms t = {.version = 0};
    const char *text = args->arguments[0];
    if (!take_place(args, &t.place))
        return EXIT_USAGE;
    if (!wisp_hex_parse(text, t.hash.bytes, sizeof t.hash.bytes))
        return usage_error(args->command, "'%.80s' is no SHA-256 of 64 hexadecimal digits", text);
    return change(args, &t, lift_ban, "Changed", "Would change");
}

const cli_command cmd_unban = {
    .name = "unban",
    .summary = "Lets devices try content again that failed on them",
    .usage = "SHA256 [--channel NAME] [--name TARGET] [--project DIR]\n"
             "                  [--dry-run] [--json]",
    .about =
        "A device bans content that it could not commit. Where the content was not at fault,\n"
        "this lifts the ban, signed like a release. 'wisp status' has the hash.",
    .examples = "wisp unban 68000d04bc5e47b928789e1f7201dc0647c3d79aab87b2c1de665d7799b83095",
    .options = {PLACE_OPTIONS},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the SHA-256 of the content",
    .run = run_unban,
};
