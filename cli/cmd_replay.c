#include "backtrace.h"
#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "out.h"
#include "replay_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { IGNORES_MAX = 32, DIFFERENCES_SHOWN_MAX = 20 };

/* A recording and the module to which it happens again. */
typedef struct session {
    const cli_args *args;
    const char *path, *at; /* the recording; the file that failed */
    wisp_bytes bytes;
    wisp_recording *recording;
    run_module module;
    wisp_shadow_ignore ignores[IGNORES_MAX];
    char ignore_names[IGNORES_MAX][64];
    size_t ignore_len;
    uint64_t life, until;
    wisp_replay *replay;
    uint64_t entries, differences;
    wisp_json *json, *list; /* of differences; NULL where text is wanted */
} session;

static bool wants_json(const session *s)
{
    return args_has(s->args, "json");
}

/* ------------------------------------------------------------------ the command line */

/* One of NAME:CHANNEL:OFFSET:SIZE. */
static bool take_ignore(session *s, const char *text)
{
    char name[64], offset[24], size[24], channel[24];
    uint64_t numbers[3];
    if (s->ignore_len == IGNORES_MAX ||
        sscanf(text, "%63[^:]:%23[0-9]:%23[0-9]:%23[0-9]", name, channel, offset, size) != 4 ||
        !parse_number(channel, 0, UINT32_MAX, &numbers[0]) ||
        !parse_number(offset, 0, UINT32_MAX, &numbers[1]) ||
        !parse_number(size, 1, UINT32_MAX, &numbers[2]))
        return false;
    char *copy = s->ignore_names[s->ignore_len];
    memcpy(copy, name, sizeof name);
    s->ignores[s->ignore_len++] = (wisp_shadow_ignore){
        copy, (uint32_t)numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2]};
    return true;
}

static bool take_options(session *s)
{
    size_t at = 0;
    s->until = UINT64_MAX;
    for (const char *text; (text = args_next(s->args, "ignore", &at));)
        if (!take_ignore(s, text)) {
            usage_error(s->args->command, "'--ignore %s' is not NAME:CHANNEL:OFFSET:SIZE", text);
            return false;
        }
    return args_number(s->args, "life", 1, UINT32_MAX, &s->life) &&
           args_number(s->args, "until", 1, UINT64_MAX, &s->until);
}

/* ------------------------------------------------------------------ what is found */

static void append_difference(session *s, const wisp_replay_step *step, const char *text)
{
    wisp_json *object = wisp_json_new_object();
    if (!wisp_json_append(s->list, object) ||
        !wisp_json_set_number(object, "entry", step->recorded.number) ||
        !wisp_json_set_string(object, "kind", step->recorded.kind) ||
        !wisp_json_set_number(object, "type", step->recorded.type) ||
        !wisp_json_set_string(object, "text", text)) {
        wisp_json_free(s->json);
        s->json = s->list = NULL;
    }
}

static void tell_difference(session *s, const wisp_replay_step *step)
{
    char text[WISP_ERROR_TEXT_MAX], name[ENTRY_TEXT_SIZE];
    if (!step->difference || ++s->differences > DIFFERENCES_SHOWN_MAX)
        return;
    wisp_text_copy(text, sizeof text, step->difference);
    if (wants_json(s))
        append_difference(s, step, text);
    else
        printf("entry %" PRIu64 ", %s: %s\n", step->recorded.number,
               entry_text(&step->recorded, name), text);
}

static bool set_summary(session *s)
{
    const wisp_recorded_life *life = wisp_replay_life(s->replay);
    return wisp_json_set_number(s->json, "life", life->number) &&
           wisp_json_set_bool(s->json, "same_module", wisp_replay_is_same(s->replay)) &&
           wisp_json_set_number(s->json, "entries", s->entries) &&
           wisp_json_set_number(s->json, "difference_count", s->differences);
}

/* The object with what was found, for its last member; NULL where there was no memory. */
static wisp_json *take_json(session *s)
{
    wisp_json *json = s->json;
    s->json = s->list = NULL;
    return json;
}

static void print_summary(const session *s)
{
    char entries[COUNT_TEXT_SIZE], differences[COUNT_TEXT_SIZE];
    printf("life %" PRIu32 " in %s: %s entries, %s differences\n",
           wisp_replay_life(s->replay)->number,
           wisp_replay_is_same(s->replay) ? "the same module" : "another module",
           count_text(s->entries, entries), count_text(s->differences, differences));
}

/* The end of a replay: at a trap, or where the recording ends. */
static int tell_trap(session *s, const wisp_replay_step *step)
{
    char name[ENTRY_TEXT_SIZE];
    backtrace b = {
        .trap = step->trap, .main = &s->module, .wants_lines = true, .wants_json = wants_json(s)};
    if (!b.wants_json) {
        print_summary(s);
        printf("entry %" PRIu64 ", %s: trap%s\n", step->recorded.number,
               entry_text(&step->recorded, name), step->difference ? "" : ", as recorded");
        return print_backtrace(&b);
    }
    if (set_summary(s) && wisp_json_set_number(s->json, "entry", step->recorded.number) &&
        wisp_json_set_bool(s->json, "as_recorded", !step->difference))
        b.json = take_json(s);
    return print_backtrace(&b);
}

static int tell_end(session *s, const wisp_error *end)
{
    int code = s->differences > 0 ? EXIT_NO : EXIT_OK;
    if (wants_json(s)) {
        bool made = set_summary(s) && wisp_json_set_bool(s->json, "trapped", false);
        return print_json(made ? take_json(s) : NULL, code);
    }
    print_summary(s);
    if (end && is_cut_off(end, s->bytes.size))
        printf("%s, before the end of its file\n", end->text);
    return code;
}

/* ------------------------------------------------------------------ replaying */

/* Whether a trap is where the replay ends: the first one, or the first from --until on. */
static bool is_end(const session *s, const wisp_replay_step *step)
{
    bool goes_past = s->until != UINT64_MAX && step->recorded.number < s->until &&
                     wisp_replay_is_same(s->replay);
    return step->trap && !goes_past;
}

static int replay_all(session *s)
{
    wisp_replay_step step = {.status = WISP_OK};
    wisp_error err;
    wisp_status status = WISP_OK;
    while (step.recorded.number < s->until) {
        status = wisp_replay_next(s->replay, &step, &err);
        if (status != WISP_OK)
            break;
        s->entries += step.recorded.number > 0;
        tell_difference(s, &step);
        if (is_end(s, &step))
            return tell_trap(s, &step);
    }
    if (status != WISP_OK && status != WISP_NOT_FOUND)
        return fail_with(s->path, &err);
    return tell_end(s, status == WISP_NOT_FOUND ? &err : NULL);
}

static int replay(session *s)
{
    wisp_error err;
    wisp_replay_config config = {
        .life = (uint32_t)s->life, .ignore = s->ignores, .ignore_len = s->ignore_len};
    if (wisp_replay_new(&config, s->recording, s->module.module, &s->replay, &err))
        return fail_with(s->path, &err);
    if (wants_json(s)) {
        s->json = wisp_json_new_object();
        s->list = wisp_json_new_array();
        if (!wisp_json_set(s->json, "differences", s->list)) {
            wisp_json_free(s->json);
            s->json = s->list = NULL;
        }
    }
    int code = replay_all(s);
    wisp_json_free(s->json);
    wisp_replay_free(s->replay);
    return code;
}

/* ------------------------------------------------------------------ the command */

static wisp_status open_files(session *s, wisp_error *err)
{
    s->at = NULL; /* which the words of a file that is not there have */
    wisp_status status = read_input(s->path, &s->bytes, err);
    if (status == WISP_OK && s->module.path)
        status = read_input(s->module.path, &s->module.bytes, err);
    if (status != WISP_OK)
        return status;
    s->at = s->path;
    status = wisp_recording_open(NULL, s->bytes, &s->recording, err);
    if (status != WISP_OK || !s->module.path)
        return status;
    s->at = s->module.path;
    return wisp_module_new_borrowed(NULL, s->module.bytes, &s->module.module, err);
}

static void close_files(session *s)
{
    wisp_recording_close(s->recording);
    wisp_module_free(s->module.module);
    free((void *)(uintptr_t)s->module.bytes.data);
    free((void *)(uintptr_t)s->bytes.data);
}

static int run(const cli_args *args)
{
    session s = {.args = args, .path = args->arguments[0]};
    wisp_error err;
    int code;
    bool is_list = args_has(args, "list");
    if (args->len < 2 && !is_list)
        return usage_error(args->command, "the module is missing; --list needs none");
    if (!take_options(&s))
        return EXIT_USAGE;
    s.module.path = is_list ? NULL : args->arguments[1];
    if (open_files(&s, &err))
        code = fail_with(s.at, &err);
    else if (is_list)
        code = list_recording(s.recording, s.path, s.until, wants_json(&s));
    else
        code = replay(&s);
    close_files(&s);
    return code;
}

const cli_command cmd_replay = {
    .name = "replay",
    .summary = "Has a module do once more what was recorded on a device",
    .usage = "FILE [MODULE.wasm] [OPTION]…",
    .about =
        "FILE is a recording of a guest (wisp/record.h): all that its modules were told, and all\n"
        "that they were answered. With the module that was recorded it runs to the same trap,\n"
        "whose backtrace goes to stderr, with source lines from what compilers put into modules\n"
        "with -g; the exit code is 3. Anything that comes out otherwise is a difference.\n"
        "\n"
        "With another module it is a test of the upgrade: that one is started, takes over the\n"
        "state, and gets the same entries and answers. Each entry in which it does something\n"
        "else to the outside, or ends otherwise, is a difference. The exit code is then 1.\n"
        "\n"
        "Each version that ran has a life of its own in the recording. Replayed is the first of\n"
        "the module, or, if there is none, the first.",
    .examples = "wisp replay hub.rec hub.wasm\n"
                "wisp replay hub.rec hub-next.wasm --ignore send:1:0:8\n"
                "wisp replay hub.rec --list",
    .options = {{"list", NULL, "list lives, entries and calls; needs no module"},
                {"life", "N", "which life to replay"},
                {"until", "N", "go on to entry N, past traps before it, and no further"},
                {"ignore", "NAME:CHANNEL:OFFSET:SIZE",
                 "do not compare these bytes of what goes out so"},
                {"json", NULL, "print JSON"}},
    .arguments_min = 1,
    .arguments_max = 2,
    .missing = "the recording",
    .run = run,
};
