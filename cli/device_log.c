#include "device_log.h"

#include "out.h"
#include "term.h"
#include "trust/date.h"

#include <inttypes.h>

static void print_event(const wisp_update_event *event)
{
    char date[WISP_DATE_TEXT_SIZE] = "?";
    wisp_date_print(event->at, date);
    printf("  %s  %-12s", date, wisp_update_event_kind_name(event->kind));
    if (event->version)
        printf(" version %" PRIu64, event->version);
    if (event->variant[0])
        printf(", variant %s", event->variant);
    if (event->attempt)
        printf(", attempt %" PRIu32, event->attempt);
    if (event->bytes)
        printf(", %" PRIu64 " bytes", event->bytes);
    if (event->code[0])
        printf(": %s", event->code);
    if (event->reason[0])
        printf(": %s", event->reason);
    putchar('\n');
}

void device_log_print(const device_log *log)
{
    printf("%sLog%s\n", term(stdout, TERM_BOLD), term(stdout, TERM_PLAIN));
    for (size_t i = 0; i < log->len; i++)
        print_event(&log->events[i]);
}

static bool set_text(wisp_json *object, const char *key, const char *text)
{
    return text[0] == '\0' || wisp_json_set_string(object, key, text);
}

static bool set_number(wisp_json *object, const char *key, uint64_t number)
{
    return number == 0 || wisp_json_set_number(object, key, number);
}

static bool fill_event(wisp_json *object, const wisp_update_event *event)
{
    char date[WISP_DATE_TEXT_SIZE] = "";
    wisp_date_print(event->at, date);
    return wisp_json_set_number(object, "sequence", event->sequence) &&
           set_text(object, "at", date) &&
           wisp_json_set_string(object, "event", wisp_update_event_kind_name(event->kind)) &&
           wisp_json_set_string(object, "channel", event->channel) &&
           wisp_json_set_number(object, "running", event->running) &&
           set_number(object, "version", event->version) &&
           set_number(object, "attempt", event->attempt) &&
           set_number(object, "bytes", event->bytes) &&
           set_text(object, "variant", event->variant) && set_text(object, "code", event->code) &&
           set_text(object, "reason", event->reason);
}

bool device_log_fill(const device_log *log, wisp_json *array)
{
    bool made = true;
    for (size_t i = 0; i < log->len && made; i++) {
        wisp_json *object = wisp_json_new_object();
        made = wisp_json_append(array, object) && fill_event(object, &log->events[i]);
    }
    return made;
}
