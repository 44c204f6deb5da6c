#define _XOPEN_SOURCE 700 /* mkdtemp, popen */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "publish/publish.h"
#include "../scratch.h"

#include <wisp/update.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * A publisher and a device with a folder for a network: what the publisher releases, the
 * device takes, and `wisp status` tells what became of it.
 */

static const char *wisp; /* the command */

typedef struct world {
    char dir[64], project[80], state[80], repository[96];
    wisp_bytes root;
    wisp_net net;
    bool is_offline;
    wisp_updater_config config;
    wisp_updater *updater;
} world;

/* ------------------------------------------------------------------ the world */

/* A transport of files; all is done in the one step. */
static wisp_status start_get(void *user, const wisp_net_request *request, void **transfer,
                             wisp_error *err)
{
    world *w = user;
    if (w->is_offline) {
        snprintf(err->text, sizeof err->text, "no route to anywhere");
        return err->status = WISP_NETWORK;
    }
    *transfer = (void *)(uintptr_t)request;
    return WISP_OK;
}

static wisp_status step_get(void *user, void *transfer, uint32_t wait_ms, wisp_error *err)
{
    const wisp_net_request *request = transfer;
    char data[4096];
    size_t size;
    (void)user;
    (void)wait_ms;
    FILE *file = fopen(request->url, "rb");
    if (!file)
        return err->status = WISP_NOT_FOUND;
    wisp_status status = WISP_OK;
    while (!status && (size = fread(data, 1, sizeof data, file)) > 0)
        status = request->sink(request->context, data, size) ? WISP_OK : WISP_IO;
    fclose(file);
    return status;
}

static void end_get(void *user, void *transfer)
{
    (void)user;
    (void)transfer;
}

static void read_root(world *w)
{
    char path[128];
    uint8_t *data = calloc(1, 65536);
    assert_non_null(data);
    snprintf(path, sizeof path, "%s/root.json", w->repository);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    w->root = (wisp_bytes){data, fread(data, 1, 65536, file)};
    fclose(file);
}

static int set_up(void **state)
{
    static const char base[] = "the embedded module";
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    wisp_error err;
    wisp_config config = wisp_config_default();
    strcpy(w->dir, "/tmp/wisp-test-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->project, sizeof w->project, "%.60s/p", w->dir);
    snprintf(w->state, sizeof w->state, "%.60s/state", w->dir);
    snprintf(w->repository, sizeof w->repository, "%s/repo", w->project);
    assert_int_equal(wisp_project_create(NULL, NULL, w->project, &config, &err), WISP_OK);
    read_root(w);
    w->net = (wisp_net){start_get, step_get, end_get, w};
    w->config = (wisp_updater_config){.net = &w->net,
                                      .dir = w->state,
                                      .url = w->repository,
                                      .target = "module.wasm",
                                      .root = w->root,
                                      .base = {(const uint8_t *)base, sizeof base - 1}};
    if (wisp_updater_open(&w->config, &w->updater, &err))
        fail_msg("%s", err.text);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    wisp_updater_close(w->updater);
    free((void *)(uintptr_t)w->root.data);
    scratch_remove(w->dir);
    free(w);
    return 0;
}

static void publish(world *w, const char *content)
{
    wisp_project *project;
    wisp_published published;
    wisp_error err;
    wisp_draft draft = {.modules = {{NULL, {(const uint8_t *)content, strlen(content)}}},
                        .module_len = 1};
    assert_int_equal(wisp_project_open(NULL, NULL, w->project, &project, &err), WISP_OK);
    if (wisp_publish(project, &draft, &published, &err))
        fail_msg("%s", err.text);
    wisp_published_deinit(&published);
    wisp_project_close(project);
}

static wisp_update_result check(world *w, wisp_update_outcome expected)
{
    wisp_update_result result;
    wisp_error err;
    if (wisp_updater_check(w->updater, &result, &err))
        fail_msg("%s", err.text);
    if (result.outcome != expected)
        fail_msg("%s: %s", wisp_update_outcome_name(result.outcome), result.reason);
    return result;
}

/* Starts the module that is due, and commits it, or rejects it for [reason]. */
static void start(world *w, const char *reason)
{
    wisp_image image;
    wisp_error err;
    assert_int_equal(wisp_updater_acquire(w->updater, &image, &err), WISP_OK);
    wisp_status status = reason ? wisp_updater_reject(w->updater, &image, reason, &err)
                                : wisp_updater_commit(w->updater, &image, &err);
    if (status)
        fail_msg("%s", err.text);
    wisp_image_free(w->updater, &image);
}

/* What `wisp status` prints with [option]; static. */
static const char *status_text(world *w, const char *option)
{
    static char text[16384];
    char line[4096];
    snprintf(line, sizeof line, "'%s' status '%s' %s", wisp, w->state, option);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static void expect(world *w, const char *part)
{
    const char *text = status_text(w, "");
    if (!strstr(text, part))
        fail_msg("no '%s' in: %s", part, text);
}

static json_t *status_json(world *w)
{
    json_error_t error;
    json_t *json = json_loads(status_text(w, "--json"), 0, &error);
    if (!json)
        fail_msg("%s", error.text);
    return json;
}

/* ------------------------------------------------------------------ claims */

static void before_the_first_release_the_embedded_module_is_good(void **state)
{
    world *w = *state;
    w->is_offline = true;
    check(w, WISP_UPDATE_UNAVAILABLE);
    expect(w, "Last good   the module embedded in the program");
    expect(w, "Candidate   none");
    expect(w, "Banned      none");
    expect(w, "unavailable");
    expect(w, "no route to anywhere");
}

static void a_staged_release_is_the_candidate(void **state)
{
    publish(*state, "first");
    check(*state, WISP_UPDATE_STAGED);
    expect(*state, "Candidate   version 1, staged 20");
    expect(*state, ": staged, version 1 is published");
    expect(*state, "Trusts      root version 1, timestamp 2, snapshot 2, targets 1");
    json_t *json = status_json(*state);
    const char *candidate_state;
    json_int_t version;
    assert_int_equal(json_unpack(json, "{s:{s:s, s:I}}", "candidate", "state", &candidate_state,
                                 "version", &version),
                     0);
    assert_string_equal(candidate_state, "staged");
    assert_int_equal(version, 1);
    json_decref(json);
}

static void a_release_on_trial_says_which_attempt(void **state)
{
    world *w = *state;
    wisp_image image;
    publish(w, "first");
    check(w, WISP_UPDATE_STAGED);
    assert_int_equal(wisp_updater_acquire(w->updater, &image, NULL), WISP_OK);
    expect(w, "on trial 20");
    expect(w, ": attempt 1, neither committed nor rejected yet");
    wisp_image_free(w->updater, &image);
}

static void a_committed_release_is_good(void **state)
{
    publish(*state, "first");
    check(*state, WISP_UPDATE_STAGED);
    start(*state, NULL);
    expect(*state, "Last good   version 1, committed 20");
    expect(*state, "Candidate   none");
    check(*state, WISP_UPDATE_UP_TO_DATE);
    expect(*state, "up-to-date");
}

static void a_rejected_release_is_banned_with_its_reason(void **state)
{
    publish(*state, "first");
    check(*state, WISP_UPDATE_STAGED);
    start(*state, NULL);
    publish(*state, "second");
    check(*state, WISP_UPDATE_STAGED);
    start(*state, "it divides by zero");
    expect(*state, "Last good   version 1");
    expect(*state, ": it divides by zero");
    check(*state, WISP_UPDATE_DEFERRED);
    expect(*state, "(banned)");

    json_t *json = status_json(*state);
    const char *reason, *outcome, *good;
    json_int_t banned, published;
    assert_int_equal(json_unpack(json, "{s:[{s:s, s:I}], s:{s:s, s:I}, s:{s:s}}", "bans",
                                 "reason", &reason, "version", &banned, "last_check", "outcome",
                                 &outcome, "version", &published, "good", "sha256", &good),
                     0);
    assert_string_equal(reason, "it divides by zero");
    assert_int_equal(banned, 2);
    assert_string_equal(outcome, "deferred");
    assert_int_equal(published, 2);
    assert_int_equal(strlen(good), 64);
    json_decref(json);
}

static void damage(world *w, const wisp_hash *hash)
{
    char text[WISP_HASH_TEXT_SIZE], path[200];
    wisp_hash_print(hash, text);
    snprintf(path, sizeof path, "%s/blobs/%s", w->state, text);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fputc('X', file), 'X');
    assert_int_equal(fclose(file), 0);
}

static void content_that_was_damaged_is_said_to_be_lost(void **state)
{
    world *w = *state;
    wisp_image image;
    publish(w, "first");
    check(w, WISP_UPDATE_STAGED);
    assert_int_equal(wisp_updater_acquire(w->updater, &image, NULL), WISP_OK);
    assert_int_equal(wisp_updater_commit(w->updater, &image, NULL), WISP_OK);
    damage(w, &image.hash);
    wisp_image_free(w->updater, &image);
    assert_int_equal(wisp_updater_acquire(w->updater, &image, NULL), WISP_OK);
    assert_int_equal(image.source, WISP_IMAGE_BASE);
    wisp_image_free(w->updater, &image);
    expect(w, "Lost        version 1, ");
    expect(w, "damaged");
    expect(w, "Last good   the module embedded in the program");
}

static void going_back_is_a_release_like_any_other(void **state)
{
    publish(*state, "first");
    check(*state, WISP_UPDATE_STAGED);
    start(*state, NULL);
    publish(*state, "second");
    check(*state, WISP_UPDATE_STAGED);
    start(*state, NULL);
    publish(*state, "first");
    check(*state, WISP_UPDATE_STAGED);
    start(*state, NULL);
    expect(*state, "Last good   version 3");
}

/* What the publisher makes, the device takes: the rest of its documents and a few bytes. */
static void the_next_release_comes_as_a_delta(void **state)
{
    enum { SIZE = 100000 };
    static char content[SIZE + 1];
    uint32_t dice = 1;
    for (int i = 0; i < SIZE; i++)
        content[i] = (char)('!' + (dice = dice * 1664525 + 1013904223) / 50000000);
    publish(*state, content);
    wisp_update_result whole = check(*state, WISP_UPDATE_STAGED);
    assert_false(whole.is_by_delta);
    assert_true(whole.bytes_fetched > SIZE);
    start(*state, NULL);
    memcpy(content + SIZE / 2, "a change", 8);
    publish(*state, content);
    wisp_update_result delta = check(*state, WISP_UPDATE_STAGED);
    assert_true(delta.is_by_delta);
    assert_true(delta.bytes_fetched < SIZE / 10);
    start(*state, NULL);
    expect(*state, "Last good   version 2, committed");
}

static void a_renewed_root_is_followed(void **state)
{
    world *w = *state;
    wisp_project *project;
    wisp_published published;
    assert_int_equal(wisp_project_open(NULL, NULL, w->project, &project, NULL), WISP_OK);
    static const char *const roles[] = {"root"};
    const wisp_renewal renewal = {.roles = roles, .role_len = 1};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wisp_renew(project, &renewal, &published, NULL), WISP_OK);
        wisp_published_deinit(&published);
    }
    wisp_project_close(project);
    publish(w, "first");
    check(w, WISP_UPDATE_STAGED);
    expect(w, "root version 3");
}

static void reading_the_status_changes_nothing(void **state)
{
    world *w = *state;
    publish(w, "first");
    check(w, WISP_UPDATE_STAGED);
    char before[16384];
    snprintf(before, sizeof before, "%s", status_text(w, "--json"));
    assert_string_equal(before, status_text(w, "--json"));
    start(w, NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2)
        return 99;
    wisp = argv[1];
    const struct CMUnitTest tests[] = {
        CASE(before_the_first_release_the_embedded_module_is_good),
        CASE(a_staged_release_is_the_candidate),
        CASE(a_release_on_trial_says_which_attempt),
        CASE(a_committed_release_is_good),
        CASE(a_rejected_release_is_banned_with_its_reason),
        CASE(content_that_was_damaged_is_said_to_be_lost),
        CASE(going_back_is_a_release_like_any_other),
        CASE(the_next_release_comes_as_a_delta),
        CASE(a_renewed_root_is_followed),
        CASE(reading_the_status_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
