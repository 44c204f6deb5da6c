#include "sandbox.h"

#include "publish/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the repository says of the keys of [role]: how many, and how many must sign. */
static void assert_signers(sandbox *s, const char *role, size_t keys, uint64_t threshold)
{
    wisp_repository repository;
    wisp_signers signers;
    sandbox_verify(s, &repository);
    assert_true(wisp_signers_find(repository.documents[WISP_ROLE_ROOT],
                                  repository.documents[WISP_ROLE_TARGETS], role, &signers));
    assert_int_equal(wisp_json_len(signers.keyids), keys);
    assert_int_equal(signers.threshold, threshold);
    wisp_repository_deinit(&repository);
}

static void make_key(sandbox *s, const char *name)
{
    wisp_key key;
    wisp_error err;
    assert_ok(wisp_key_make(&s->os, &key, &err), err);
    assert_ok(wisp_key_save(&s->os, sandbox_path(s, name), &key, &err), err);
}

static bool exchange(sandbox *s, wisp_key_change change)
{
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_key_exchange(project, &change, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return !published.is_pending;
}

static void refused(sandbox *s, wisp_key_change change, wisp_status expected, const char *text)
{
    char *before = sandbox_read(s, "p/wisp.json");
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    wisp_error err = {0};
    assert_int_equal(wisp_key_exchange(project, &change, &published, &err), expected);
    assert_contains(err.text, text);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    char *after = sandbox_read(s, "p/wisp.json");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static wisp_published rotate(sandbox *s, const char *role, bool dry_run)
{
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    const char *path;
    wisp_error err;
    assert_ok(wisp_key_rotate(project, role, NULL, dry_run, &path, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return published;
}

static bool cosign(sandbox *s, const char *key_file)
{
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    wisp_key key;
    wisp_error err;
    if (key_file)
        assert_ok(wisp_key_load(&s->os, sandbox_path(s, key_file), &key, &err), err);
    assert_ok(wisp_cosign(project, key_file ? &key : NULL, false, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return !published.is_pending;
}

static void rename_in(sandbox *s, const char *from, const char *to)
{
    assert_int_equal(rename(sandbox_path(s, from), sandbox_path(s, to)), 0);
}

/* ------------------------------------------------------------------ rotation */

static void the_key_of_every_role_can_be_rotated(void **state)
{
    static const char *const roles[] = {"root", "timestamp", "snapshot", "targets"};
    sandbox *s = *state;
    sandbox_publish(s, "one", 0);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        char name[64];
        assert_true(rotate(s, roles[i], false).renewed[WISP_ROLE_ROOT]);
        assert_signers(s, roles[i], 1, 1);
        snprintf(name, sizeof name, "p/keys/%s-2.key", roles[i]);
        assert_int_equal(sandbox_mode(s, name), 0600);
        snprintf(name, sizeof name, "p/keys/%s.key", roles[i]);
        rename_in(s, name, "old.key"); /* nothing needs it any more */
        sandbox_publish(s, "two", 0);
    }
    assert_signers(s, "stable", 1, 1);
    char *text = sandbox_read(s, "p/wisp.json");
    assert_null(strstr(text, "keys/targets.key"));
    assert_contains(text, "keys/targets-2.key");
    free(text);
}

static void a_channel_can_get_a_key_of_its_own(void **state)
{
    sandbox *s = *state;
    make_key(s, "p/keys/stable.key");
    assert_true(exchange(s, (wisp_key_change){.role = "stable", .add = "keys/stable.key"}));
    assert_signers(s, "stable", 2, 1);
    assert_true(exchange(s, (wisp_key_change){.role = "stable", .remove = "keys/targets.key"}));
    assert_signers(s, "stable", 1, 1);
    assert_signers(s, "beta", 1, 1);
    rename_in(s, "p/keys/targets.key", "elsewhere.key");
    sandbox_publish(s, "one", 0);
}

static void a_dry_run_makes_no_key(void **state)
{
    sandbox *s = *state;
    char *before = sandbox_read(s, "p/wisp.json");
    wisp_published published = rotate(s, "targets", true);
    assert_false(published.is_pending);
    assert_int_equal(published.versions[WISP_ROLE_ROOT], 2);
    assert_false(sandbox_has(s, "p/keys/targets-2.key"));
    assert_false(sandbox_has(s, "p/repo/2.root.json"));
    char *after = sandbox_read(s, "p/wisp.json");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void a_lost_key_is_replaced_in_two_steps(void **state)
{
    sandbox *s = *state;
    sandbox_publish(s, "one", 0);
    rename_in(s, "p/keys/snapshot.key", "lost.key");
    make_key(s, "p/keys/new.key");
    assert_true(exchange(s, (wisp_key_change){.role = "snapshot", .add = "keys/new.key"}));
    sandbox_publish(s, "two", 0);
    wisp_key lost;
    assert_int_equal(wisp_key_load(&s->os, sandbox_path(s, "lost.key"), &lost, NULL), WISP_OK);
    assert_true(exchange(s, (wisp_key_change){.role = "snapshot", .remove = lost.id}));
    assert_signers(s, "snapshot", 1, 1);
    sandbox_publish(s, "three", 0);
}

/* The new snapshot could be signed by the new key alone, and old roots do not know it. */
static void a_lost_key_is_not_replaced_in_one_step(void **state)
{
    sandbox *s = *state;
    wisp_key lost;
    assert_int_equal(wisp_key_load(&s->os, sandbox_path(s, "p/keys/snapshot.key"), &lost, NULL),
                     WISP_OK);
    rename_in(s, "p/keys/snapshot.key", "lost.key");
    make_key(s, "p/keys/new.key");
    refused(s, (wisp_key_change){.role = "snapshot", .add = "keys/new.key", .remove = lost.id},
            WISP_MISMATCH, "add the new key first, and take the old one away");
    assert_false(sandbox_has(s, "p/repo/2.root.json"));
}

static void impossible_exchanges_are_refused(void **state)
{
    sandbox *s = *state;
    refused(s, (wisp_key_change){.role = "targets", .remove = "keys/targets.key"}, WISP_MISMATCH,
            "targets would have 0 keys of the 1 that must sign");
    refused(s, (wisp_key_change){.role = "root", .threshold = 2}, WISP_MISMATCH,
            "root would have 1 keys of the 2 that must sign");
    refused(s, (wisp_key_change){.role = "gamma", .threshold = 1}, WISP_NOT_FOUND,
            "no channel 'gamma'");
    refused(s, (wisp_key_change){.role = "root", .remove = "keys/targets.key"}, WISP_NOT_FOUND,
            "0 keys of root are meant");
    refused(s, (wisp_key_change){.role = "root", .add = "keys/none.key"}, WISP_NOT_FOUND,
            "none.key");
}

static void a_new_channel_takes_releases(void **state)
{
    sandbox *s = *state;
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_channel_make(project, "nightly", false, &published, &err), err);
    wisp_published_deinit(&published);
    assert_int_equal(wisp_channel_make(project, "nightly", false, &published, &err),
                     WISP_INVALID);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    sandbox_publish_to(s, "nightly", "one", 0, &published);
    assert_string_equal(published.channel, "nightly");
    wisp_published_deinit(&published);
}

/* ------------------------------------------------------------------ several people */

/* Root needs two of three, and the three keys are with three people. */
static void make_ceremony(sandbox *s)
{
    make_key(s, "p/keys/b.key");
    make_key(s, "p/keys/c.key");
    assert_true(exchange(s, (wisp_key_change){.role = "root", .add = "keys/b.key"}));
    assert_true(
        exchange(s, (wisp_key_change){.role = "root", .add = "keys/c.key", .threshold = 2}));
    assert_signers(s, "root", 3, 2);
    rename_in(s, "p/keys/root.key", "alice.key");
    rename_in(s, "p/keys/b.key", "bob.key");
    rename_in(s, "p/keys/c.key", "carol.key");
}

static void two_of_three_sign_a_root_one_after_the_other(void **state)
{
    sandbox *s = *state;
    make_ceremony(s);
    sandbox_publish(s, "one", 0); /* no root key is needed */
    make_key(s, "p/keys/new.key");
    assert_false(exchange(s, (wisp_key_change){.role = "targets", .add = "keys/new.key"}));
    assert_true(sandbox_has(s, "p/pending/4.root.json"));
    assert_false(sandbox_has(s, "p/repo/4.root.json"));
    assert_false(cosign(s, "alice.key"));
    assert_false(cosign(s, "alice.key")); /* counts once */
    assert_false(sandbox_has(s, "p/repo/4.root.json"));
    assert_true(cosign(s, "carol.key"));
    assert_true(sandbox_has(s, "p/repo/4.root.json"));
    assert_false(sandbox_has(s, "p/pending/4.root.json"));
    assert_signers(s, "targets", 2, 1);
    sandbox_publish(s, "two", 0);
}

static void a_new_root_needs_old_and_new_keys(void **state)
{
    sandbox *s = *state;
    wisp_key alice;
    make_ceremony(s);
    make_key(s, "p/keys/d.key");
    assert_int_equal(wisp_key_load(&s->os, sandbox_path(s, "alice.key"), &alice, NULL), WISP_OK);
    assert_false(
        exchange(s, (wisp_key_change){.role = "root", .add = "keys/d.key", .remove = alice.id}));
    assert_false(cosign(s, "alice.key")); /* of the old ones alone */
    assert_true(cosign(s, "bob.key"));    /* two old ones; two new ones: bob and d */
    assert_signers(s, "root", 3, 2);
}

static void while_one_waits_there_is_no_other_change_but_timestamps(void **state)
{
    sandbox *s = *state;
    make_ceremony(s);
    make_key(s, "p/keys/new.key");
    assert_false(exchange(s, (wisp_key_change){.role = "targets", .add = "keys/new.key"}));
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    wisp_error err;
    wisp_draft draft = {.modules = {{NULL, {(const uint8_t *)"x", 1}}}, .module_len = 1};
    assert_int_equal(wisp_publish(project, &draft, &published, &err), WISP_BUSY);
    assert_contains(err.text, "a change waits for signatures of pending/4.root.json");
    wisp_published_deinit(&published);
    assert_ok(wisp_renew(project, &(wisp_renewal){.role_len = 0}, &published, &err), err);
    assert_true(published.renewed[WISP_ROLE_TIMESTAMP]);
    wisp_published_deinit(&published);
    assert_true(sandbox_has(s, "p/pending/4.root.json"));
    assert_ok(wisp_discard(project, &err), err);
    wisp_project_close(project);
    assert_false(sandbox_has(s, "p/pending/4.root.json"));
    sandbox_publish(s, "one", 0);
}

/* Releases to stable need Bob's signature, too, whose key is elsewhere. */
static void share_stable_with_bob(sandbox *s)
{
    make_key(s, "p/keys/b.key");
    assert_true(
        exchange(s, (wisp_key_change){.role = "stable", .add = "keys/b.key", .threshold = 2}));
    rename_in(s, "p/keys/b.key", "bob.key");
}

static void a_release_of_two_signers_goes_live_with_the_second(void **state)
{
    sandbox *s = *state;
    share_stable_with_bob(s);
    wisp_published published;
    sandbox_publish_to(s, NULL, "one", 0, &published);
    assert_true(published.is_pending);
    assert_int_equal(published.signed_by[WISP_STABLE], 1);
    wisp_published_deinit(&published);
    assert_true(cosign(s, "bob.key"));
    wisp_repository repository;
    wisp_file_info info;
    sandbox_verify(s, &repository);
    assert_int_equal(
        wisp_targets_find(repository.documents[WISP_STABLE], "stable/module.wasm", &info, NULL),
        WISP_OK);
    wisp_repository_deinit(&repository);
}

static void what_waits_for_the_online_keys_goes_live_where_they_are(void **state)
{
    sandbox *s = *state;
    wisp_published published;
    rename_in(s, "p/keys/timestamp.key", "timestamp.key");
    sandbox_publish_to(s, NULL, "one", 0, &published);
    assert_true(published.is_pending);
    wisp_published_deinit(&published);
    rename_in(s, "timestamp.key", "p/keys/timestamp.key");
    assert_true(cosign(s, NULL));
    assert_false(sandbox_has(s, "p/pending/2.stable.json"));
}

static void a_forged_waiting_document_does_not_go_live(void **state)
{
    sandbox *s = *state;
    share_stable_with_bob(s);
    wisp_published published;
    sandbox_publish_to(s, NULL, "one", 0, &published);
    wisp_published_deinit(&published);
    sandbox_edit(s, "p/pending/3.stable.json", "\"length\": 3", "\"length\": 4");
    assert_false(cosign(s, "bob.key")); /* the first signature is worth nothing now */
    assert_false(sandbox_has(s, "p/repo/3.stable.json"));
}

static void nothing_waiting_is_said(void **state)
{
    sandbox *s = *state;
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    wisp_error err;
    assert_int_equal(wisp_cosign(project, NULL, false, &published, &err), WISP_NOT_FOUND);
    assert_contains(err.text, "nothing waits");
    wisp_published_deinit(&published);
    wisp_project_close(project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROJECT(the_key_of_every_role_can_be_rotated),
        PROJECT(a_channel_can_get_a_key_of_its_own),
        PROJECT(a_dry_run_makes_no_key),
        PROJECT(a_lost_key_is_replaced_in_two_steps),
        PROJECT(a_lost_key_is_not_replaced_in_one_step),
        PROJECT(impossible_exchanges_are_refused),
        PROJECT(a_new_channel_takes_releases),
        PROJECT(two_of_three_sign_a_root_one_after_the_other),
        PROJECT(a_new_root_needs_old_and_new_keys),
        PROJECT(while_one_waits_there_is_no_other_change_but_timestamps),
        PROJECT(a_release_of_two_signers_goes_live_with_the_second),
        PROJECT(what_waits_for_the_online_keys_goes_live_where_they_are),
        PROJECT(a_forged_waiting_document_does_not_go_live),
        PROJECT(nothing_waiting_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
