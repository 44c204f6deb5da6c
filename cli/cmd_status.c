#include "commands.h"
#include "device_log.h"
#include "fleet_status.h"
#include "out.h"
#include "term.h"
#include "trust/date.h"

#include <wisp/update.h>

#include <inttypes.h>
#include <time.h>

/* ------------------------------------------------------------------ for people */

static void label(const char *name)
{
    printf("%s%-12s%s", term(stdout, TERM_BOLD), name, term(stdout, TERM_PLAIN));
}

/* "2031-01-02T03:04:05Z, 3 days ago". */
static void print_time(int64_t at)
{
    char date[WISP_DATE_TEXT_SIZE] = "?", ago[AGO_TEXT_SIZE];
    wisp_date_print(at, date);
    printf("%s, %s", date, ago_text(at, (int64_t)time(NULL), ago));
}

static void print_content(const wisp_hash *content, uint64_t bytes)
{
    char hash[WISP_HASH_TEXT_SIZE], size[COUNT_TEXT_SIZE];
    wisp_hash_print(content, hash);
    printf("%12ssha256 %s", "", hash);
    if (bytes)
        printf(", %s bytes", count_text(bytes, size));
    putchar('\n');
}

static void print_modules(const wisp_update_entry *entry)
{
    for (uint32_t i = 0; i < entry->module_len; i++) {
        if (entry->module_len > 1)
            printf("%12s%s\n", "", entry->modules[i].name);
        print_content(&entry->modules[i].hash, entry->modules[i].size);
    }
}

static void print_flag(const wisp_flag *flag)
{
    switch (flag->kind) {
    case WISP_FLAG_BOOL:
        printf(" %s=%s", flag->name, flag->number ? "true" : "false");
        break;
    case WISP_FLAG_NUMBER:
        printf(" %s=%" PRIu64, flag->name, flag->number);
        break;
    case WISP_FLAG_TEXT:
        printf(" %s=\"%s\"", flag->name, flag->text);
        break;
    }
}

/* What the publisher gave along with the content. */
static void print_extras(const wisp_update_entry *entry)
{
    size_t cursor = 0;
    wisp_flag flag;
    if (entry->variant[0])
        printf("%12svariant %s\n", "", entry->variant);
    for (bool is_first = true; wisp_flags_next(&entry->flags, &cursor, &flag); is_first = false) {
        if (is_first)
            printf("%12sflags", "");
        print_flag(&flag);
    }
    if (cursor > 1)
        putchar('\n');
}

static void print_release(const wisp_update_entry *entry)
{
    print_modules(entry);
    print_extras(entry);
}

static void print_good(const wisp_update_entry *good)
{
    label("Last good");
    if (good->state == WISP_STATE_EMPTY) {
        puts("the module embedded in the program");
        return;
    }
    printf("version %" PRIu64 ", committed ", good->version);
    print_time(good->since);
    putchar('\n');
    print_release(good);
}

static void print_candidate(const wisp_update_entry *candidate)
{
    label("Candidate");
    switch (candidate->state) {
    case WISP_STATE_STAGED:
        printf("version %" PRIu64 ", staged ", candidate->version);
        print_time(candidate->since);
        puts(": the program's next look for a module tries it");
        break;
    case WISP_STATE_TRIAL:
        printf("version %" PRIu64 ", on trial ", candidate->version);
        print_time(candidate->since);
        printf(": attempt %" PRIu32 ", neither committed nor rejected yet\n",
               candidate->attempts);
        if (candidate->unripe)
            printf("%12s%" PRIu32 " of the attempts committed it before they had lasted\n", "",
                   candidate->unripe);
        break;
    default:
        puts("none");
        return;
    }
    print_release(candidate);
}

static void print_incoming(const wisp_update_entry *incoming)
{
    if (incoming->state == WISP_STATE_EMPTY)
        return;
    label("Incoming");
    printf("version %" PRIu64 ", %s since ", incoming->version,
           incoming->state == WISP_STATE_FETCHING ? "being fetched" : "known, not fetched yet,");
    print_time(incoming->since);
    putchar('\n');
    print_release(incoming);
}

static void print_bans(const wisp_update_status *status)
{
    label("Banned");
    if (status->ban_count == 0)
        puts("none");
    for (uint32_t i = 0; i < status->ban_count; i++) {
        const wisp_update_failure *ban = &status->bans[i];
        printf("%*sversion %" PRIu64 ", ", i ? 12 : 0, "", ban->version);
        print_time(ban->since);
        printf(": %s\n", ban->reason);
        print_content(&ban->hash, ban->size);
    }
}

/* Why the device does not run what it had. */
static void print_lost(const wisp_update_failure *lost)
{
    if (lost->state == WISP_STATE_EMPTY)
        return;
    label("Lost");
    printf("version %" PRIu64 ", ", lost->version);
    print_time(lost->since);
    printf(": %s\n", lost->reason);
    print_content(&lost->hash, lost->size);
}

static void print_last_check(const wisp_update_status *status)
{
    const wisp_update_result *result = &status->last_result;
    label("Last check");
    if (status->last_check == 0) {
        puts("never");
        return;
    }
    print_time(status->last_check);
    bool is_fine =
        result->outcome != WISP_UPDATE_UNAVAILABLE && result->outcome != WISP_UPDATE_FAILED;
    printf(": %s%s%s", term(stdout, is_fine ? TERM_GREEN : TERM_RED),
           wisp_update_outcome_name(result->outcome), term(stdout, TERM_PLAIN));
    if (result->version)
        printf(", version %" PRIu64 " is published", result->version);
    if (result->reason[0])
        printf("\n%12s%s (%s)", "", result->reason, wisp_update_code_name(result->code));
    putchar('\n');
}

static void print_delivery(const wisp_update_status *status)
{
    char lost[COUNT_TEXT_SIZE], refused[COUNT_TEXT_SIZE];
    if (!status->events_waiting && !status->events_lost && !status->events_refused)
        return;
    label("Events");
    printf("%" PRIu32 " wait to be delivered, %s lost, %s refused\n", status->events_waiting,
           count_text(status->events_lost, lost), count_text(status->events_refused, refused));
}

/* Who the device is, and what the publisher said of all releases. */
static void print_device(const wisp_update_status *status)
{
    label("Device");
    printf("%s, channel %s\n", status->device_id[0] ? status->device_id : "without an id yet",
           status->channel[0] ? status->channel : "unknown");
    label("Publisher");
    printf("has reached version %" PRIu64, status->sequence);
    if (status->floor)
        printf("; nothing below version %" PRIu64 " is to run", status->floor);
    putchar('\n');
}

static void print_status(const wisp_update_status *status)
{
    print_device(status);
    print_good(&status->good);
    print_candidate(&status->candidate);
    print_incoming(&status->incoming);
    print_lost(&status->lost);
    print_bans(status);
    print_last_check(status);
    print_delivery(status);
    label("Trusts");
    printf("root version %" PRIu64 ", timestamp %" PRIu64 ", snapshot %" PRIu64
           ", targets %" PRIu64 "\n",
           status->root_version, status->timestamp_version, status->snapshot_version,
           status->targets_version);
}

/* ------------------------------------------------------------------ for scripts */

static bool set_date(wisp_json *object, const char *key, int64_t at)
{
    char date[WISP_DATE_TEXT_SIZE] = "";
    return at == 0 || (wisp_date_print(at, date) && wisp_json_set_string(object, key, date));
}

static bool append_module(wisp_json *array, const wisp_update_module *module)
{
    wisp_json *child = wisp_json_new_object();
    return wisp_json_append(array, child) && wisp_json_set_string(child, "name", module->name) &&
           set_hash(child, "sha256", &module->hash) &&
           wisp_json_set_number(child, "size", module->size);
}

static bool set_modules(wisp_json *object, const wisp_update_entry *entry)
{
    wisp_json *array = wisp_json_new_array();
    bool made = wisp_json_set(object, "modules", array);
    for (uint32_t i = 0; i < entry->module_len && made; i++)
        made = append_module(array, &entry->modules[i]);
    return made;
}

static bool set_flag(wisp_json *object, const wisp_flag *flag)
{
    switch (flag->kind) {
    case WISP_FLAG_BOOL:
        return wisp_json_set_bool(object, flag->name, flag->number != 0);
    case WISP_FLAG_NUMBER:
        return wisp_json_set_number(object, flag->name, flag->number);
    case WISP_FLAG_TEXT:
        return wisp_json_set_string(object, flag->name, flag->text);
    }
    return false;
}

static bool set_flags(wisp_json *object, const wisp_flags *flags)
{
    size_t cursor = 0;
    wisp_flag flag;
    wisp_json *child = wisp_json_new_object();
    bool made = wisp_json_set(object, "flags", child);
    while (made && wisp_flags_next(flags, &cursor, &flag))
        made = set_flag(child, &flag);
    return made;
}

static bool fill_entry(wisp_json *object, const wisp_update_entry *entry)
{
    if (!wisp_json_set_string(object, "state", wisp_image_state_name(entry->state)))
        return false;
    if (entry->state == WISP_STATE_EMPTY)
        return true;
    return wisp_json_set_number(object, "version", entry->version) &&
           set_hash(object, "sha256", &entry->hash) && set_modules(object, entry) &&
           wisp_json_set_string(object, "variant", entry->variant) &&
           set_flags(object, &entry->flags) &&
           wisp_json_set_number(object, "attempts", entry->attempts) &&
           wisp_json_set_number(object, "unripe", entry->unripe) &&
           set_date(object, "since", entry->since);
}

static bool set_entry(wisp_json *object, const char *key, const wisp_update_entry *entry)
{
    wisp_json *child = wisp_json_new_object();
    return wisp_json_set(object, key, child) && fill_entry(child, entry);
}

static bool fill_failure(wisp_json *object, const wisp_update_failure *failure)
{
    if (!wisp_json_set_string(object, "state", wisp_image_state_name(failure->state)))
        return false;
    if (failure->state == WISP_STATE_EMPTY)
        return true;
    return wisp_json_set_number(object, "version", failure->version) &&
           set_hash(object, "sha256", &failure->hash) &&
           wisp_json_set_number(object, "size", failure->size) &&
           wisp_json_set_number(object, "attempts", failure->attempts) &&
           set_date(object, "since", failure->since) &&
           wisp_json_set_string(object, "reason", failure->reason);
}

static bool set_lost(wisp_json *object, const wisp_update_failure *lost)
{
    wisp_json *child = wisp_json_new_object();
    return wisp_json_set(object, "lost", child) && fill_failure(child, lost);
}

static bool set_bans(wisp_json *object, const wisp_update_status *status)
{
    wisp_json *array = wisp_json_new_array();
    bool made = wisp_json_set(object, "bans", array);
    for (uint32_t i = 0; i < status->ban_count && made; i++) {
        wisp_json *child = wisp_json_new_object();
        made = wisp_json_append(array, child) && fill_failure(child, &status->bans[i]);
    }
    return made;
}

static bool set_device(wisp_json *object, const wisp_update_status *status)
{
    return wisp_json_set_string(object, "device_id", status->device_id) &&
           wisp_json_set_string(object, "channel", status->channel) &&
           wisp_json_set_number(object, "sequence", status->sequence) &&
           wisp_json_set_number(object, "floor", status->floor) &&
           set_date(object, "time_floor", status->time_floor);
}

static bool set_check(wisp_json *object, const wisp_update_status *status)
{
    const wisp_update_result *result = &status->last_result;
    if (status->last_check == 0)
        return true;
    wisp_json *check = wisp_json_new_object();
    return wisp_json_set(object, "last_check", check) &&
           set_date(check, "at", status->last_check) &&
           wisp_json_set_string(check, "outcome", wisp_update_outcome_name(result->outcome)) &&
           wisp_json_set_string(check, "code", wisp_update_code_name(result->code)) &&
           wisp_json_set_string(check, "status", wisp_status_name(result->status)) &&
           wisp_json_set_number(check, "retry_after_s", result->retry_after_s) &&
           wisp_json_set_number(check, "version", result->version) &&
           wisp_json_set_number(check, "bytes_fetched", result->bytes_fetched) &&
           wisp_json_set_string(check, "reason", result->reason);
}

static bool set_trusted(wisp_json *object, const wisp_update_status *status)
{
    wisp_json *trusted = wisp_json_new_object();
    return wisp_json_set(object, "trusted", trusted) &&
           wisp_json_set_number(trusted, "root", status->root_version) &&
           wisp_json_set_number(trusted, "timestamp", status->timestamp_version) &&
           wisp_json_set_number(trusted, "snapshot", status->snapshot_version) &&
           wisp_json_set_number(trusted, "targets", status->targets_version);
}

static bool set_delivery(wisp_json *object, const wisp_update_status *status)
{
    wisp_json *events = wisp_json_new_object();
    return wisp_json_set(object, "events", events) &&
           wisp_json_set_number(events, "waiting", status->events_waiting) &&
           wisp_json_set_number(events, "lost", status->events_lost) &&
           wisp_json_set_number(events, "refused", status->events_refused);
}

static bool set_log(wisp_json *object, const device_log *log)
{
    wisp_json *array = wisp_json_new_array();
    return wisp_json_set(object, "log", array) && device_log_fill(log, array);
}

static int print_status_json(const wisp_update_status *status, const device_log *log)
{
    wisp_json *object = wisp_json_new_object();
    if (!wisp_json_set_number(object, "generation", status->generation) ||
        !set_device(object, status) || !set_entry(object, "good", &status->good) ||
        !set_entry(object, "candidate", &status->candidate) ||
        !set_entry(object, "incoming", &status->incoming) || !set_lost(object, &status->lost) ||
        !set_bans(object, status) || !set_check(object, status) ||
        !set_delivery(object, status) || !set_trusted(object, status) ||
        (log && !set_log(object, log))) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

static int run(const cli_args *args)
{
    wisp_update_status status;
    device_log log;
    wisp_error err;
    bool has_log = args_has(args, "log");
    const char *fleet = args_text(args, "fleet", NULL);
    if (fleet && (args->len || has_log))
        return usage_error(args->command, "a device and --fleet are two questions");
    if (fleet)
        return fleet_status(fleet, args_has(args, "json"));
    const char *dir = args->len ? args->arguments[0] : ".";
    if (wisp_update_status_read(NULL, dir, &status, &err) ||
        (has_log && wisp_update_events_read(NULL, dir, log.events, &log.len, &err)))
        return fail_with(NULL, &err);
    if (args_has(args, "json"))
        return print_status_json(&status, has_log ? &log : NULL);
    print_status(&status);
    if (has_log)
        device_log_print(&log);
    return EXIT_OK;
}

const cli_command cmd_status = {
    .name = "status",
    .summary = "Tells what a device runs, or a fleet of them, and why",
    .usage = "[STATE_DIR] [--log] [--json] | --fleet FILE [--json]",
    .about =
        "STATE_DIR is the folder that the program gives its updater. It is only read, also\n"
        "while the program runs. Times are in UTC.\n"
        "\n"
        "FILE is the database into which 'wisp serve --events' takes what devices report: which\n"
        "versions they run, how far each came, and what went wrong.",
    .examples = "wisp status /var/lib/app/modules\n"
                "wisp status /var/lib/app/modules --json\n"
                "wisp status --fleet fleet.sqlite",
    .options = {{"fleet", "FILE", "tell what the devices of a fleet reported"},
                {"log", NULL, "what happened on the device lately"},
                {"json", NULL, "print JSON"}},
    .arguments_max = 1,
    .run = run,
};
