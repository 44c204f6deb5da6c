/*
 * The glue of wisp.h over real modules, a repository in memory and a file system in memory.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <wisp/bridge.h>
#include <wisp/wisp.h>

#include "../scratch.h"
#include "../update/repo.h"
#include "host/measure/blackbox_page.h"
#include "wasm/snapshot.h"
#include "faulty_os.h"
#include "ration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORKERS(X)                                                                               \
    X(worker_1)                                                                                  \
    X(worker_2)                                                                                  \
    X(worker_3)                                                                                  \
    X(worker_traps)                                                                              \
    X(worker_says_no)                                                                            \
    X(worker_needs_more)

#define X(name)                                                                                  \
    extern const unsigned char name[];                                                           \
    extern const size_t name##_size;
WORKERS(X)
#undef X

#define MODULE(name) ((wisp_bytes){name, name##_size})

enum { CHANNEL = 7, PROBATION = 5 };

/* A device with its program, and the publisher's repository. */
typedef struct rig {
    faulty_os os;
    repo repo;
    wisp_live_config config;
    wisp_live *live;
    char heard[1024];  /* answers, as "version:count " */
    char events[1024]; /* names of events, as "started " */
    wisp_update_result checked;
    int checks;
    ration memory;
    wisp_allocator allocator; /* that draws on it */
} rig;

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    rig *r = user;
    uint32_t answer[2];
    (void)guest;
    assert_int_equal(channel, CHANNEL);
    assert_int_equal(bytes.size, sizeof answer);
    memcpy(answer, bytes.data, sizeof answer);
    size_t len = strlen(r->heard);
    snprintf(r->heard + len, sizeof r->heard - len, "%u:%u ", answer[0], answer[1]);
}

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    rig *r = user;
    (void)guest;
    size_t len = strlen(r->events);
    snprintf(r->events + len, sizeof r->events - len, "%s ", wisp_guest_event_name(event->kind));
}

static void on_check(void *user, const wisp_update_result *result)
{
    rig *r = user;
    r->checked = *result;
    r->checks++;
}

static rig *make_rig(void)
{
    rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    faulty_os_init(&r->os);
    r->os.time = 1700000000;
    repo_init(&r->repo);
    r->allocator = ration_allocator(&r->memory);
    r->config = (wisp_live_config){
        .update = {.allocator = &r->allocator,
                   .os = &r->os.os,
                   .net = &r->repo.net,
                   .dir = "device",
                   .url = "http://repo",
                   .target = r->repo.target,
                   .root = repo_get(&r->repo, "1.root.json"),
                   .base = MODULE(worker_1),
                   .base_version = 1},
        .guest = {.probation_entries = PROBATION,
                  .restarts_max = 2,
                  .on_message = on_message,
                  .on_event = on_event,
                  .user = r},
        .on_check = on_check,
    };
    return r;
}

static void free_rig(rig *r)
{
    wisp_live_close(r->live);
    assert_int_equal(r->memory.live_bytes, 0);
    assert_int_equal(faulty_os_open_len(&r->os), 0);
    repo_deinit(&r->repo);
    faulty_os_deinit(&r->os);
    free(r);
}

static void open_live(rig *r)
{
    wisp_error err;
    if (wisp_live_open(&r->config, &r->live, &err))
        fail_msg("wisp_live_open: %s", err.text);
}

/* The process ends in an orderly way, or by kill -9; the program starts again. */
static void restart(rig *r)
{
    wisp_live_close(r->live);
    r->live = NULL;
    r->events[0] = r->heard[0] = '\0';
    open_live(r);
}

static wisp_update_result check(rig *r)
{
    wisp_error err;
    wisp_update_result result;
    if (wisp_live_check(r->live, &result, &err))
        fail_msg("wisp_live_check: %s", err.text);
    return result;
}

static void release_and_check(rig *r, uint64_t version, wisp_bytes module)
{
    repo_release_bytes(&r->repo, version, module);
    wisp_update_result result = check(r);
    if (result.outcome != WISP_UPDATE_STAGED)
        fail_msg("not staged: %s", result.reason);
}

/* One tick of the program: a message, and a step. */
static void tick(rig *r, int times)
{
    for (int i = 0; i < times; i++) {
        wisp_guest_deliver(wisp_live_guest(r->live), CHANNEL, (wisp_bytes){NULL, 0}, NULL);
        wisp_live_step(r->live);
    }
}

static void expect(char *found, const char *expected)
{
    assert_string_equal(found, expected);
    found[0] = '\0';
}

static wisp_update_status status_of(rig *r)
{
    wisp_error err;
    wisp_update_status status;
    if (wisp_update_status_read(&r->os.os, "device", &status, &err))
        fail_msg("wisp_update_status_read: %s", err.text);
    return status;
}

static const wisp_live_policy hourly = {.interval_ms = 3600 * 1000};

/* ------------------------------------------------------------------ claims */

static void the_embedded_module_runs_without_a_network(void **state)
{
    (void)state;
    rig *r = make_rig();
    r->config.update.net = NULL;
    open_live(r);
    tick(r, 2);
    expect(r->heard, "1:1 1:2 ");
    expect(r->events, "started ");
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_BASE);
    assert_string_equal(wisp_live_trouble(r->live), "");
    free_rig(r);
}

static void a_release_is_swapped_in_with_the_state(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    tick(r, 2);
    release_and_check(r, 2, MODULE(worker_2));
    assert_int_equal(wisp_live_image(r->live)->version, 1);
    tick(r, 2);
    expect(r->heard, "1:1 1:2 1:3 2:4 ");
    expect(r->events, "started swapped ");
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(r->checks, 1);
    assert_int_equal(r->checked.outcome, WISP_UPDATE_STAGED);
    free_rig(r);
}

static void a_release_is_committed_after_its_probation(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    release_and_check(r, 2, MODULE(worker_2));
    wisp_live_step(r->live);
    tick(r, PROBATION - 1);
    assert_int_equal(status_of(r).candidate.state, WISP_STATE_TRIAL);
    tick(r, 1);
    expect(r->events, "started swapped committed ");
    wisp_update_status status = status_of(r);
    assert_int_equal(status.candidate.state, WISP_STATE_EMPTY);
    assert_int_equal(status.good.version, 2);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_GOOD);
    free_rig(r);
}

static void a_release_that_traps_is_taken_back_and_banned(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    tick(r, 1);
    release_and_check(r, 2, MODULE(worker_traps));
    wisp_live_step(r->live);
    tick(r, 3);
    expect(r->heard, "1:1 2:2 1:2 1:3 1:4 "); /* what the second had handled, and all after it */
    expect(r->events, "started swapped reverted ");
    wisp_update_status status = status_of(r);
    assert_int_equal(status.ban_count, 1);
    assert_int_equal(status.bans[0].version, 2);
    assert_non_null(strstr(status.bans[0].reason, "unreachable"));

    wisp_update_result result = check(r);
    assert_int_equal(result.outcome, WISP_UPDATE_DEFERRED);
    assert_int_equal(result.status, WISP_BANNED);
    release_and_check(r, 3, MODULE(worker_3));
    tick(r, 2);
    expect(r->heard, "1:5 3:6 ");
    free_rig(r);
}

static void a_release_that_does_not_start_never_stops_the_old_one(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    release_and_check(r, 2, MODULE(worker_says_no));
    tick(r, 2);
    expect(r->heard, "1:1 1:2 ");
    expect(r->events, "started refused ");
    assert_int_equal(status_of(r).ban_count, 1);
    free_rig(r);
}

static void what_could_not_run_is_never_staged(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    repo_release_bytes(&r->repo, 2, (wisp_bytes){(const uint8_t *)"no wasm at all", 14});
    wisp_update_result result = check(r);
    assert_int_equal(result.outcome, WISP_UPDATE_FAILED);
    assert_int_equal(result.status, WISP_MALFORMED);
    repo_release_bytes(&r->repo, 3, MODULE(worker_needs_more));
    result = check(r);
    assert_int_equal(result.outcome, WISP_UPDATE_FAILED);
    assert_non_null(strstr(result.reason, "more"));
    tick(r, 1);
    expect(r->events, "started ");
    free_rig(r);
}

static wisp_status refuse_all(void *user, const wisp_image *image, wisp_error *err)
{
    assert_int_equal(image->module_len, 1);
    memset(err, 0, sizeof *err);
    snprintf(err->text, sizeof err->text, "%s", (const char *)user);
    return WISP_UNSUPPORTED;
}

static void the_program_has_a_say_before_staging(void **state)
{
    (void)state;
    rig *r = make_rig();
    r->config.update.accept = refuse_all;
    r->config.update.user = (void *)(uintptr_t) "not on Sundays";
    open_live(r);
    repo_release_bytes(&r->repo, 2, MODULE(worker_2));
    wisp_update_result result = check(r);
    assert_int_equal(result.outcome, WISP_UPDATE_FAILED);
    assert_non_null(strstr(result.reason, "not on Sundays"));
    free_rig(r);
}

static bool count_and_wait(void *user, uint64_t bytes, bool is_mandatory)
{
    assert_true(bytes > 0 && !is_mandatory);
    ++*(int *)user;
    return false;
}

static void the_program_decides_when_to_download(void **state)
{
    (void)state;
    rig *r = make_rig();
    int asked = 0;
    r->config.update.may_download = count_and_wait;
    r->config.update.user = &asked;
    open_live(r);
    repo_release_bytes(&r->repo, 2, MODULE(worker_2));
    assert_int_equal(check(r).outcome, WISP_UPDATE_DEFERRED);
    assert_int_equal(asked, 1);
    free_rig(r);
}

static void install(rig *r, uint64_t version, wisp_bytes module)
{
    release_and_check(r, version, module);
    wisp_live_step(r->live);
    tick(r, PROBATION);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_GOOD);
}

/* Signs what [custom] says, over [module] as the newest content. */
static void say(rig *r, uint64_t version, wisp_bytes module, const char *custom)
{
    r->repo.custom = custom;
    repo_release_bytes(&r->repo, version, module);
    r->repo.custom = NULL;
}

static void a_release_below_the_floor_makes_room_while_it_runs(void **state)
{
    (void)state;
    rig *r = make_rig();
    char custom[400], hash[WISP_HASH_TEXT_SIZE];
    wisp_hash two;
    open_live(r);
    install(r, 2, MODULE(worker_2));
    r->heard[0] = r->events[0] = '\0';
    assert_true(wisp_sha256(MODULE(worker_2), &two));
    wisp_hash_print(&two, hash);
    snprintf(custom, sizeof custom,
             "{'version':4,'min_version':4,'releases':[{'version':2,'modules':"
             "[{'name':'app.wasm','length':%d,'sha256':'%s'}]}]}",
             (int)worker_2_size, hash);
    say(r, 4, MODULE(worker_2), custom);
    check(r);
    tick(r, 1 + PROBATION);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_BASE);
    assert_non_null(strstr(r->heard, "1:"));
    expect(r->events, "swapped committed ");
    assert_int_equal(status_of(r).good.state, WISP_STATE_EMPTY);
    assert_int_equal(status_of(r).ban_count, 0);
    free_rig(r);
}

static void a_release_is_good_after_its_health_window(void **state)
{
    (void)state;
    rig *r = make_rig();
    r->config.update.health_ms = 60000;
    open_live(r);
    release_and_check(r, 2, MODULE(worker_2));
    wisp_live_step(r->live);
    tick(r, PROBATION + 3);
    assert_int_equal(wisp_live_image(r->live)->version, 2);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(status_of(r).candidate.state, WISP_STATE_TRIAL);
    r->os.monotonic += UINT64_C(60000) * 1000000;
    tick(r, 1);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_GOOD);
    assert_int_equal(status_of(r).good.version, 2);
    free_rig(r);
}

/* Releases worker_2 with [bytes] beside it. */
static void release_pair(rig *r, uint64_t version, wisp_bytes bytes)
{
    char custom[600], path[160], first[WISP_HASH_TEXT_SIZE], second[WISP_HASH_TEXT_SIZE];
    wisp_hash hashes[2];
    assert_true(wisp_sha256(MODULE(worker_2), &hashes[0]) && wisp_sha256(bytes, &hashes[1]));
    wisp_hash_print(&hashes[0], first);
    wisp_hash_print(&hashes[1], second);
    snprintf(path, sizeof path, "targets/%s.rules", second);
    repo_put(&r->repo, path, bytes);
    snprintf(custom, sizeof custom,
             "{'version':%d,'releases':[{'version':%d,'flags':{'limit':5},'modules':["
             "{'name':'app.wasm','length':%d,'sha256':'%s'},"
             "{'name':'rules','length':%d,'sha256':'%s'}]}]}",
             (int)version, (int)version, (int)worker_2_size, first, (int)bytes.size, second);
    say(r, version, MODULE(worker_2), custom);
}

static void what_comes_with_the_guest_is_there_for_the_program(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    release_pair(r, 2, (wisp_bytes){(const uint8_t *)"a table of rules", 16});
    assert_int_equal(check(r).outcome, WISP_UPDATE_STAGED);
    tick(r, 2);
    const wisp_image *image = wisp_live_image(r->live);
    assert_int_equal(image->module_len, 2);
    assert_memory_equal(wisp_image_find(image, "rules")->bytes.data, "a table of rules", 16);
    assert_int_equal(wisp_image_flag_number(image, "limit", 0), 5);
    free_rig(r);
}

static void a_module_beside_the_guest_that_does_not_load_keeps_all_out(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    release_pair(r, 2, (wisp_bytes){(const uint8_t *)"\0asm, but no module", 19});
    check(r);
    wisp_update_status status = status_of(r);
    assert_int_equal(status.candidate.state, WISP_STATE_EMPTY);
    assert_int_equal(status.ban_count, 1);
    tick(r, 2);
    expect(r->heard, "1:1 1:2 ");
    free_rig(r);
}

static void a_restart_without_a_network_runs_the_last_good_one(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    install(r, 2, MODULE(worker_2));
    r->repo.is_dead = true;
    restart(r);
    tick(r, 1);
    expect(r->heard, "2:1 ");
    expect(r->events, "started ");
    assert_int_equal(check(r).outcome, WISP_UPDATE_UNAVAILABLE);
    free_rig(r);
}

static void a_damaged_cache_gives_way_to_the_embedded_module(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    install(r, 2, MODULE(worker_2));
    char hash[WISP_HASH_TEXT_SIZE], path[160];
    wisp_hash_print(&wisp_live_image(r->live)->hash, hash);
    snprintf(path, sizeof path, "device/blobs/%s", hash);
    faulty_bytes *blob = faulty_os_file(&r->os, path);
    assert_non_null(blob);
    blob->data[100] ^= 1;
    restart(r);
    tick(r, 1);
    expect(r->heard, "1:1 ");
    assert_string_not_equal(wisp_live_trouble(r->live), "");
    free_rig(r);
}

static void a_process_that_dies_on_trial_uses_up_the_attempts(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    release_and_check(r, 2, MODULE(worker_2));
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        tick(r, 1);
        assert_int_equal(status_of(r).candidate.attempts, attempt);
        restart(r);
    }
    tick(r, 1);
    expect(r->heard, "1:1 ");
    assert_int_equal(status_of(r).ban_count, 1);
    free_rig(r);
}

static void a_staged_release_is_tried_after_a_restart(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    release_and_check(r, 2, MODULE(worker_2));
    restart(r);
    tick(r, 2);
    expect(r->heard, "1:1 2:2 ");
    free_rig(r);
}

static void a_good_module_that_goes_down_gives_way_to_the_embedded_one(void **state)
{
    (void)state;
    rig *r = make_rig();
    r->config.guest.probation_entries = 1;
    open_live(r);
    release_and_check(r, 2, MODULE(worker_traps));
    wisp_live_step(r->live);
    tick(r, 1);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_GOOD);
    tick(r, 1);
    assert_int_equal(wisp_guest_save(wisp_live_guest(r->live), NULL), WISP_OK);
    tick(r, 2); /* the first starts it again from a state in which it traps, the second pauses */
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_GOOD);
    r->os.monotonic += 1000000000;
    tick(r, 2); /* the first ends the pause */
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_BASE);
    assert_int_equal(status_of(r).ban_count, 1);
    r->heard[0] = '\0';
    tick(r, 1);
    assert_memory_equal(r->heard, "1:", 2);
    free_rig(r);
}

static void a_good_module_that_fails_is_banned_at_once_where_faults_roll_back(void **state)
{
    (void)state;
    rig *r = make_rig();
    r->config.guest.probation_entries = 1;
    r->config.guest.on_fault = WISP_ON_FAULT_ROLL_BACK;
    open_live(r);
    release_and_check(r, 2, MODULE(worker_traps));
    wisp_live_step(r->live);
    tick(r, 1);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_GOOD);
    tick(r, 2);
    assert_int_equal(wisp_live_image(r->live)->source, WISP_IMAGE_BASE);
    assert_int_equal(status_of(r).ban_count, 1);
    free_rig(r);
}

/* Has [page] say that the process ended [times] times in a row in the module [bytes]. */
static void blame(uint8_t *page, wisp_bytes bytes, uint32_t times)
{
    wisp_module *module;
    wisp_blackbox_book book = {.len = 0};
    assert_int_equal(wisp_module_new(NULL, bytes, &module, NULL), WISP_OK);
    wisp_blackbox_note note = wisp_blackbox_note_of("guest", 0, wisp_module_hash(module), 2);
    wisp_put_u32(note.bytes, WISP_ENTRY_MESSAGE + 1);
    while (times-- > 0)
        wisp_blackbox_add(&book, &note);
    wisp_blackbox_encode(&book, page);
    wisp_module_free(module);
}

static void a_release_that_ends_the_process_three_times_is_banned(void **state)
{
    (void)state;
    static uint8_t page[WISP_BLACKBOX_SIZE];
    rig *r = make_rig();
    open_live(r);
    install(r, 2, MODULE(worker_2));
    for (uint32_t times = 2; times <= 3; times++) {
        wisp_live_close(r->live);
        blame(page, MODULE(worker_2), times);
        assert_int_equal(wisp_blackbox_open_memory(NULL, page, &r->config.blackbox, NULL),
                         WISP_OK);
        open_live(r);
        assert_int_equal(wisp_live_image(r->live)->source,
                         times < 3 ? WISP_IMAGE_GOOD : WISP_IMAGE_BASE);
        wisp_live_close(r->live);
        r->live = NULL;
        wisp_blackbox_close(r->config.blackbox);
        r->config.blackbox = NULL;
        open_live(r);
    }
    assert_int_equal(status_of(r).ban_count, 1);
    assert_non_null(strstr(status_of(r).bans[0].reason, "3 times in a row"));
    free_rig(r);
}

static void a_second_process_follows_the_one_with_the_folder(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    install(r, 2, MODULE(worker_2));
    rig second = *r;
    wisp_error err;
    wisp_update_result result;
    second.config.guest.user = &second;
    open_live(&second);
    assert_int_equal(wisp_live_image(second.live)->version, 2);
    assert_string_equal(wisp_live_trouble(second.live), "");
    assert_int_equal(wisp_live_check(second.live, &result, &err), WISP_BUSY);

    install(r, 3, MODULE(worker_3));
    r->os.monotonic += 1000000000;
    wisp_live_step(second.live);
    tick(&second, PROBATION);
    assert_int_equal(wisp_live_image(second.live)->version, 3);
    assert_int_equal(wisp_live_image(second.live)->source, WISP_IMAGE_GOOD);

    wisp_live_close(r->live);
    r->live = second.live;
    r->os.monotonic += 1000000000;
    wisp_live_step(r->live);
    assert_int_equal(wisp_live_check(r->live, &result, &err), WISP_OK);
    assert_int_equal(result.outcome, WISP_UPDATE_UP_TO_DATE);
    assert_int_equal(wisp_live_image(r->live)->version, 3);
    free_rig(r);
}

static void what_was_proved_good_right_before_the_end_of_the_other_runs(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_live(r);
    rig second = *r;
    second.config.guest.user = &second;
    open_live(&second);
    assert_int_equal(wisp_live_image(second.live)->source, WISP_IMAGE_BASE);
    install(r, 2, MODULE(worker_2));
    wisp_live_close(r->live);
    r->live = second.live;
    r->os.monotonic += 1000000000;
    wisp_live_step(r->live);
    tick(&second, PROBATION);
    assert_int_equal(wisp_live_image(r->live)->version, 2);
    free_rig(r);
}

static void an_embedded_module_that_cannot_run_is_an_error(void **state)
{
    (void)state;
    rig *r = make_rig();
    wisp_error err;
    r->config.update.base = (wisp_bytes){(const uint8_t *)"junk", 4};
    assert_int_equal(wisp_live_open(&r->config, &r->live, &err), WISP_MALFORMED);
    r->config.update.base = MODULE(worker_says_no);
    assert_int_not_equal(wisp_live_open(&r->config, &r->live, &err), WISP_OK);
    assert_null(r->live);
    free_rig(r);
}

/* Lets the program go on until version [version] runs, for ten seconds at most. */
static void wait_for(rig *r, uint64_t version)
{
    for (int i = 0; i < 10000 && wisp_live_image(r->live)->version != version; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        tick(r, 1);
    }
    assert_int_equal(wisp_live_image(r->live)->version, version);
}

static void a_watching_thread_finds_the_release(void **state)
{
    (void)state;
    rig *r = make_rig();
    wisp_error err;
    r->config.update.os = wisp_os_posix(); /* the one in memory is not made for threads */
    char dir[] = "/tmp/wisp-live-XXXXXX";
    assert_non_null(mkdtemp(dir));
    r->config.update.dir = dir;
    repo_release_bytes(&r->repo, 2, MODULE(worker_2));
    open_live(r);
    assert_int_equal(wisp_live_watch(r->live, &hourly, &err), WISP_OK);
    assert_int_equal(wisp_live_watch(r->live, &hourly, &err), WISP_INVALID);
    wait_for(r, 2);
    wisp_live_close(r->live);
    r->live = NULL;
    assert_int_equal(scratch_remove(dir), 0);
    free_rig(r);
}

static void who_comes_to_the_foreground_gets_a_check(void **state)
{
    (void)state;
    rig *r = make_rig();
    wisp_error err;
    r->config.update.os = wisp_os_posix();
    char dir[] = "/tmp/wisp-live-XXXXXX";
    assert_non_null(mkdtemp(dir));
    r->config.update.dir = dir;
    repo_release_bytes(&r->repo, 2, MODULE(worker_2));
    open_live(r);
    wisp_live_foreground(r->live); /* nobody watches: nothing happens */
    wisp_live_policy policy = {.not_at_start = true, .foreground_ms = 1};
    assert_int_equal(wisp_live_watch(r->live, &policy, &err), WISP_OK);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    tick(r, 1);
    assert_int_equal(r->checks, 0);
    wisp_live_foreground(r->live);
    wait_for(r, 2);
    wisp_live_close(r->live);
    r->live = NULL;
    assert_int_equal(scratch_remove(dir), 0);
    free_rig(r);
}

/* Every allocation of opening, checking, swapping and closing refused once. */
static void refused_memory_loses_nothing(void **state)
{
    (void)state;
    size_t refused = 0;
    for (bool struck = true; struck; refused++) {
        rig *r = make_rig();
        wisp_update_result result;
        ration_refuse(&r->memory, refused + 1);
        if (wisp_live_open(&r->config, &r->live, NULL) == WISP_OK) {
            repo_release_bytes(&r->repo, 2, MODULE(worker_2));
            wisp_live_check(r->live, &result, NULL);
            tick(r, PROBATION + 1);
        }
        struck = ration_struck(&r->memory);
        if (r->live) {
            wisp_update_status status = {0}; /* none at all if not even the check began */
            wisp_update_status_read(&r->os.os, "device", &status, NULL);
            assert_int_equal(status.ban_count, 0);
            ration_refuse(&r->memory, 0);
            restart(r);
            wisp_live_check(r->live, &result, NULL);
            tick(r, 2);
            r->heard[0] = '\0';
            tick(r, 1);
            assert_memory_equal(r->heard, "2:", 2);
        }
        free_rig(r);
    }
    assert_true(refused > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_embedded_module_runs_without_a_network),
        cmocka_unit_test(a_release_is_swapped_in_with_the_state),
        cmocka_unit_test(a_release_is_committed_after_its_probation),
        cmocka_unit_test(a_release_that_traps_is_taken_back_and_banned),
        cmocka_unit_test(a_release_that_does_not_start_never_stops_the_old_one),
        cmocka_unit_test(what_could_not_run_is_never_staged),
        cmocka_unit_test(the_program_has_a_say_before_staging),
        cmocka_unit_test(the_program_decides_when_to_download),
        cmocka_unit_test(a_release_below_the_floor_makes_room_while_it_runs),
        cmocka_unit_test(a_release_is_good_after_its_health_window),
        cmocka_unit_test(what_comes_with_the_guest_is_there_for_the_program),
        cmocka_unit_test(a_module_beside_the_guest_that_does_not_load_keeps_all_out),
        cmocka_unit_test(a_restart_without_a_network_runs_the_last_good_one),
        cmocka_unit_test(a_damaged_cache_gives_way_to_the_embedded_module),
        cmocka_unit_test(a_process_that_dies_on_trial_uses_up_the_attempts),
        cmocka_unit_test(a_staged_release_is_tried_after_a_restart),
        cmocka_unit_test(a_good_module_that_fails_is_banned_at_once_where_faults_roll_back),
        cmocka_unit_test(a_release_that_ends_the_process_three_times_is_banned),
        cmocka_unit_test(a_good_module_that_goes_down_gives_way_to_the_embedded_one),
        cmocka_unit_test(a_second_process_follows_the_one_with_the_folder),
        cmocka_unit_test(what_was_proved_good_right_before_the_end_of_the_other_runs),
        cmocka_unit_test(an_embedded_module_that_cannot_run_is_an_error),
        cmocka_unit_test(a_watching_thread_finds_the_release),
        cmocka_unit_test(who_comes_to_the_foreground_gets_a_check),
        cmocka_unit_test(refused_memory_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
