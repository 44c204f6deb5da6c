#include "backtrace.h"

#include "out.h"
#include "source_lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where a frame is in the source; more than one place where functions were inlined. */
typedef struct frame_places {
    source_place list[SOURCE_PLACES_MAX];
    uint32_t len;
} frame_places;

/* ------------------------------------------------------------------ source lines */

static bool add_places(const run_module *m, const wisp_trap *trap, frame_places *places)
{
    bool found = false;
    source_lines *lines = source_lines_open(m->module, m->bytes.data);
    for (uint32_t i = 0; i < trap->frame_count && lines; i++) {
        const wisp_frame *frame = &trap->frames[i];
        if (frame->module != m->module)
            continue;
        places[i].len = source_lines_find(lines, frame->offset, places[i].list);
        found |= places[i].len > 0;
    }
    source_lines_close(lines);
    return found;
}

/* Finds the places of all frames; false if there are none. */
static bool find_places(const backtrace *b, frame_places *places)
{
    bool found = add_places(b->main, b->trap, places);
    for (size_t i = 0; i < b->preload_count; i++)
        found |= b->preloads[i].module && add_places(&b->preloads[i], b->trap, places);
    return found;
}

/* ------------------------------------------------------------------ as text */

static void print_place(const source_place *place)
{
    if (*place->file)
        fprintf(stderr, ", %s:%" PRIu32, place->file, place->line);
    fputs("\n", stderr);
}

static void print_frame(const wisp_frame *frame, const frame_places *places)
{
    const char *name = frame->func_name ? frame->func_name : "?";
    if (!frame->module) {
        fprintf(stderr, "  at %s (host)\n", name);
        return;
    }
    const source_place *place = places->list;
    if (*place->function && (places->len > 1 || !frame->func_name))
        name = place->function;
    fprintf(stderr, "  at %s (function %" PRIu32 ", byte %" PRIu32 ")", name, frame->func_index,
            frame->offset);
    print_place(place);
    for (uint32_t i = 1; i < places->len; i++) {
        fprintf(stderr, "    inlined into %s", *place[i].function ? place[i].function : "?");
        print_place(&place[i]);
    }
}

static void print_frames(const wisp_trap *trap, const frame_places *places)
{
    fprintf(stderr, "trap: %s\n", trap->text);
    for (uint32_t i = 0; i < trap->frame_count; i++)
        print_frame(&trap->frames[i], &places[i]);
    if (trap->depth > trap->frame_count)
        fprintf(stderr, "  and %" PRIu32 " more\n", trap->depth - trap->frame_count);
}

/* ------------------------------------------------------------------ as JSON */

static bool set_place(wisp_json *object, const source_place *place)
{
    return !*place->file || (wisp_json_set_string(object, "file", place->file) &&
                             wisp_json_set_number(object, "line", place->line));
}

static bool set_places(wisp_json *frame, const frame_places *places)
{
    if (!set_place(frame, &places->list[0]))
        return false;
    if (places->len < 2)
        return true;
    wisp_json *list = wisp_json_new_array();
    bool made = wisp_json_set_string(frame, "inlined", places->list[0].function) &&
                wisp_json_set(frame, "inlined_into", list);
    for (uint32_t i = 1; i < places->len && made; i++) {
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(list, entry) &&
               wisp_json_set_string(entry, "name", places->list[i].function) &&
               set_place(entry, &places->list[i]);
    }
    return made;
}

static bool set_frames(wisp_json *object, const wisp_trap *trap, const frame_places *places)
{
    wisp_json *frames = wisp_json_new_array();
    bool made = wisp_json_set(object, "backtrace", frames);
    for (uint32_t i = 0; i < trap->frame_count && made; i++) {
        const wisp_frame *frame = &trap->frames[i];
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(frames, entry) &&
               wisp_json_set_number(entry, "function", frame->func_index) &&
               (!frame->func_name || wisp_json_set_string(entry, "name", frame->func_name)) &&
               wisp_json_set_number(entry, "offset", frame->offset) &&
               set_places(entry, &places[i]);
    }
    return made;
}

/* Frees [object] as well. */
static int print_json_trap(wisp_json *object, const wisp_trap *trap, const frame_places *places)
{
    if (!wisp_json_set_bool(object, "trapped", true) ||
        !wisp_json_set_string(object, "trap", trap->text) ||
        !wisp_json_set_number(object, "depth", trap->depth) ||
        !set_frames(object, trap, places)) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_TRAP);
}

/* ------------------------------------------------------------------ both */

static int print_with(const backtrace *b, const frame_places *places)
{
    if (b->wants_json)
        return print_json_trap(b->json, b->trap, places);
    print_frames(b->trap, places);
    return EXIT_TRAP;
}

/*
 * Finds and prints everything in a process of its own, which has ten seconds: a module with
 * malicious debug information can take that process down, but not this one. Nothing is printed
 * before all is found. False if nothing was.
 */
static bool print_apart(const backtrace *b, frame_places *places)
{
    enum { NOTHING_FOUND = 200 };
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        int code = NOTHING_FOUND;
        if (find_places(b, places))
            code = print_with(b, places);
        fflush(NULL);
        _exit(code);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_TRAP;
}

int print_backtrace(const backtrace *b)
{
    frame_places *places = calloc(WISP_TRAP_FRAMES_MAX, sizeof *places);
    if (!places) {
        fprintf(stderr, "trap: %s\n", b->trap->text);
        wisp_json_free(b->json);
        return EXIT_SYSTEM;
    }
    int code = EXIT_TRAP;
    bool is_done = b->wants_lines && print_apart(b, places);
    if (is_done)
        wisp_json_free(b->json);
    else
        code = print_with(b, places);
    if (!is_done && b->wants_lines)
        fputs("no source lines: no debug information that can be read; compile with -g\n",
              stderr);
    free(places);
    return code;
}

int print_trap(const run_world *world)
{
    bool wants_json = args_has(world->args, "json");
    backtrace b = {
        .trap = wisp_store_trap(world->store),
        .main = &world->main,
        .preloads = world->preloads,
        .preload_count = world->preload_count,
        .wants_lines = args_has(world->args, "backtrace"),
        .wants_json = wants_json,
        .json = wants_json ? wisp_json_new_object() : NULL,
    };
    return print_backtrace(&b);
}
