#include "base/hex.h"
#include "device.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* What a device believes of a repository (TUF 5.3 to 5.7): attacks, mistakes, and recovery. */

static device d;
static repo *r = &d.repo;

/* Every test starts with version 2 of the module committed, and the repository at that. */
static int setup(void **state)
{
    (void)state;
    device_init(&d);
    assert_int_equal(device_open(&d), WISP_OK);
    device_update(&d, 2, "module two");
    r->log[0] = '\0';
    return 0;
}

/* Whatever was tried, the module in use stayed, and an honest release still comes through. */
static int teardown(void **state)
{
    (void)state;
    device_deinit(&d);
    return 0;
}

static void expect_outcome(wisp_update_outcome outcome, wisp_status status, const char *words)
{
    device_check(&d);
    if (d.result.outcome != outcome || d.result.status != status)
        print_error("%s, %s: %s\n", wisp_update_outcome_name(d.result.outcome),
                    wisp_status_name(d.result.status), d.result.reason);
    assert_int_equal(d.result.outcome, outcome);
    assert_int_equal(d.result.status, status);
    assert_true(says(d.result.reason, words));
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    assert_true(device_runs(&d, "module two"));
}

static void expect_refused(const char *words)
{
    expect_outcome(WISP_UPDATE_FAILED, WISP_UNTRUSTED, words);
}

static void expect_recovery(void)
{
    static uint64_t version = 100;
    r->before_signing = NULL;
    r->after_signing = NULL;
    device_update(&d, ++version, "a module that is all right");
}

/* --- changes that make the repository hostile -------------------------------------------- */

static wisp_role victim;

static void break_signature(repo *self, wisp_role role, wisp_json *document)
{
    (void)self;
    if (role != victim)
        return;
    wisp_json *signatures = wisp_json_new_array(), *one = wisp_json_new_object();
    const wisp_json *old;
    const char *keyid, *sig;
    char text[2 * WISP_ED25519_SIGNATURE_SIZE + 1];
    assert_int_equal(wisp_json_array(document, "signatures", &old, NULL), WISP_OK);
    wisp_json_string(wisp_json_item(old, 0), "keyid", &keyid, NULL);
    wisp_json_string(wisp_json_item(old, 0), "sig", &sig, NULL);
    snprintf(text, sizeof text, "%s", sig);
    text[5] = text[5] == '0' ? '1' : '0';
    wisp_json_set_string(one, "keyid", keyid);
    wisp_json_set_string(one, "sig", text);
    wisp_json_append(signatures, one);
    wisp_json_set(document, "signatures", signatures);
}

static void drop_signatures(repo *self, wisp_role role, wisp_json *document)
{
    (void)self;
    if (role == victim)
        wisp_json_set(document, "signatures", wisp_json_new_array());
}

static void change_type(repo *self, wisp_role role, wisp_json *body)
{
    (void)self;
    if (role == victim)
        wisp_json_set_string(body, "_type",
                             role == WISP_ROLE_ROOT ? "targets" : wisp_role_name(role - 1));
}

static void change_version(repo *self, wisp_role role, wisp_json *body)
{
    if (role == victim)
        wisp_json_set_number(body, "version", self->version[role] + 1);
}

static void add_unknown_fields(repo *self, wisp_role role, wisp_json *body)
{
    (void)self;
    (void)role;
    wisp_json *odd = wisp_json_new_object();
    wisp_json_set_string(odd, "z\"\\\n\xc3\xa9", "kept \x01 as it is");
    wisp_json_set_bool(odd, "a", true);
    wisp_json_append(odd, NULL);
    wisp_json_set(body, "x-unknown", odd);
}

/* --- signatures -------------------------------------------------------------------------- */

/* Writes a new version of everything, root too. */
static void release_all(void)
{
    memcpy(r->old_root, r->keys[WISP_ROLE_ROOT], sizeof r->old_root);
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    repo_release(r, r->content_version + 1, "module three");
}

/* The publisher goes back to what the device has. */
static void expect_return(void)
{
    repo_release(r, r->content_version + 1, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
}

static void a_bad_signature_of_any_role_keeps_the_old_version(void **state)
{
    (void)state;
    static const wisp_role roles[] = {WISP_ROLE_ROOT, WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT,
                                      WISP_ROLE_TARGETS};
    repo_change *const changes[] = {break_signature, drop_signatures};
    char words[80];
    for (size_t i = 0; i < 4; i++) {
        for (size_t c = 0; c < 2; c++) {
            victim = roles[i];
            r->after_signing = changes[c];
            release_all();
            snprintf(words, sizeof words, "%s.json: 0 of 1 needed signatures verify",
                     wisp_role_name(victim));
            expect_refused(words);
            r->after_signing = NULL;
            r->version[WISP_ROLE_ROOT]--; /* the honest one takes its place */
            release_all();
        }
        /* The bad root was never believed, so that the good one of the same number is. */
        assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
        expect_return();
    }
}

static void add_key(wisp_role role)
{
    size_t n = r->key_len[role]++;
    r->keys[role][n] = repo_make_key(role, (int)n, 0);
}

static void a_threshold_needs_as_many_keys(void **state)
{
    (void)state;
    add_key(WISP_ROLE_TARGETS);
    add_key(WISP_ROLE_TARGETS);
    r->threshold[WISP_ROLE_TARGETS] = 3;
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    r->key_len[WISP_ROLE_TARGETS] = 2; /* the third does not sign */
    repo_release(r, 3, "module three");
    expect_refused("targets.json: 2 of 3 needed signatures verify");
    r->key_len[WISP_ROLE_TARGETS] = 3;
    expect_recovery();
}

/* Lists the only key of snapshot under a second id, and has it sign under both. */
static void double_key(repo *self, wisp_role role, wisp_json *body)
{
    const wisp_json *keys, *roles, *one, *ids;
    if (role != WISP_ROLE_ROOT)
        return;
    wisp_json_object(body, "keys", &keys, NULL);
    wisp_json_object(body, "roles", &roles, NULL);
    wisp_json_object(roles, "snapshot", &one, NULL);
    wisp_json_array(one, "keyids", &ids, NULL);
    const wisp_json *key;
    wisp_json_object(keys, wisp_json_item_string(ids, 0), &key, NULL);
    wisp_json_set((wisp_json *)(uintptr_t)keys, "second-id", wisp_json_copy(key));
    wisp_json_append_string((wisp_json *)(uintptr_t)ids, "second-id");
    (void)self;
}

static void sign_doubly(repo *self, wisp_role role, wisp_json *document)
{
    const wisp_json *signatures;
    (void)self;
    if (role != WISP_ROLE_SNAPSHOT)
        return;
    wisp_json_array(document, "signatures", &signatures, NULL);
    wisp_json *second = wisp_json_copy(wisp_json_item(signatures, 0));
    wisp_json_set_string(second, "keyid", "second-id");
    wisp_json_append((wisp_json *)(uintptr_t)signatures, second);
}

static void one_key_under_two_ids_counts_once(void **state)
{
    (void)state;
    r->before_signing = double_key;
    r->after_signing = sign_doubly;
    r->threshold[WISP_ROLE_SNAPSHOT] = 2;
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    repo_release(r, 3, "module three");
    expect_refused("snapshot.json: 1 of 2 needed signatures verify");
    r->before_signing = NULL;
    r->threshold[WISP_ROLE_SNAPSHOT] = 1;
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    expect_recovery();
}

static void repeat_keyid(repo *self, wisp_role role, wisp_json *body)
{
    const wisp_json *roles, *one, *ids;
    (void)self;
    if (role != WISP_ROLE_ROOT)
        return;
    wisp_json_object(body, "roles", &roles, NULL);
    wisp_json_object(roles, "targets", &one, NULL);
    wisp_json_array(one, "keyids", &ids, NULL);
    wisp_json_append_string((wisp_json *)(uintptr_t)ids, wisp_json_item_string(ids, 0));
}

static void one_id_listed_twice_counts_once(void **state)
{
    (void)state;
    r->before_signing = repeat_keyid;
    r->threshold[WISP_ROLE_TARGETS] = 2;
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    r->before_signing = NULL;
    repo_release(r, 3, "module three");
    expect_refused("targets.json: 1 of 2 needed signatures verify");
}

static void repeat_signature(repo *self, wisp_role role, wisp_json *document)
{
    const wisp_json *signatures;
    (void)self;
    if (role != victim)
        return;
    wisp_json_array(document, "signatures", &signatures, NULL);
    wisp_json_append((wisp_json *)(uintptr_t)signatures,
                     wisp_json_copy(wisp_json_item(signatures, 0)));
}

static void two_signatures_of_one_id_are_refused(void **state)
{
    (void)state;
    victim = WISP_ROLE_TIMESTAMP;
    r->after_signing = repeat_signature;
    repo_release(r, 3, "module three");
    expect_outcome(WISP_UPDATE_UNAVAILABLE, WISP_MALFORMED, "expected one a key");
    expect_recovery();
}

static void unknown_fields_are_kept_for_the_signature(void **state)
{
    (void)state;
    r->before_signing = add_unknown_fields;
    release_all();
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_acquire(&d);
    assert_true(device_runs(&d, "module three"));
}

/* --- types and versions ------------------------------------------------------------------ */

static void a_document_of_another_type_is_refused(void **state)
{
    (void)state;
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        victim = (wisp_role)role;
        r->before_signing = change_type;
        release_all();
        expect_outcome(WISP_UPDATE_UNAVAILABLE, WISP_MALFORMED, "'_type' is \"");
        r->before_signing = NULL;
        r->version[WISP_ROLE_ROOT]--;
        release_all();
        assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
        expect_return();
    }
}

static void a_version_that_is_not_the_listed_one_is_refused(void **state)
{
    (void)state;
    r->lists_hashes = false;
    r->before_signing = change_version;
    victim = WISP_ROLE_SNAPSHOT;
    repo_release(r, 3, "module three");
    expect_refused("snapshot.json: version 3, expected 2");
    victim = WISP_ROLE_TARGETS;
    repo_release(r, 3, "module three");
    expect_refused("targets.json: version 4, expected 3");
    expect_recovery();
}

static void a_root_that_says_another_version_is_refused(void **state)
{
    (void)state;
    victim = WISP_ROLE_ROOT;
    r->before_signing = change_version;
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    expect_refused("2.root.json says that it is version 3");
    r->before_signing = NULL;
    repo_write(r, WISP_ROLE_ROOT);
    expect_recovery();
}

/* --- rollback and mix-and-match ---------------------------------------------------------- */

static void an_older_timestamp_is_a_replay(void **state)
{
    (void)state;
    repo_refresh(r);
    repo_refresh(r);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    r->version[WISP_ROLE_TIMESTAMP] = 1;
    repo_write(r, WISP_ROLE_TIMESTAMP);
    expect_refused("timestamp.json: version 1 is older than the trusted version 3 (replayed?)");
    r->version[WISP_ROLE_TIMESTAMP] = 3;
    expect_recovery();
}

static void an_older_snapshot_in_a_newer_timestamp_is_a_replay(void **state)
{
    (void)state;
    repo_refresh(r);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    r->version[WISP_ROLE_SNAPSHOT] = 1;
    r->version[WISP_ROLE_TIMESTAMP]++;
    repo_write(r, WISP_ROLE_SNAPSHOT);
    repo_write(r, WISP_ROLE_TIMESTAMP);
    expect_refused("timestamp.json: snapshot version 1 is older than the trusted version 2");
    r->version[WISP_ROLE_SNAPSHOT] = 2;
    expect_recovery();
}

static void older_targets_in_a_newer_snapshot_are_a_replay(void **state)
{
    (void)state;
    repo_release(r, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    repo_release(r, 4, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    r->version[WISP_ROLE_TARGETS] = 1;
    repo_refresh(r);
    expect_refused("snapshot.json: targets.json version 1 is older than the trusted version 3");
    r->version[WISP_ROLE_TARGETS] = 3;
    expect_recovery();
}

static void list_a_role(repo *self, wisp_role role, wisp_json *body)
{
    const wisp_json *meta;
    (void)self;
    if (role != WISP_ROLE_SNAPSHOT)
        return;
    wisp_json_object(body, "meta", &meta, NULL);
    wisp_json *one = wisp_json_new_object();
    wisp_json_set_number(one, "version", 7);
    wisp_json_set((wisp_json *)(uintptr_t)meta, "channel.json", one);
}

static void a_snapshot_that_drops_a_role_is_refused(void **state)
{
    (void)state;
    r->before_signing = list_a_role;
    repo_refresh(r);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    r->before_signing = NULL;
    repo_refresh(r);
    expect_refused("snapshot.json: channel.json is no longer listed, it was version 7");
}

static void the_replay_of_each_older_repository_is_refused(void **state)
{
    (void)state;
    enum { AGES = 6 };
    static repo ages[AGES];
    char content[32];
    for (int age = 0; age < AGES; age++) {
        repo_init(&ages[age]);
        repo_replay(&ages[age], r);
        snprintf(content, sizeof content, "module of age %d", age);
        device_update(&d, 10 + (uint64_t)age, content);
    }
    for (int age = 0; age < AGES; age++) {
        repo_replay(r, &ages[age]);
        assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
        assert_true(says(d.result.reason, "older than the trusted version"));
        repo_deinit(&ages[age]);
    }
    device_acquire(&d);
    assert_true(device_runs(&d, content));
}

static void files_of_two_releases_do_not_mix(void **state)
{
    (void)state;
    char path[64] = "targets.json";
    uint8_t copy[4096];
    for (int consistent = 0; consistent < 2; consistent++) {
        r->consistent = consistent;
        release_all();
        if (consistent)
            snprintf(path, sizeof path, "%d.targets.json", (int)r->version[WISP_ROLE_TARGETS]);
        wisp_bytes old = repo_get(r, path);
        assert_true(old.size < sizeof copy);
        memcpy(copy, old.data, old.size);
        old.data = copy;
        r->version[WISP_ROLE_TARGETS] -= (uint64_t)consistent; /* the same name again */
        repo_release(r, r->content_version + 1, "another module");
        repo_put(r, path, old);
        expect_refused("targets.json: sha256 is");
        expect_return();
    }
}

/* --- expiry ------------------------------------------------------------------------------ */

static void an_expired_document_of_any_role_stops_the_check_but_not_the_module(void **state)
{
    (void)state;
    char words[80];
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        r->expires[role] = "2029-06-07T08:09:10Z";
        release_all();
        snprintf(words, sizeof words, "%s.json expired at 2029-06-07T08:09:10Z, it is 2030-03-",
                 wisp_role_name((wisp_role)role));
        expect_refused(words);
        r->expires[role] = "2041-01-01T00:00:00Z";
        release_all();
        assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
        expect_return();
    }
}

static void a_timestamp_that_is_known_can_still_expire(void **state)
{
    (void)state;
    r->expires[WISP_ROLE_TIMESTAMP] = "2030-04-01T00:00:00Z";
    repo_refresh(r);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    d.disk.time += 30 * 86400;
    expect_refused("timestamp.json expired at 2030-04-01T00:00:00Z");
}

static void a_clock_that_was_set_back_does_not_revive_expired_documents(void **state)
{
    (void)state;
    r->expires[WISP_ROLE_SNAPSHOT] = "2030-04-01T00:00:00Z";
    repo_refresh(r);
    int64_t before = d.disk.time;
    d.disk.time += 30 * 86400; /* honest time goes on: a check at which all is valid */
    r->expires[WISP_ROLE_SNAPSHOT] = "2031-01-01T00:00:00Z";
    repo_refresh(r);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    device_crash(&d, SURVIVES_SYNCED);
    d.disk.time = before;
    assert_int_equal(device_open(&d), WISP_OK);
    r->expires[WISP_ROLE_SNAPSHOT] = "2030-04-01T00:00:00Z";
    repo_refresh(r);
    expect_refused("snapshot.json expired at 2030-04-01T00:00:00Z");
}

static void a_device_in_1970_knows_when_its_program_was_built(void **state)
{
    (void)state;
    device_close(&d);
    d.config.dir = "/another"; /* which has not seen any time yet */
    d.config.time_min = d.disk.time;
    d.disk.time = 0;
    r->expires[WISP_ROLE_TARGETS] = "2029-06-07T08:09:10Z";
    repo_release(r, 3, "module three");
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
    assert_true(
        says(d.result.reason, "targets.json expired at 2029-06-07T08:09:10Z, it is 2030-"));
    r->expires[WISP_ROLE_TARGETS] = "2041-01-01T00:00:00Z";
    repo_release(r, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void a_clock_that_was_wrong_once_does_not_lock_the_device_out(void **state)
{
    (void)state;
    int64_t now = d.disk.time;
    d.disk.time = now + INT64_C(40) * 365 * 86400;
    expect_refused("root.json expired");
    d.disk.time = now;
    expect_recovery();
}

/* --- root -------------------------------------------------------------------------------- */

static void a_chain_of_roots_is_followed_and_each_is_kept(void **state)
{
    (void)state;
    repo_rotate(r, WISP_ROLE_ROOT, 1);
    repo_rotate(r, WISP_ROLE_ROOT, 2);
    repo_rotate(r, WISP_ROLE_TARGETS, 1);
    repo_remove(r, "1.root.json");
    repo_release(r, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_int_equal(device_status(&d).root_version, 4);
    wisp_bytes served = repo_get(r, "4.root.json");
    const faulty_bytes *stored = faulty_os_file(&d.disk, DEVICE_DIR "/metadata/root.json");
    assert_int_equal(stored->size, served.size);
    assert_memory_equal(stored->data, served.data, served.size);
    device_crash(&d, SURVIVES_SYNCED);
    assert_int_equal(device_open(&d), WISP_OK);
    r->log[0] = '\0';
    device_check(&d);
    assert_true(strncmp(r->log, "5.root.json\n", 12) == 0);
}

static void a_chain_that_breaks_is_followed_as_far_as_it_holds(void **state)
{
    (void)state;
    repo_rotate(r, WISP_ROLE_ROOT, 1);
    repo_rotate(r, WISP_ROLE_ROOT, 2);
    repo_find(r, "3.root.json")->manner = REPO_DEAD;
    repo_release(r, 3, "module three");
    expect_outcome(WISP_UPDATE_UNAVAILABLE, WISP_NETWORK,
                   "3.root.json: the connection was reset");
    assert_int_equal(device_status(&d).root_version, 2);
    repo_find(r, "3.root.json")->manner = REPO_WHOLE;
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void a_root_signed_by_the_new_keys_alone_is_refused(void **state)
{
    (void)state;
    repo_rotate(r, WISP_ROLE_ROOT, 1);
    r->old_root_len = 0;
    repo_write(r, WISP_ROLE_ROOT);
    expect_refused("root.json: 0 of 1 needed signatures verify");
    assert_int_equal(device_status(&d).root_version, 1);
}

static void keep_old_signature_only(repo *self, wisp_role role, wisp_json *document)
{
    const wisp_json *signatures;
    (void)self;
    if (role != WISP_ROLE_ROOT)
        return;
    wisp_json_array(document, "signatures", &signatures, NULL);
    wisp_json *kept = wisp_json_new_array();
    wisp_json_append(kept, wisp_json_copy(wisp_json_item(signatures, 1)));
    wisp_json_set(document, "signatures", kept);
}

static void a_root_signed_by_the_old_keys_alone_is_refused(void **state)
{
    (void)state;
    r->after_signing = keep_old_signature_only;
    repo_rotate(r, WISP_ROLE_ROOT, 1);
    expect_refused("root.json: 0 of 1 needed signatures verify");
    assert_int_equal(device_status(&d).root_version, 1);
}

static void a_root_that_skips_a_version_is_not_found(void **state)
{
    (void)state;
    r->version[WISP_ROLE_ROOT] = 2;
    repo_rotate(r, WISP_ROLE_TARGETS, 1); /* 3.root.json, and no 2 */
    repo_release(r, 3, "module three");
    expect_refused("targets.json: 0 of 1 needed signatures verify");
    assert_int_equal(device_status(&d).root_version, 1);
}

static void an_expired_root_in_the_middle_of_the_chain_does_not_matter(void **state)
{
    (void)state;
    r->expires[WISP_ROLE_ROOT] = "2020-01-01T00:00:00Z";
    repo_rotate(r, WISP_ROLE_ROOT, 1);
    r->expires[WISP_ROLE_ROOT] = "2040-01-01T00:00:00Z";
    repo_rotate(r, WISP_ROLE_ROOT, 2);
    expect_recovery();
}

static void no_more_than_32_roots_are_followed_in_one_check(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        r->version[WISP_ROLE_ROOT]++;
        repo_write(r, WISP_ROLE_ROOT);
    }
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    assert_int_equal(device_status(&d).root_version, 33);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    assert_int_equal(device_status(&d).root_version, 41);
}

static void a_newer_program_brings_its_root(void **state)
{
    (void)state;
    repo_rotate(r, WISP_ROLE_ROOT, 1);
    repo_rotate(r, WISP_ROLE_ROOT, 2);
    repo_release(r, 3, "module three");
    device_close(&d);
    d.config.root = repo_get(r, "3.root.json");
    assert_int_equal(device_open(&d), WISP_OK);
    r->log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_true(strncmp(r->log, "4.root.json\n", 12) == 0);
    device_close(&d);
}

static void a_stored_root_that_rots_is_fetched_again(void **state)
{
    (void)state;
    repo_rotate(r, WISP_ROLE_ROOT, 1);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    faulty_bytes *stored = faulty_os_file(&d.disk, DEVICE_DIR "/metadata/root.json");
    stored->data[stored->size / 2] ^= 1;
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    assert_int_equal(device_status(&d).root_version, 2);
}

/* --- recovery from versions that a thief made too high ----------------------------------- */

static void a_rotated_online_key_takes_back_versions_that_were_too_high(void **state)
{
    (void)state;
    static const wisp_role online[] = {WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT};
    for (int i = 0; i < 2; i++) {
        wisp_role role = online[i];
        uint64_t timestamp = r->version[WISP_ROLE_TIMESTAMP];
        uint64_t snapshot = r->version[WISP_ROLE_SNAPSHOT];
        uint64_t targets = r->version[WISP_ROLE_TARGETS];
        r->version[WISP_ROLE_TIMESTAMP] = r->version[WISP_ROLE_SNAPSHOT] = 99999;
        if (role == WISP_ROLE_SNAPSHOT)
            r->version[WISP_ROLE_TARGETS] = 99999;
        repo_write(r, WISP_ROLE_TARGETS);
        repo_refresh(r);
        assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
        r->version[WISP_ROLE_TIMESTAMP] = timestamp;
        r->version[WISP_ROLE_SNAPSHOT] = snapshot;
        r->version[WISP_ROLE_TARGETS] = targets;
        repo_refresh(r);
        expect_refused("older than the trusted version 100000");
        repo_rotate(r, role, i + 1);
        repo_refresh(r);
        assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    }
    expect_recovery();
}

static void a_key_that_is_only_added_takes_nothing_back(void **state)
{
    (void)state;
    repo_refresh(r);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    add_key(WISP_ROLE_TIMESTAMP);
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    r->version[WISP_ROLE_TIMESTAMP] = 1;
    repo_write(r, WISP_ROLE_TIMESTAMP);
    expect_refused("timestamp.json: version 1 is older than the trusted version 2");
}

/* --- lengths, hashes and manners --------------------------------------------------------- */

static void changed_bytes_do_not_match_their_hash(void **state)
{
    (void)state;
    static const char *const paths[] = {"2.snapshot.json", "2.targets.json"};
    static const char *const words[] = {"snapshot.json: sha256 is ", "targets.json: sha256 is "};
    repo_release(r, 3, "module three");
    for (int i = 0; i < 2; i++) {
        repo_file *file = repo_find(r, paths[i]);
        file->data[file->size / 2] ^= 1;
        expect_refused(words[i]);
        file->data[file->size / 2] ^= 1;
    }
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void a_file_that_is_cut_is_told_from_one_that_is_changed(void **state)
{
    (void)state;
    char path[160];
    repo_release(r, 3, "module three");
    repo_file *file = repo_find(r, "2.targets.json");
    file->manner = REPO_CUT;
    expect_refused("targets.json ends after ");
    assert_true(says(d.result.reason, "(truncated download)"));
    file->manner = REPO_WHOLE;

    file = repo_find(r, repo_content_path(r, path));
    file->manner = REPO_CUT;
    expect_outcome(WISP_UPDATE_UNAVAILABLE, WISP_NETWORK, "app.wasm ended after 6 of 12 bytes");
    file->manner = REPO_WHOLE;

    file->data[7] = 'T';
    expect_refused("app.wasm is not what was signed: its sha256 is not the one");
    file->data[7] = 't';
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void endless_files_are_cut_off(void **state)
{
    (void)state;
    char path[160];
    repo_release(r, 3, "module three");
    const struct {
        const char *path, *words;
        wisp_status status;
        uint64_t size_max; /* that may be fetched before it is noticed */
    } cases[] = {
        {"2.root.json", "2.root.json goes on after 524288 bytes", WISP_LIMIT, 512 << 10},
        {"timestamp.json", "timestamp.json goes on after 16384 bytes", WISP_LIMIT, 16 << 10},
        {"2.snapshot.json", "snapshot.json goes on after the expected", WISP_UNTRUSTED, 1 << 12},
        {"2.targets.json", "targets.json goes on after the expected", WISP_UNTRUSTED, 1 << 13},
        {repo_content_path(r, path), "app.wasm is not what was signed: it goes on after 12 bytes",
         WISP_UNTRUSTED, 1 << 13},
    };
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        repo_find(r, cases[i].path)->manner = REPO_ENDLESS;
        expect_outcome(WISP_UPDATE_FAILED, cases[i].status, cases[i].words);
        assert_true(d.result.bytes_fetched <= cases[i].size_max + 4096); /* the files before it */
        repo_find(r, cases[i].path)->manner = REPO_WHOLE;
    }
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void endless_files_without_a_told_length_are_cut_off(void **state)
{
    (void)state;
    r->lists_hashes = false;
    repo_release(r, 3, "module three");
    repo_find(r, "2.snapshot.json")->manner = REPO_ENDLESS;
    expect_outcome(WISP_UPDATE_FAILED, WISP_LIMIT, "2.snapshot.json goes on after 2097152 bytes");
    repo_find(r, "2.snapshot.json")->manner = REPO_WHOLE;
    repo_find(r, "2.targets.json")->manner = REPO_ENDLESS;
    expect_outcome(WISP_UPDATE_FAILED, WISP_LIMIT, "2.targets.json goes on after 5242880 bytes");
}

static void files_that_are_missing_are_named(void **state)
{
    (void)state;
    char path[160];
    repo_release(r, 3, "module three");
    const char *const paths[] = {repo_content_path(r, path), "2.targets.json", "2.snapshot.json",
                                 "timestamp.json"};
    const char *const words[] = {
        "app.wasm is not on the server", "2.targets.json is not on the server",
        "2.snapshot.json is not on the server", "timestamp.json is not on the server"};
    for (int i = 0; i < 4; i++) {
        repo_remove(r, paths[i]);
        if (i == 2) /* what is stored already needs no server */
            faulty_os_file(&d.disk, DEVICE_DIR "/metadata/snapshot.json")->size = 0;
        if (i == 1)
            faulty_os_file(&d.disk, DEVICE_DIR "/metadata/targets.json")->size = 0;
        expect_outcome(WISP_UPDATE_UNAVAILABLE, WISP_NOT_FOUND, words[i]);
    }
    expect_recovery();
}

static void a_page_of_a_proxy_is_no_metadata(void **state)
{
    (void)state;
    static const char page[] = "<html><h1>Please log in</h1></html>";
    repo_put(r, "timestamp.json", (wisp_bytes){(const uint8_t *)page, sizeof page - 1});
    expect_outcome(WISP_UPDATE_UNAVAILABLE, WISP_MALFORMED, "timestamp.json: not JSON: line 1");
}

/* --- names and requests ------------------------------------------------------------------ */

static void a_quiet_check_asks_for_two_files(void **state)
{
    (void)state;
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    assert_string_equal(r->log, "2.root.json\ntimestamp.json\n");
}

static void files_are_named_by_version_and_hash(void **state)
{
    (void)state;
    char path[160], log[400];
    repo_release(r, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    snprintf(log, sizeof log,
             "2.root.json\ntimestamp.json\n2.snapshot.json\n2.targets.json\n%s\n",
             repo_content_path(r, path));
    assert_string_equal(r->log, log);
}

static void files_have_plain_names_without_consistent_snapshots(void **state)
{
    (void)state;
    r->consistent = false;
    release_all();
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_string_equal(r->log, "2.root.json\n3.root.json\ntimestamp.json\nsnapshot.json\n"
                                "targets.json\ntargets/app.wasm\n");
}

static void metadata_is_stored_byte_for_byte(void **state)
{
    (void)state;
    static const char *const served[] = {"1.root.json", "timestamp.json", "1.snapshot.json",
                                         "1.targets.json"};
    char path[100];
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        snprintf(path, sizeof path, DEVICE_DIR "/metadata/%s.json",
                 wisp_role_name((wisp_role)role));
        wisp_bytes bytes = repo_get(r, served[role]);
        const faulty_bytes *stored = faulty_os_file(&d.disk, path);
        assert_non_null(stored);
        assert_int_equal(stored->size, bytes.size);
        assert_memory_equal(stored->data, bytes.data, bytes.size);
    }
}

static void a_name_with_strange_characters_is_quoted(void **state)
{
    (void)state;
    device_close(&d);
    d.config.dir = "/another";
    d.config.target = r->target = "apps/my app#1?.wasm";
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(r, 3, "module three");
    char hash[WISP_HASH_TEXT_SIZE], path[160];
    wisp_hash three = device_hash("module three");
    wisp_hash_print(&three, hash);
    snprintf(path, sizeof path, "targets/apps/%s.my%%20app%%231%%3F.wasm", hash);
    repo_put(r, path, r->content);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_true(says(r->log, path));
}

/* --- what targets must say --------------------------------------------------------------- */

static void spoil_target(repo *self, wisp_role role, wisp_json *body)
{
    const wisp_json *targets, *one, *hashes;
    const char *what = self->context;
    if (role != WISP_ROLE_TARGETS)
        return;
    wisp_json_object(body, "targets", &targets, NULL);
    wisp_json_object(targets, self->target, &one, NULL);
    wisp_json_object(one, "hashes", &hashes, NULL);
    wisp_json *target = (wisp_json *)(uintptr_t)one;
    char sha512[2 * WISP_SHA512_SIZE + 1];
    uint8_t bytes[WISP_SHA512_SIZE];
    assert_true(wisp_sha512(self->content, bytes));
    wisp_hex_print(bytes, sizeof bytes, sha512);
    if (strcmp(what, "version") == 0)
        wisp_json_set(target, "custom", wisp_json_new_object());
    if (strcmp(what, "both hashes") == 0)
        wisp_json_set_string((wisp_json *)(uintptr_t)hashes, "sha512", sha512);
    if (strcmp(what, "sha512 alone") == 0) {
        wisp_json *alone = wisp_json_new_object();
        wisp_json_set_string(alone, "sha512", sha512);
        wisp_json_set(target, "hashes", alone);
    }
    if (strcmp(what, "name") == 0)
        wisp_json_set(body, "targets", wisp_json_new_object());
}

static void a_target_must_say_enough(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        wisp_update_outcome outcome;
        wisp_status status;
        const char *words;
    } cases[] = {
        {"version", WISP_UPDATE_FAILED, WISP_UNSUPPORTED,
         "target 'app.wasm' has no number custom.version"},
        {"sha512 alone", WISP_UPDATE_FAILED, WISP_UNSUPPORTED, "target 'app.wasm' has no sha256"},
        {"name", WISP_UPDATE_UNAVAILABLE, WISP_NOT_FOUND, "targets.json: no target 'app.wasm'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        r->before_signing = spoil_target;
        r->context = (void *)(uintptr_t)cases[i].what;
        repo_release(r, 3, "module three");
        expect_outcome(cases[i].outcome, cases[i].status, cases[i].words);
    }
    r->context = (void *)(uintptr_t) "both hashes";
    repo_release(r, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_bad_signature_of_any_role_keeps_the_old_version),
        CASE(a_threshold_needs_as_many_keys),
        CASE(one_key_under_two_ids_counts_once),
        CASE(one_id_listed_twice_counts_once),
        CASE(two_signatures_of_one_id_are_refused),
        CASE(unknown_fields_are_kept_for_the_signature),
        CASE(a_document_of_another_type_is_refused),
        CASE(a_version_that_is_not_the_listed_one_is_refused),
        CASE(a_root_that_says_another_version_is_refused),
        CASE(an_older_timestamp_is_a_replay),
        CASE(an_older_snapshot_in_a_newer_timestamp_is_a_replay),
        CASE(older_targets_in_a_newer_snapshot_are_a_replay),
        CASE(a_snapshot_that_drops_a_role_is_refused),
        CASE(the_replay_of_each_older_repository_is_refused),
        CASE(files_of_two_releases_do_not_mix),
        CASE(an_expired_document_of_any_role_stops_the_check_but_not_the_module),
        CASE(a_timestamp_that_is_known_can_still_expire),
        CASE(a_clock_that_was_set_back_does_not_revive_expired_documents),
        CASE(a_device_in_1970_knows_when_its_program_was_built),
        CASE(a_clock_that_was_wrong_once_does_not_lock_the_device_out),
        CASE(a_chain_of_roots_is_followed_and_each_is_kept),
        CASE(a_chain_that_breaks_is_followed_as_far_as_it_holds),
        CASE(a_root_signed_by_the_new_keys_alone_is_refused),
        CASE(a_root_signed_by_the_old_keys_alone_is_refused),
        CASE(a_root_that_skips_a_version_is_not_found),
        CASE(an_expired_root_in_the_middle_of_the_chain_does_not_matter),
        CASE(no_more_than_32_roots_are_followed_in_one_check),
        CASE(a_newer_program_brings_its_root),
        CASE(a_stored_root_that_rots_is_fetched_again),
        CASE(a_rotated_online_key_takes_back_versions_that_were_too_high),
        CASE(a_key_that_is_only_added_takes_nothing_back),
        CASE(changed_bytes_do_not_match_their_hash),
        CASE(a_file_that_is_cut_is_told_from_one_that_is_changed),
        CASE(endless_files_are_cut_off),
        CASE(endless_files_without_a_told_length_are_cut_off),
        CASE(files_that_are_missing_are_named),
        CASE(a_page_of_a_proxy_is_no_metadata),
        CASE(a_quiet_check_asks_for_two_files),
        CASE(files_are_named_by_version_and_hash),
        CASE(files_have_plain_names_without_consistent_snapshots),
        CASE(metadata_is_stored_byte_for_byte),
        CASE(a_name_with_strange_characters_is_quoted),
        CASE(a_target_must_say_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
