#include "host_table.h"

#include "out.h"
#include "term.h"

#include <inttypes.h>
#include <string.h>

/* ------------------------------------------------------------------ members */

static uint64_t number(const wisp_json *object, const char *key)
{
    uint64_t value = 0;
    wisp_json_number(object, key, &value, NULL);
    return value;
}

static const char *text(const wisp_json *object, const char *key)
{
    const char *value = "";
    wisp_json_string(object, key, &value, NULL);
    return value;
}

static bool flag(const wisp_json *object, const char *key)
{
    bool value = false;
    wisp_json_bool(object, key, &value, NULL);
    return value;
}

/* ------------------------------------------------------------------ sentences */

/* "running", "probation, 93 to go". */
static void print_state(const wisp_json *guest, int width)
{
    char state[64];
    uint64_t left = number(guest, "entries_left");
    if (left)
        snprintf(state, sizeof state, "%s, %" PRIu64 " to go", text(guest, "state"), left);
    else
        snprintf(state, sizeof state, "%s", text(guest, "state"));
    printf("%-*s", width, state);
}

static void print_module(const wisp_json *guest)
{
    char size[COUNT_TEXT_SIZE];
    if (flag(guest, "native"))
        fputs("native", stdout);
    else if (!flag(guest, "managed"))
        fputs("the program's own", stdout);
    else if (*text(guest, "sha256"))
        printf("%.12s…, %s bytes", text(guest, "sha256"),
               count_text(number(guest, "module_size"), size));
    else
        fputs("-", stdout);
}

static const char *app_id(const wisp_json *guest)
{
    const char *found = text(guest, "app_id");
    return strspn(found, "0x") == strlen(found) ? "-" : found;
}

/* What came of the change: one line. */
static void print_change(const char *verb, const wisp_json *answer)
{
    const wisp_json *guest;
    if (wisp_json_object(answer, "guest", &guest, NULL))
        return;
    printf("%s%s%s %s version %" PRIu64 ", ", term(stdout, TERM_BOLD), verb,
           term(stdout, TERM_PLAIN), text(guest, "name"), number(guest, "version"));
    print_state(guest, 0);
    putchar('\n');
}

void host_print_installed(const wisp_json *answer, const wisp_order *order)
{
    (void)order;
    print_change("Installed", answer);
}

void host_print_swapped(const wisp_json *answer, const wisp_order *order)
{
    (void)order;
    print_change("Swapped to", answer);
}

void host_print_shadowed(const wisp_json *answer, const wisp_order *order)
{
    (void)order;
    print_change("In the shadow of", answer);
}

void host_print_shadow_ended(const wisp_json *answer, const wisp_order *order)
{
    (void)order;
    print_change("No longer shadowed:", answer);
}

void host_print_removed(const wisp_json *answer, const wisp_order *order)
{
    (void)answer;
    printf("%sRemoved%s %s\n", term(stdout, TERM_BOLD), term(stdout, TERM_PLAIN), order->name);
}

/* ------------------------------------------------------------------ list */

void host_print_list(const wisp_json *answer, const wisp_order *order)
{
    const wisp_json *guests;
    (void)order;
    if (wisp_json_array(answer, "guests", &guests, NULL) || wisp_json_len(guests) == 0) {
        puts("No modules.");
        return;
    }
    printf("%s%-20s %5s %8s  %-22s %-18s  %s%s\n", term(stdout, TERM_FAINT), "Name", "Id",
           "Version", "State", "App id", "Module", term(stdout, TERM_PLAIN));
    for (size_t i = 0; i < wisp_json_len(guests); i++) {
        const wisp_json *guest = wisp_json_item(guests, i);
        printf("%-20s %5" PRIu64 " %8" PRIu64 "  ", text(guest, "name"), number(guest, "id"),
               number(guest, "version"));
        print_state(guest, 22);
        printf(" %-18s  ", app_id(guest));
        print_module(guest);
        puts(wisp_json_has(guest, "shadow") ? ", with a shadow" : "");
    }
}

/* ------------------------------------------------------------------ stat */

/* "  Label       " and then "12 of this, 3 of that", of the members that are named. */
static void print_counts(const wisp_json *guest, const char *label, const char *const (*parts)[2])
{
    char count[COUNT_TEXT_SIZE];
    printf("  %-12s", label);
    for (size_t i = 0; parts[i][0]; i++)
        printf("%s%s %s", i ? ", " : "", count_text(number(guest, parts[i][0]), count),
               parts[i][1]);
    putchar('\n');
}

static void print_spread(const wisp_json *object, const char *label, const char *key,
                         const char *unit)
{
    const wisp_json *spread;
    char p50[COUNT_TEXT_SIZE], p99[COUNT_TEXT_SIZE], most[COUNT_TEXT_SIZE];
    if (wisp_json_object(object, key, &spread, NULL))
        return;
    printf("  %-12sp50 %s, p99 %s, at most %s%s\n", label, count_text(number(spread, "p50"), p50),
           count_text(number(spread, "p99"), p99), count_text(number(spread, "max"), most), unit);
}

static void print_shadow(const wisp_json *guest)
{
    static const char *const compared[][2] = {
        {"entries", "entries compared"}, {"differences", "differ"}, {NULL, NULL}};
    const wisp_json *shadow;
    if (wisp_json_object(guest, "shadow", &shadow, NULL) == WISP_OK) {
        print_counts(shadow, "Shadow", compared);
        print_spread(shadow, "  its fuel", "shadow_fuel", "");
        print_spread(shadow, "  live fuel", "fuel", "");
        print_spread(shadow, "  its time", "shadow_ns", " ns");
        print_spread(shadow, "  live time", "entry_ns", " ns");
    }
    if (*text(guest, "shadow_said"))
        printf("  %-12s%s\n", "Shadow said", text(guest, "shadow_said"));
}

static void print_identity(const wisp_json *guest)
{
    printf("%s%s%s version %" PRIu64 ", ", term(stdout, TERM_BOLD), text(guest, "name"),
           term(stdout, TERM_PLAIN), number(guest, "version"));
    print_state(guest, 0);
    printf("\n  %-12sid %" PRIu64 ", app id %s\n", "Guest", number(guest, "id"), app_id(guest));
    printf("  %-12s", "Module");
    print_module(guest);
    putchar('\n');
}

static void print_last(const wisp_json *guest)
{
    const char *reason = text(guest, "reason");
    if (*text(guest, "last_event"))
        printf("  %-12s%s\n", "Last event", text(guest, "last_event"));
    if (*reason)
        printf("  %-12s%s\n", "Last reason", reason);
}

static const struct {
    const char *label;
    const char *const parts[5][2];
} LINES[] = {
    {"Handled", {{"messages_in", "messages"}, {"events_in", "events"}, {"task_runs", "tasks"}}},
    {"Sent", {{"messages_out", "messages"}, {"events_out", "events"}}},
    {"Refused", {{"events_refused", "of its events"}}},
    {"Dropped", {{"messages_dropped", "messages"}, {"events_dropped", "events"}}},
    {"Callbacks", {{"callbacks_called", "called"}, {"callbacks_cancelled", "cancelled"}}},
    {"Faults",
     {{"traps", "traps"},
      {"fuel_exhausted", "of them out of fuel"},
      {"deadlines_missed", "past the deadline"},
      {"restarts", "restarts"}}},
    {"Swaps", {{"swaps", "swaps"}, {"reverts", "reverted"}, {"redelivered", "given again"}}},
    {"Queue", {{"queue_len", "waiting"}, {"queue_peak", "at most"}}},
    {"Memory", {{"memory_size", "bytes"}, {"memory_peak", "at most"}}},
    {"Heap", {{"heap_size", "bytes"}, {"heap_peak", "at most"}}},
    {"Holds",
     {{"task_count", "tasks"},
      {"timer_count", "timers"},
      {"subscription_count", "subscriptions"}}},
};

void host_print_stat(const wisp_json *answer, const wisp_order *order)
{
    const wisp_json *guest;
    (void)order;
    if (wisp_json_object(answer, "guest", &guest, NULL))
        return;
    print_identity(guest);
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        print_counts(guest, LINES[i].label, LINES[i].parts);
    print_spread(guest, "Fuel", "fuel", " for an entry");
    print_spread(guest, "Time", "entry_ns", " ns for an entry");
    print_shadow(guest);
    print_last(guest);
}
