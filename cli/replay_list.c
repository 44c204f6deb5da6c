#include "replay_list.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

enum { CALL_TEXT_SIZE = 200 };

const char *entry_text(const wisp_recorded_entry *entry, char text[ENTRY_TEXT_SIZE])
{
    uint32_t number = entry->id > 0 ? entry->id : entry->type;
    if (number > 0)
        snprintf(text, ENTRY_TEXT_SIZE, "%s %" PRIu32, entry->kind, number);
    else
        snprintf(text, ENTRY_TEXT_SIZE, "%s", entry->kind);
    return text;
}

bool is_cut_off(const wisp_error *end, size_t file_size)
{
    return end->offset != file_size;
}

/* The [index]-th call, fit to be shown. */
static bool call_text(const wisp_recording *recording, uint32_t index, char text[CALL_TEXT_SIZE])
{
    char raw[CALL_TEXT_SIZE];
    if (!wisp_recording_call(recording, index, raw, sizeof raw))
        return false;
    wisp_text_copy(text, CALL_TEXT_SIZE, raw);
    return true;
}

/* ------------------------------------------------------------------ as text */

static void print_life(const wisp_recorded_life *life)
{
    printf("life %" PRIu32 ": a module of %" PRIu64 " bytes, ", life->number, life->module_size);
    if (life->has_snapshot)
        printf("version %" PRIu32 ", from a snapshot of %zu bytes", life->version,
               life->snapshot.size);
    else
        printf("from its start");
    if (life->has_state)
        printf(", with a state of %zu bytes", life->state.size);
    putchar('\n');
}

static void print_outcome(const wisp_recorded_entry *entry)
{
    if (entry->status == WISP_TRAP)
        printf("trap: %s, in function %" PRIu32 " at byte %" PRIu32, wisp_trap_text(entry->trap),
               entry->trap_func, entry->trap_offset);
    else if (entry->status != WISP_OK)
        printf("%s", wisp_status_name(entry->status));
    else if (entry->answer != 0)
        printf("answers %" PRId32, entry->answer);
    else
        printf("ok");
}

static void print_entry(const wisp_recording *recording, uint64_t time_us,
                        const wisp_recorded_entry *entry)
{
    char name[ENTRY_TEXT_SIZE], call[CALL_TEXT_SIZE];
    printf("%6" PRIu64 " %4" PRIu64 ".%03" PRIu64 " s  life %" PRIu32 "  %-12s", entry->number,
           time_us / 1000000, time_us / 1000 % 1000, entry->life, entry_text(entry, name));
    if (entry->bytes.size > 0)
        printf("%zu bytes, ", entry->bytes.size);
    printf("fuel %" PRIu64 ", ", entry->fuel);
    print_outcome(entry);
    putchar('\n');
    for (uint32_t i = 0; call_text(recording, i, call); i++)
        printf("           %s\n", call);
}

static void print_item(const wisp_recording *recording, const wisp_recorded *item)
{
    if (item->kind == WISP_RECORDED_LIFE)
        print_life(&item->of.life);
    else
        print_entry(recording, item->time_us, &item->of.entry);
}

/* ------------------------------------------------------------------ as JSON */

static bool append_life(wisp_json *lives, const wisp_recorded_life *life)
{
    wisp_json *object = wisp_json_new_object();
    return wisp_json_append(lives, object) &&
           wisp_json_set_number(object, "life", life->number) &&
           wisp_json_set_number(object, "module_size", life->module_size) &&
           wisp_json_set_bool(object, "snapshot", life->has_snapshot) &&
           wisp_json_set_bool(object, "state", life->has_state);
}

static bool set_trap(wisp_json *object, const wisp_recorded_entry *entry)
{
    return entry->status != WISP_TRAP ||
           (wisp_json_set_string(object, "trap", wisp_trap_text(entry->trap)) &&
            wisp_json_set_number(object, "function", entry->trap_func) &&
            wisp_json_set_number(object, "offset", entry->trap_offset));
}

static bool set_calls(wisp_json *object, const wisp_recording *recording)
{
    char text[CALL_TEXT_SIZE];
    wisp_json *calls = wisp_json_new_array();
    bool made = wisp_json_set(object, "calls", calls);
    for (uint32_t i = 0; made && call_text(recording, i, text); i++)
        made = wisp_json_append_string(calls, text);
    return made;
}

static bool append_entry(wisp_json *entries, const wisp_recording *recording, uint64_t time_us,
                         const wisp_recorded_entry *entry)
{
    wisp_json *object = wisp_json_new_object();
    return wisp_json_append(entries, object) &&
           wisp_json_set_number(object, "entry", entry->number) &&
           wisp_json_set_number(object, "life", entry->life) &&
           wisp_json_set_number(object, "time_us", time_us) &&
           wisp_json_set_string(object, "kind", entry->kind) &&
           wisp_json_set_number(object, "type", entry->type) &&
           wisp_json_set_number(object, "size", entry->bytes.size) &&
           wisp_json_set_number(object, "fuel", entry->fuel) &&
           wisp_json_set_string(object, "status", wisp_status_name(entry->status)) &&
           set_trap(object, entry) && set_calls(object, recording);
}

/* The object with all that there is, to which lives and entries are added. */
typedef struct listing {
    wisp_json *object, *lives, *entries; /* NULL where text is wanted */
    bool is_made;
} listing;

static listing listing_begin(const wisp_recording *recording, bool wants_json)
{
    char name[100];
    listing l = {.is_made = true};
    if (!wants_json)
        return l;
    wisp_text_copy(name, sizeof name, wisp_recording_name(recording));
    l.object = wisp_json_new_object();
    l.lives = wisp_json_new_array();
    l.entries = wisp_json_new_array();
    l.is_made = wisp_json_set_string(l.object, "guest", name) &&
                wisp_json_set(l.object, "lives", l.lives) &&
                wisp_json_set(l.object, "entries", l.entries);
    return l;
}

static void listing_add(listing *l, const wisp_recording *recording, const wisp_recorded *item)
{
    if (!l->object)
        print_item(recording, item);
    else if (item->kind == WISP_RECORDED_LIFE)
        l->is_made = l->is_made && append_life(l->lives, &item->of.life);
    else
        l->is_made =
            l->is_made && append_entry(l->entries, recording, item->time_us, &item->of.entry);
}

static int listing_end(listing *l)
{
    if (!l->object && l->is_made)
        return EXIT_OK;
    if (!l->is_made) {
        wisp_json_free(l->object);
        l->object = NULL;
    }
    return print_json(l->object, EXIT_OK);
}

int list_recording(wisp_recording *recording, const char *path, uint64_t until, bool wants_json)
{
    wisp_recorded item;
    wisp_error err;
    wisp_status status;
    listing l = listing_begin(recording, wants_json);
    bool is_over = false;
    while (!is_over && (status = wisp_recording_next(recording, &item, &err)) == WISP_OK) {
        listing_add(&l, recording, &item);
        is_over = item.kind == WISP_RECORDED_ENTRY && item.of.entry.number >= until;
    }
    int code = listing_end(&l);
    return is_over || status == WISP_NOT_FOUND ? code : fail_with(path, &err);
}
