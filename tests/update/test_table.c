#include "device.h"

#include "update/blobs.h"
#include "update/intake.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/*
 * What becomes of a release when something goes wrong in each of its states: a table, one row a
 * mishap, that can be read aloud. The device runs version 2; version 3 is the release.
 *
 *     While it is FETCHING and about to be staged, power is lost; it works:
 *     fetching, staged, trial, good; and version 3 runs.
 */

static device d;

static const device_release two = {.version = 2, .contents = {"app 2", "rules 2"}};
static const device_release three = {.version = 3, .contents = {"app 3", "rules 3"}};

/* --- the words of the table -------------------------------------------------------------- */

/* What was about to happen. */
#define DEEDS(X)                                                                                 \
    X(CHECKED, "to be found by a check")                                                         \
    X(FETCHED, "to be fetched")                                                                  \
    X(STAGED, "to be staged")                                                                    \
    X(STARTED, "to be started")                                                                  \
    X(COMMITTED, "to be committed")                                                              \
    X(REJECTED, "to be rejected")                                                                \
    X(STARTED_AGAIN, "to be started once more")                                                  \
    X(LIFTED, "to have its ban lifted")

/* What goes wrong. */
#define MISHAPS(X)                                                                               \
    X(ERROR, "the disk fails")                                                                   \
    X(FULL, "the disk is full")                                                                  \
    X(KILL, "the process is killed before anything is written")                                  \
    X(LATE_KILL, "the process is killed right after it")                                         \
    X(POWER, "power is lost right after it")                                                     \
    X(HANG, "the process hangs and is killed for it")

/* What the release does whenever it runs. */
#define CHARACTERS(X)                                                                            \
    X(WORKS, "it works")                                                                         \
    X(CRASHES, "it takes its process down")                                                      \
    X(HANGS, "it hangs until its process is killed")                                             \
    X(FAILS, "it is rejected")

#define X(name, words) name,
typedef enum deed { DEEDS(X) } deed;
typedef enum mishap { MISHAPS(X) } mishap;
typedef enum character { CHARACTERS(X) } character;
#undef X
#define X(name, words) [name] = words,
static const char *const deed_words[] = {DEEDS(X)};
static const char *const mishap_words[] = {MISHAPS(X)};
static const char *const character_words[] = {CHARACTERS(X)};
#undef X

typedef struct row {
    const char *state;
    deed about_to_be;
    mishap mishap;
    character character;
    const char *sequence; /* of its states, from then on and over five more starts */
    uint64_t runs;        /* the version in the end */
} row;

static const row rows[] = {
    {"empty", CHECKED, ERROR, WORKS, "empty checked fetching staged trial good", 3},
    {"empty", CHECKED, FULL, WORKS, "empty checked fetching staged trial good", 3},
    {"empty", CHECKED, KILL, WORKS, "empty checked fetching staged trial good", 3},
    {"empty", CHECKED, LATE_KILL, WORKS, "empty checked fetching staged trial good", 3},
    {"empty", CHECKED, POWER, WORKS, "empty checked fetching staged trial good", 3},
    {"empty", CHECKED, HANG, WORKS, "empty checked fetching staged trial good", 3},
    {"checked", FETCHED, ERROR, WORKS, "checked fetching staged trial good", 3},
    {"checked", FETCHED, FULL, WORKS, "checked fetching staged trial good", 3},
    {"checked", FETCHED, KILL, WORKS, "checked fetching staged trial good", 3},
    {"checked", FETCHED, LATE_KILL, WORKS, "checked fetching staged trial good", 3},
    {"checked", FETCHED, POWER, WORKS, "checked fetching staged trial good", 3},
    {"checked", FETCHED, HANG, WORKS, "checked fetching staged trial good", 3},
    {"fetching", STAGED, ERROR, WORKS, "fetching staged trial good", 3},
    {"fetching", STAGED, FULL, WORKS, "fetching staged trial good", 3},
    {"fetching", STAGED, KILL, WORKS, "fetching staged trial good", 3},
    {"fetching", STAGED, LATE_KILL, WORKS, "fetching staged trial good", 3},
    {"fetching", STAGED, POWER, WORKS, "fetching staged trial good", 3},
    {"fetching", STAGED, HANG, WORKS, "fetching staged trial good", 3},
    {"staged", STARTED, ERROR, WORKS, "staged trial good", 3},
    {"staged", STARTED, FULL, WORKS, "staged trial good", 3},
    {"staged", STARTED, KILL, WORKS, "staged trial good", 3},
    {"staged", STARTED, LATE_KILL, WORKS, "staged trial staged trial good", 3},
    {"staged", STARTED, POWER, WORKS, "staged trial staged trial good", 3},
    {"staged", STARTED, HANG, WORKS, "staged trial good", 3},
    {"trial", COMMITTED, ERROR, WORKS, "trial good", 3},
    {"trial", COMMITTED, FULL, WORKS, "trial good", 3},
    {"trial", COMMITTED, KILL, WORKS, "trial staged trial good", 3},
    {"trial", COMMITTED, LATE_KILL, WORKS, "trial good", 3},
    {"trial", COMMITTED, POWER, WORKS, "trial good", 3},
    {"trial", COMMITTED, HANG, WORKS, "trial staged trial good", 3},
    {"trial", REJECTED, ERROR, FAILS, "trial banned staged trial banned", 2},
    {"trial", REJECTED, FULL, FAILS, "trial banned staged trial banned", 2},
    {"trial", REJECTED, KILL, FAILS, "trial staged trial banned", 2},
    {"trial", REJECTED, LATE_KILL, FAILS, "trial banned", 2},
    {"trial", REJECTED, POWER, FAILS, "trial banned", 2},
    {"trial", REJECTED, HANG, FAILS, "trial staged trial banned", 2},
    {"good", STARTED_AGAIN, ERROR, WORKS, "good", 3},
    {"good", STARTED_AGAIN, FULL, WORKS, "good", 3},
    {"good", STARTED_AGAIN, KILL, WORKS, "good", 3},
    {"good", STARTED_AGAIN, LATE_KILL, WORKS, "good", 3},
    {"good", STARTED_AGAIN, POWER, WORKS, "good", 3},
    {"good", STARTED_AGAIN, HANG, WORKS, "good", 3},
    {"banned", CHECKED, ERROR, WORKS, "banned", 2},
    {"banned", CHECKED, FULL, WORKS, "banned", 2},
    {"banned", CHECKED, KILL, WORKS, "banned", 2},
    {"banned", CHECKED, LATE_KILL, WORKS, "banned", 2},
    {"banned", CHECKED, POWER, WORKS, "banned", 2},
    {"banned", CHECKED, HANG, WORKS, "banned", 2},
    {"banned", LIFTED, ERROR, WORKS, "banned checked fetching staged trial good", 3},
    {"banned", LIFTED, FULL, WORKS, "banned checked fetching staged trial good", 3},
    {"banned", LIFTED, KILL, WORKS, "banned checked fetching staged trial good", 3},
    {"banned", LIFTED, LATE_KILL, WORKS, "banned empty checked fetching staged trial good", 3},
    {"banned", LIFTED, POWER, WORKS, "banned empty checked fetching staged trial good", 3},
    {"banned", LIFTED, HANG, WORKS, "banned checked fetching staged trial good", 3},
    {"staged", STARTED, ERROR, CRASHES, "staged trial staged trial staged trial banned", 2},
    {"staged", STARTED, KILL, CRASHES, "staged trial staged trial staged trial banned", 2},
    {"staged", STARTED, POWER, CRASHES, "staged trial staged trial staged trial banned", 2},
    {"staged", STARTED, ERROR, HANGS, "staged trial staged trial staged trial banned", 2},
    {"staged", STARTED, KILL, HANGS, "staged trial staged trial staged trial banned", 2},
    {"staged", STARTED, POWER, HANGS, "staged trial staged trial staged trial banned", 2},
    {"staged", STARTED, ERROR, FAILS, "staged trial banned", 2},
    {"staged", STARTED, KILL, FAILS, "staged trial banned", 2},
    {"staged", STARTED, POWER, FAILS, "staged trial staged trial banned", 2},
    {"fetching", STAGED, HANG, CRASHES, "fetching staged trial staged trial staged trial banned",
     2},
    {"good", STARTED_AGAIN, HANG, CRASHES, "good", 3},
};

/* --- the release's state ----------------------------------------------------------------- */

static wisp_update_entry release_entry(void)
{
    return device_entry(&three);
}

static bool is_release(const wisp_update_entry *entry)
{
    wisp_update_entry release = release_entry();
    return entry->state != WISP_STATE_EMPTY &&
           memcmp(&entry->hash, &release.hash, sizeof release.hash) == 0;
}

static wisp_image_state release_state(void)
{
    wisp_update_status status = device_status(&d);
    wisp_update_entry release = release_entry();
    for (uint32_t i = 0; i < status.ban_count; i++)
        if (memcmp(&status.bans[i].hash, &release.hash, sizeof release.hash) == 0)
            return WISP_STATE_BANNED;
    const wisp_update_entry *slots[] = {&status.good, &status.candidate, &status.incoming};
    for (int i = 0; i < 3; i++)
        if (is_release(slots[i]))
            return slots[i]->state;
    return WISP_STATE_EMPTY;
}

static char sequence[400]; /* of the states, without repeats */

static void note(void)
{
    const char *name = wisp_image_state_name(release_state());
    const char *last = strrchr(sequence, ' ');
    if (strcmp(last ? last + 1 : sequence, name) == 0)
        return;
    size_t len = strlen(sequence);
    snprintf(sequence + len, sizeof sequence - len, "%s%s", len ? " " : "", name);
}

/* --- deeds ------------------------------------------------------------------------------- */

static bool is_lifted; /* the publisher has taken the ban back */

static wisp_status heed(void)
{
    wisp_update_entry release = release_entry();
    wisp_terms terms = {.sequence = 3, .lifted = &release.hash, .lifted_len = is_lifted};
    return wisp_intake_heed(d.updater, &terms, NULL);
}

static void expect(void)
{
    wisp_update_entry release = release_entry();
    if (heed() == WISP_OK && release_state() != WISP_STATE_BANNED)
        wisp_intake_expect(d.updater, &release, NULL);
}

static void fetch(void)
{
    wisp_update_entry release = release_entry();
    if (release_state() != WISP_STATE_BANNED)
        wisp_intake_fetch(d.updater, &release, &release.modules[0].hash, NULL);
}

static void stage(void)
{
    wisp_update_entry release = release_entry();
    bool is_stored = release_state() != WISP_STATE_BANNED;
    for (uint32_t i = 0; i < release.module_len && is_stored; i++) {
        wisp_bytes bytes = {(const uint8_t *)three.contents[i], release.modules[i].size};
        is_stored = device_put(&d, &release.modules[i].hash, bytes) == WISP_OK;
    }
    if (is_stored)
        wisp_intake_stage(d.updater, &release, NULL);
}

static void try_to(deed it)
{
    switch (it) {
    case CHECKED:
        expect();
        break;
    case FETCHED:
        fetch();
        break;
    case STAGED:
        stage();
        break;
    case STARTED:
    case STARTED_AGAIN:
        device_acquire(&d);
        break;
    case COMMITTED:
        wisp_updater_commit(d.updater, &d.image, NULL);
        break;
    case REJECTED:
        wisp_updater_reject(d.updater, &d.image, "no good", NULL);
        break;
    case LIFTED:
        heed();
        break;
    }
}

static void do_deed(deed it)
{
    try_to(it);
    note();
}

/* --- a device's days --------------------------------------------------------------------- */

static void restart(survival kept)
{
    device_crash(&d, kept);
    assert_int_equal(device_open(&d), WISP_OK);
    note();
}

/* The release runs, and does what it does. */
static void behave(character it)
{
    switch (it) {
    case WORKS:
        do_deed(COMMITTED);
        break;
    case FAILS:
        do_deed(REJECTED);
        break;
    case CRASHES:
        restart(SURVIVES_SYNCED);
        break;
    case HANGS:
        restart(SURVIVES_ALL);
        break;
    }
}

/* Starts what is due; if that is the release, and it is not good yet, it shows what it is. */
static void start(character it)
{
    do_deed(STARTED);
    wisp_updater_poll(d.updater, NULL);
    note();
    if (d.image.source == WISP_IMAGE_TRIAL)
        behave(it);
}

/* The rest of a day without mishaps. */
static void live_on(character it)
{
    start(it);
    wisp_image_state state = release_state();
    if (state == WISP_STATE_STAGED || state == WISP_STATE_TRIAL || state == WISP_STATE_GOOD)
        return;
    do_deed(CHECKED);
    do_deed(FETCHED);
    do_deed(STAGED);
    start(it);
}

/* --- rows -------------------------------------------------------------------------------- */

static void prepare(const row *r)
{
    static const deed way[] = {CHECKED, FETCHED, STAGED, STARTED};
    device_init(&d);
    is_lifted = false;
    d.config.net = NULL;
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(device_take(&d, &two), WISP_OK);
    device_acquire(&d);
    device_commit(&d);
    for (size_t i = 0; i < sizeof way / sizeof *way; i++)
        if (strcmp(wisp_image_state_name(release_state()), r->state) != 0)
            do_deed(way[i]);
    if (strcmp(r->state, "good") == 0)
        do_deed(COMMITTED);
    if (strcmp(r->state, "banned") == 0)
        do_deed(REJECTED);
    assert_string_equal(wisp_image_state_name(release_state()), r->state);
    is_lifted = r->about_to_be == LIFTED;
    sequence[0] = '\0';
    note();
}

static void strike(const row *r)
{
    switch (r->mishap) {
    case ERROR:
    case FULL:
        faulty_os_arm(&d.disk, r->mishap == FULL ? FAULT_ENOSPC : FAULT_CRASH, 1);
        do_deed(r->about_to_be);
        faulty_os_arm(&d.disk, FAULT_NONE, 0);
        break;
    case KILL:
        faulty_os_arm(&d.disk, FAULT_CRASH, 1);
        try_to(r->about_to_be);
        restart(SURVIVES_ALL);
        break;
    case LATE_KILL:
        do_deed(r->about_to_be);
        restart(SURVIVES_ALL);
        break;
    case POWER:
        do_deed(r->about_to_be);
        restart(SURVIVES_SYNCED);
        break;
    case HANG:
        restart(SURVIVES_ALL);
        break;
    }
}

static void each_mishap_ends_as_the_table_says(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        prepare(r);
        strike(r);
        live_on(r->character);
        for (int day = 0; day < 5; day++) {
            restart(SURVIVES_SYNCED);
            live_on(r->character);
        }
        device_acquire(&d);
        if (strcmp(sequence, r->sequence) != 0 || d.image.version != r->runs) {
            wrong++;
            print_error("While it is %s and about %s, %s; %s:\n    %s; and version %d runs\n"
                        "  the table has\n    %s; and version %d runs\n",
                        r->state, deed_words[r->about_to_be], mishap_words[r->mishap],
                        character_words[r->character], sequence, (int)d.image.version,
                        r->sequence, (int)r->runs);
        }
        device_deinit(&d);
    }
    print_message("# %d rows\n", (int)(sizeof rows / sizeof *rows));
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mishap_ends_as_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
