/*
 * The glue of patch.h: patches for this very program, a repository in memory and a file system in
 * memory.
 */
#include "../patch/misdeeds.h"
#include "../patch/world.h"

#include <wisp/patch.h>

#include "../update/repo.h"
#include "faulty_os.h"
#include "local/client.h"
#include "ration.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACE "device/shop-5769737050617463" /* by the build-id of this program */

enum { HEALTH_MS = 1000 };

typedef struct rig {
    faulty_os os;
    repo repo;
    wisp_patches_config config;
    wisp_patches *patches;
    char news[2048]; /* all lines */
    wisp_update_result checked;
    int checks;
    ration memory;
    wisp_allocator allocator; /* that draws on it */
    wisp_bytes patch;         /* the last one that was made */
} rig;

static void on_news(void *user, const char *line)
{
    rig *r = user;
    size_t len = strlen(r->news);
    snprintf(r->news + len, sizeof r->news - len, "%s\n", line);
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
    r->repo.target = "shop-5769737050617463";
    r->allocator = ration_allocator(&r->memory);
    r->config = (wisp_patches_config){
        .update = {.allocator = &r->allocator,
                   .os = &r->os.os,
                   .net = &r->repo.net,
                   .dir = "device",
                   .url = "http://repo",
                   .target = "shop",
                   .root = repo_get(&r->repo, "1.root.json"),
                   .health_ms = HEALTH_MS},
        .patcher = {.grant_max = WISP_PATCH_GRANT_ARGUMENTS, .faults_max = 2},
        .on_news = on_news,
        .on_check = on_check,
        .user = r,
    };
    return r;
}

static void free_rig(rig *r)
{
    wisp_patches_close(r->patches);
    assert_int_equal(r->memory.live_bytes, 0);
    assert_int_equal(faulty_os_open_len(&r->os), 0);
    assert_int_equal(add(1, 2), 3);
    repo_deinit(&r->repo);
    faulty_os_deinit(&r->os);
    world_discard(r->patch);
    free(r);
}

static void open_patches(rig *r)
{
    wisp_error err;
    r->news[0] = '\0';
    if (wisp_patches_open(&r->config, &r->patches, &err))
        fail_msg("wisp_patches_open: %s", err.text);
}

static void restart(rig *r)
{
    wisp_patches_close(r->patches);
    r->patches = NULL;
    open_patches(r);
}

static void spoil_build(wisp_patch_manifest *manifest)
{
    static const uint8_t another[] = {1, 2, 3, 4, 5, 6, 7, 8};
    manifest->build_id = (wisp_bytes){another, sizeof another};
}

/* A patch of `add`, which adds 1 to its second argument and counts calls from 1000 on. */
static wisp_bytes make_patch(rig *r, void (*spoil)(wisp_patch_manifest *manifest))
{
    world_discard(r->patch);
    r->patch = world_patch(&(world_recipe){
        .module = FIX(add),
        .functions = {{"add", "(ii)i", AT(add)}},
        .natives = {{"original", "add", "(ii)i", NULL}},
        .spoil = spoil,
    });
    return r->patch;
}

static wisp_update_result check(rig *r)
{
    wisp_error err;
    wisp_update_result result;
    if (wisp_patches_check(r->patches, &result, &err))
        fail_msg("wisp_patches_check: %s", err.text);
    return result;
}

/* Releases a good patch and applies it. */
static void take_patch(rig *r, uint64_t version)
{
    repo_release_bytes(&r->repo, version, make_patch(r, NULL));
    wisp_update_result result = check(r);
    if (result.outcome != WISP_UPDATE_STAGED)
        fail_msg("not staged: %s", result.reason);
    wisp_patches_step(r->patches);
    assert_int_equal(wisp_patches_version(r->patches), version);
}

static void let_time_pass(rig *r, uint64_t ms)
{
    r->os.monotonic += 1000000 * ms;
    wisp_patches_step(r->patches);
}

static bool has_news(const rig *r, const char *line)
{
    if (!strstr(r->news, line))
        printf("# news: %s", r->news);
    return strstr(r->news, line) != NULL;
}

/* ------------------------------------------------------------------ claims */

static void without_a_patch_the_program_is_itself(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    wisp_patches_step(r->patches);
    assert_int_equal(add(1, 2), 3);
    assert_int_equal(wisp_patches_version(r->patches), 0);
    assert_string_equal(wisp_patches_trouble(r->patches), "");
    assert_string_equal(r->news, "");
    free_rig(r);
}

static void a_release_is_applied_by_the_next_step(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    repo_release_bytes(&r->repo, 1, make_patch(r, NULL));
    assert_int_equal(check(r).outcome, WISP_UPDATE_STAGED);
    assert_int_equal(add(1, 2), 3);
    wisp_patches_step(r->patches);
    assert_int_equal(add(1, 2), 4001);
    assert_true(has_news(r, "patch 1 is applied, on trial"));
    assert_int_equal(r->checks, 1);
    assert_int_equal(r->checked.outcome, WISP_UPDATE_STAGED);
    free_rig(r);
}

static void a_patch_that_lasts_proves_good(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    take_patch(r, 1);
    let_time_pass(r, HEALTH_MS - 1);
    assert_null(strstr(r->news, "proved good"));
    let_time_pass(r, 1);
    assert_true(has_news(r, "patch 1 has proved good"));
    restart(r);
    assert_int_equal(add(1, 2), 4001);
    assert_true(has_news(r, "patch 1 is applied\n"));
    free_rig(r);
}

static void a_process_that_ends_too_soon_starts_unpatched(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    take_patch(r, 1);
    let_time_pass(r, HEALTH_MS - 1);
    restart(r);
    assert_int_equal(add(1, 2), 3);
    assert_int_equal(check(r).code, WISP_UPDATE_CODE_BANNED);
    free_rig(r);
}

static void the_last_good_patch_follows_one_that_ends_the_process(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    take_patch(r, 1);
    let_time_pass(r, HEALTH_MS);
    wisp_bytes good = r->patch;
    r->patch = (wisp_bytes){0};
    assert_int_equal(add(1, 2), 4001);
    assert_int_equal(wisp_patcher_remove(wisp_patches_patcher(r->patches), NULL), WISP_OK);
    repo_release_bytes(
        &r->repo, 2,
        world_patch(&(world_recipe){.module = FIX(add),
                                    .grant = WISP_PATCH_GRANT_ARGUMENTS,
                                    .functions = {{"add", "(ii)i", AT(add)}},
                                    .natives = {{"original", "add", "(ii)i", NULL}}}));
    r->patch = r->repo.content;
    assert_int_equal(check(r).outcome, WISP_UPDATE_STAGED);
    wisp_patches_step(r->patches);
    assert_int_equal(wisp_patches_version(r->patches), 2);
    restart(r);
    assert_int_equal(wisp_patches_version(r->patches), 1);
    assert_int_equal(add(1, 2), 4001);
    world_discard(good);
    free_rig(r);
}

static void a_patch_for_another_build_is_not_even_staged(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    repo_release_bytes(&r->repo, 1, make_patch(r, spoil_build));
    wisp_update_result result = check(r);
    assert_int_equal(result.outcome, WISP_UPDATE_FAILED);
    assert_int_equal(result.code, WISP_UPDATE_CODE_REFUSED);
    assert_non_null(strstr(result.reason, "build"));
    wisp_patches_step(r->patches);
    assert_int_equal(add(1, 2), 3);
    free_rig(r);
}

static void the_empty_module_takes_all_back(void **state)
{
    static const uint8_t nothing[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    take_patch(r, 1);
    let_time_pass(r, HEALTH_MS);
    repo_release_bytes(&r->repo, 2, (wisp_bytes){nothing, sizeof nothing});
    assert_int_equal(check(r).outcome, WISP_UPDATE_STAGED);
    wisp_patches_step(r->patches);
    assert_int_equal(add(1, 2), 3);
    assert_true(has_news(r, "the program's own code runs"));
    assert_int_equal(wisp_patches_version(r->patches), 2);
    free_rig(r);
}

/* Releases a patch that fails where add is asked for a misdeed, and applies it. */
static void take_faults(rig *r, uint64_t version)
{
    world_recipe recipe = world_faults(WISP_PATCH_GRANT_ARGUMENTS);
    world_discard(r->patch);
    r->patch = world_patch(&recipe);
    repo_release_bytes(&r->repo, version, r->patch);
    assert_int_equal(check(r).outcome, WISP_UPDATE_STAGED);
    wisp_patches_step(r->patches);
    assert_int_equal(wisp_patches_version(r->patches), version);
}

static void a_patch_that_fails_too_often_is_taken_back_and_banned(void **state)
{
    (void)state;
    rig *r = make_rig();
    open_patches(r);
    take_faults(r, 1);
    let_time_pass(r, HEALTH_MS); /* good as it is */
    assert_int_equal(add(UNREACHABLE, 2), UNREACHABLE + 2);
    wisp_patches_step(r->patches);
    assert_true(has_news(r, "the original ran, 1 times by now: add: unreachable"));
    assert_int_equal(wisp_patches_version(r->patches), 1);
    assert_int_equal(add(TOUCH_NULL, 2), TOUCH_NULL + 2);
    wisp_patches_step(r->patches);
    assert_true(has_news(r, "patch 1 is taken back: add: out of bounds memory access"));
    assert_int_equal(wisp_patches_version(r->patches), 0);
    assert_int_equal(add(1, 2), 3);
    assert_int_equal(check(r).code, WISP_UPDATE_CODE_BANNED);
    restart(r);
    assert_int_equal(wisp_patches_version(r->patches), 0);
    free_rig(r);
}

/* What the program was asked and told, with its own [user]. */
typedef struct heard {
    int downloads, imports, faults;
    char line[16];
} heard;

static bool hear_download(void *user, uint64_t bytes, bool is_mandatory)
{
    (void)bytes, (void)is_mandatory;
    ((heard *)user)->downloads++;
    return true;
}

static bool hear_import(void *user, const wisp_patch_import *import)
{
    (void)import;
    ((heard *)user)->imports++;
    return true;
}

static void hear_fault(void *user, const wisp_patch_fault *told)
{
    (void)told;
    ((heard *)user)->faults++;
}

static void hear_line(void *user, const char *line)
{
    snprintf(((heard *)user)->line, sizeof((heard *)user)->line, "%s", line);
}

static void the_programs_callbacks_get_the_users_that_it_gave(void **state)
{
    (void)state;
    rig *r = make_rig();
    heard update = {0}, patcher = {0};
    r->config.update.may_download = hear_download;
    r->config.update.user = &update;
    r->config.patcher.allow = hear_import;
    r->config.patcher.on_fault = hear_fault;
    r->config.patcher.on_log = hear_line;
    r->config.patcher.user = &patcher;
    open_patches(r);
    world_recipe recipe = world_script(WISP_PATCH_GRANT_ARGUMENTS);
    r->patch = world_patch(&recipe);
    repo_release_bytes(&r->repo, 1, r->patch);
    assert_int_equal(check(r).outcome, WISP_UPDATE_STAGED);
    wisp_patches_step(r->patches);
    order o = {1, -2, 4, NULL, "name"};
    order_total(&o, 0.5);
    assert_int_equal(add(-1, 1), 0); /* it aborts */
    assert_int_equal(update.downloads, 1);
    assert_true(patcher.imports > 0);
    assert_int_equal(patcher.faults, 1);
    assert_string_equal(patcher.line, "total");
    free_rig(r);
}

/* Another process of the program, which has the folder. */
static wisp_updater *open_other(rig *r)
{
    static const uint8_t nothing[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    static wisp_updater_config config;
    wisp_updater *other;
    wisp_error err;
    config = r->config.update;
    config.dir = PLACE;
    config.target = r->repo.target;
    config.base = (wisp_bytes){nothing, sizeof nothing};
    config.health_ms = 0;
    r->os.os.make_dir(r->os.os.user, "device");
    if (wisp_updater_open(&config, &other, &err))
        fail_msg("wisp_updater_open: %s", err.text);
    return other;
}

/* Releases [patch] and proves it good there. */
static void prove_good(rig *r, wisp_updater *other, uint64_t version, wisp_bytes patch)
{
    wisp_update_result result;
    wisp_image image;
    repo_release_bytes(&r->repo, version, patch);
    assert_int_equal(wisp_updater_check(other, &result, NULL), WISP_OK);
    assert_int_equal(wisp_updater_acquire(other, &image, NULL), WISP_OK);
    assert_int_equal(image.version, version);
    assert_int_equal(wisp_updater_commit(other, &image, NULL), WISP_OK);
    wisp_image_free(other, &image);
}

static void what_another_process_has_proved_good_is_applied(void **state)
{
    (void)state;
    static const uint8_t nothing[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    rig *r = make_rig();
    wisp_error err;
    char path[64];
    snprintf(path, sizeof path, "/tmp/wisp-patches-%ld", (long)getpid());
    r->config.socket = path;
    wisp_updater *other = open_other(r);
    open_patches(r);
    assert_true(has_news(r, "another process has the folder " PLACE ": it is followed"));
    assert_string_equal(wisp_patches_trouble(r->patches), "");
    assert_int_equal(wisp_patches_check(r->patches, &r->checked, &err), WISP_BUSY);
    assert_int_equal(wisp_patches_fd(r->patches), -1);

    prove_good(r, other, 1, make_patch(r, NULL));
    let_time_pass(r, 999);
    assert_int_equal(add(1, 2), 3);
    let_time_pass(r, 1);
    assert_int_equal(add(1, 2), 4001);
    assert_int_equal(wisp_patches_version(r->patches), 1);
    prove_good(r, other, 2, (wisp_bytes){nothing, sizeof nothing});
    let_time_pass(r, 1000);
    assert_int_equal(add(1, 2), 3);
    wisp_updater_close(other);
    free_rig(r);
}

static void a_process_takes_the_place_of_one_that_has_ended(void **state)
{
    (void)state;
    rig *r = make_rig();
    char path[64];
    snprintf(path, sizeof path, "/tmp/wisp-patches-%ld", (long)getpid());
    r->config.socket = path;
    wisp_updater *other = open_other(r);
    open_patches(r);
    wisp_updater_close(other);
    let_time_pass(r, 1000);
    assert_true(has_news(r, "has ended: now this one has"));
    assert_true(wisp_patches_fd(r->patches) >= 0);
    take_patch(r, 1);
    assert_int_equal(add(1, 2), 4001);
    free_rig(r);
}

static void a_socket_that_cannot_be_had_later_is_a_trouble_and_no_more(void **state)
{
    (void)state;
    rig *r = make_rig();
    r->config.socket = "/tmp"; /* which is there, and no socket */
    wisp_updater *other = open_other(r);
    open_patches(r);
    wisp_updater_close(other);
    let_time_pass(r, 1000);
    assert_non_null(strstr(wisp_patches_trouble(r->patches), "no socket"));
    assert_int_equal(wisp_patches_fd(r->patches), -1);
    take_patch(r, 1);
    assert_int_equal(add(1, 2), 4001);
    free_rig(r);
}

static void one_process_has_one_patcher(void **state)
{
    (void)state;
    rig *r = make_rig();
    wisp_patcher *other = world_open(NULL);
    open_patches(r);
    assert_non_null(strstr(wisp_patches_trouble(r->patches), "patcher"));
    assert_null(wisp_patches_patcher(r->patches));
    wisp_patches_step(r->patches);
    world_close(other);
    free_rig(r);
}

static void a_config_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    rig *r = make_rig();
    wisp_error err;
    r->config.update.target = NULL;
    assert_int_equal(wisp_patches_open(&r->config, &r->patches, &err), WISP_INVALID);
    r->config.update.target = "a-name-that-is-much-too-long-for-a-target-with-a-build-id-behind";
    assert_int_equal(wisp_patches_open(&r->config, &r->patches, &err), WISP_INVALID);
    assert_non_null(strstr(err.text, "too long"));
    r->config.update.target = "shop";
    r->config.update.dir = "";
    assert_int_equal(wisp_patches_open(&r->config, &r->patches, &err), WISP_INVALID);
    r->patches = NULL;
    free_rig(r);
}

static void memory_that_is_refused_at_the_start_costs_nothing_but_that(void **state)
{
    (void)state;
    rig *r = make_rig();
    wisp_error err;
    for (uint64_t n = 1;; n++) {
        ration_refuse(&r->memory, n);
        wisp_status status = wisp_patches_open(&r->config, &r->patches, &err);
        if (status == WISP_OK)
            wisp_patches_close(r->patches);
        else
            assert_int_equal(status, WISP_NO_MEMORY);
        r->patches = NULL;
        assert_int_equal(r->memory.live_bytes, 0);
        if (!ration_struck(&r->memory))
            break;
    }
    ration_refuse(&r->memory, 0);
    free_rig(r);
}

/* ------------------------------------------------------------------ the socket */

/* Somebody who asks, on a thread, while the program takes its steps. */
typedef struct question {
    const char *path, *what, *more; /* another member, if not NULL */
    wisp_bytes patch;
    wisp_status status;
    wisp_error err;
    wisp_json *answer;
    atomic_bool is_done;
} question;

static void *ask(void *argument)
{
    question *q = argument;
    wisp_json *request = wisp_json_new_object();
    wisp_json_set_string(request, "command", q->what);
    if (q->more)
        wisp_json_set_bool(request, q->more, true);
    q->status = wisp_local_ask(q->path, request, q->patch, 5000, &q->answer, &q->err);
    wisp_json_free(request);
    atomic_store(&q->is_done, true);
    return NULL;
}

static wisp_status answer(rig *r, question *q, char *source, size_t size)
{
    pthread_t thread;
    q->path = r->config.socket;
    assert_int_equal(pthread_create(&thread, NULL, ask, q), 0);
    struct pollfd asked = {.fd = wisp_patches_fd(r->patches), .events = POLLIN};
    while (!atomic_load(&q->is_done)) {
        wisp_patches_step(r->patches);
        poll(&asked, 1, 1);
    }
    pthread_join(thread, NULL);
    const char *text = q->err.text;
    if (q->status == WISP_OK)
        assert_int_equal(wisp_json_string(q->answer, "source", &text, NULL), WISP_OK);
    snprintf(source, size, "%s", text);
    if (q->status == WISP_OK)
        wisp_json_free(q->answer);
    return q->status;
}

static wisp_status ask_for(rig *r, const char *what, wisp_bytes patch, char *source, size_t size)
{
    question q = {.what = what, .patch = patch};
    return answer(r, &q, source, size);
}

static void a_patch_is_tried_over_the_socket(void **state)
{
    (void)state;
    char path[64], said[256];
    rig *r = make_rig();
    snprintf(path, sizeof path, "/tmp/wisp-patches-%ld", (long)getpid());
    r->config.socket = path;
    wisp_bytes patch = make_patch(r, NULL), none = {0};
    open_patches(r);
    assert_true(wisp_patches_fd(r->patches) >= 0);
    assert_int_equal(ask_for(r, "stat", none, said, sizeof said), WISP_OK);
    assert_string_equal(said, "nothing");
    assert_int_equal(ask_for(r, "try", patch, said, sizeof said), WISP_OK);
    assert_string_equal(said, "tried");
    assert_int_equal(add(1, 2), 4001);
    assert_int_equal(wisp_patches_version(r->patches), 0);
    assert_int_equal(ask_for(r, "end", none, said, sizeof said), WISP_OK);
    assert_int_equal(add(1, 2), 3);
    assert_int_equal(ask_for(r, "end", none, said, sizeof said), WISP_NOT_FOUND);
    assert_int_equal(ask_for(r, "try", none, said, sizeof said), WISP_MALFORMED);
    assert_int_equal(ask_for(r, "stat", patch, said, sizeof said), WISP_MALFORMED);
    assert_int_equal(ask_for(r, "dance", none, said, sizeof said), WISP_UNSUPPORTED);
    assert_non_null(strstr(said, "expected try, end or stat"));
    question for_good = {.what = "try", .more = "for_good", .patch = patch};
    assert_int_equal(answer(r, &for_good, said, sizeof said), WISP_UNSUPPORTED);
    assert_non_null(strstr(said, "for_good"));
    assert_int_equal(add(1, 2), 3);
    free_rig(r);
}

static void what_was_tried_makes_way_for_what_is_released(void **state)
{
    (void)state;
    char path[64], said[256];
    rig *r = make_rig();
    snprintf(path, sizeof path, "/tmp/wisp-patches-%ld", (long)getpid());
    r->config.socket = path;
    wisp_bytes patch = make_patch(r, NULL);
    open_patches(r);
    assert_int_equal(ask_for(r, "try", patch, said, sizeof said), WISP_OK);
    repo_release_bytes(&r->repo, 3, patch);
    assert_int_equal(check(r).outcome, WISP_UPDATE_STAGED);
    wisp_patches_step(r->patches);
    assert_int_equal(wisp_patches_version(r->patches), 3);
    assert_int_equal(ask_for(r, "end", (wisp_bytes){0}, said, sizeof said), WISP_NOT_FOUND);
    assert_int_equal(add(1, 2), 4001);
    free_rig(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_patch_the_program_is_itself),
        cmocka_unit_test(a_release_is_applied_by_the_next_step),
        cmocka_unit_test(a_patch_that_lasts_proves_good),
        cmocka_unit_test(a_process_that_ends_too_soon_starts_unpatched),
        cmocka_unit_test(the_last_good_patch_follows_one_that_ends_the_process),
        cmocka_unit_test(a_patch_for_another_build_is_not_even_staged),
        cmocka_unit_test(the_empty_module_takes_all_back),
        cmocka_unit_test(a_patch_that_fails_too_often_is_taken_back_and_banned),
        cmocka_unit_test(the_programs_callbacks_get_the_users_that_it_gave),
        cmocka_unit_test(what_another_process_has_proved_good_is_applied),
        cmocka_unit_test(a_process_takes_the_place_of_one_that_has_ended),
        cmocka_unit_test(a_socket_that_cannot_be_had_later_is_a_trouble_and_no_more),
        cmocka_unit_test(one_process_has_one_patcher),
        cmocka_unit_test(a_config_that_makes_no_sense_is_refused),
        cmocka_unit_test(memory_that_is_refused_at_the_start_costs_nothing_but_that),
        cmocka_unit_test(a_patch_is_tried_over_the_socket),
        cmocka_unit_test(what_was_tried_makes_way_for_what_is_released),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
