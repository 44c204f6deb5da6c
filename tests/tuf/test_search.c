#include "client.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Who is asked for a target, in which order, and what of the answers is believed (TUF 5.6.7). */

static forge f;
static client c;

static int setup(void **state)
{
    (void)state;
    forge_init(&f);
    client_init(&c, &f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_deinit(&c);
    forge_deinit(&f);
    return 0;
}

/* Publishes what the test has built, and brings the client up to date with it. */
static void publish(void)
{
    forge_publish(&f);
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_OK, "");
    c.log[0] = '\0';
}

static void expect_found(const char *target, const char *document, const char *log)
{
    wisp_target found;
    client_expect(&c, client_seek(&c, target), WISP_OK, "");
    assert_true(wisp_workflow_target(c.workflow, &found));
    assert_string_equal(found.document, document);
    assert_string_equal(c.log, log);
    c.log[0] = '\0';
}

static void expect_missing(const char *target, const char *words, const char *log)
{
    wisp_target found;
    client_expect(&c, client_seek(&c, target), WISP_NOT_FOUND, words);
    assert_false(wisp_workflow_target(c.workflow, &found));
    assert_string_equal(c.log, log);
    c.log[0] = '\0';
}

static void expect_refused(const char *target, wisp_status status, const char *words)
{
    wisp_target found;
    client_expect(&c, client_seek(&c, target), status, words);
    assert_false(wisp_workflow_target(c.workflow, &found));
}

/* --- the order --------------------------------------------------------------------------- */

static void a_role_is_asked_before_those_below_it_and_these_before_the_next(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_delegate(&f, "targets", "b", (forge_terms){0});
    forge_delegate(&f, "a", "c", (forge_terms){0});
    forge_delegate(&f, "c", "d", (forge_terms){0});
    forge_target(&f, "targets", "top", "in the top-level targets");
    forge_target(&f, "b", "x", "in the last role");
    forge_target(&f, "d", "y", "deep down");
    publish();
    expect_found("top", "targets.json", "");
    expect_found("x", "b.json", "1.a.json\n1.c.json\n1.d.json\n1.b.json\n");
    expect_found("y", "d.json", ""); /* all of them are stored now */
    expect_missing("z", "no target 'z' in targets.json and 4 delegated roles", "");
}

static void nobody_is_asked_for_a_path_that_is_not_delegated_all_the_way(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){.pattern = "a/*"});
    forge_delegate(&f, "a", "b", (forge_terms){.pattern = "*/x"});
    forge_target(&f, "b", "a/x", "delegated twice");
    forge_target(&f, "b", "b/x", "not delegated by the first");
    forge_target(&f, "b", "a/y", "not delegated by the second");
    publish();
    expect_missing("b/x", "targets.json: no target 'b/x'", "");
    expect_missing("a/y", "no target 'a/y' in targets.json and 1 delegated roles", "1.a.json\n");
    expect_found("a/x", "b.json", "1.b.json\n");
}

static void nothing_after_a_terminating_delegation_counts(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_delegate(&f, "targets", "b", (forge_terms){0});
    forge_delegate(&f, "a", "c", (forge_terms){.is_terminating = true, .pattern = "x*"});
    forge_delegate(&f, "a", "d", (forge_terms){0});
    forge_delegate(&f, "c", "e", (forge_terms){0});
    forge_target(&f, "b", "x", "who comes later has no say");
    forge_target(&f, "b", "y", "which is not delegated to c");
    forge_target(&f, "e", "x below", "in a descendant");
    publish();
    expect_missing("x", "no target 'x' in targets.json and 3 delegated roles",
                   "1.a.json\n1.c.json\n1.e.json\n");
    expect_found("x below", "e.json", "");
    expect_found("y", "b.json", "1.d.json\n1.b.json\n");
}

static void cycles_end_where_they_began(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_delegate(&f, "a", "b", (forge_terms){0});
    forge_delegate(&f, "b", "a", (forge_terms){0});
    forge_delegate(&f, "b", "b", (forge_terms){0});
    publish();
    expect_missing("x", "2 delegated roles", "1.a.json\n1.b.json\n");
}

static void a_role_of_two_delegators_is_asked_once_in_a_search(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_delegate(&f, "targets", "b", (forge_terms){0});
    forge_delegate(&f, "a", "c", (forge_terms){0});
    forge_delegate(&f, "b", "c", (forge_terms){.key = "a key that signs nothing"});
    publish();
    expect_missing("x", "3 delegated roles", "1.a.json\n1.c.json\n1.b.json\n");
}

/* --- limits ------------------------------------------------------------------------------ */

static void build_chain(int len)
{
    char from[16] = "targets", to[16];
    for (int i = 1; i <= len; i++) {
        snprintf(to, sizeof to, "r%d", i);
        forge_delegate(&f, from, to, (forge_terms){0});
        strcpy(from, to);
    }
    forge_target(&f, from, "deep", "at the end of the chain");
}

static void a_search_asks_32_roles_and_no_more(void **state)
{
    (void)state;
    build_chain(WISP_DELEGATIONS_MAX);
    publish();
    client_expect(&c, client_seek(&c, "deep"), WISP_OK, "");
    forge_delegate(&f, "r32", "r33", (forge_terms){0});
    forge_target(&f, "r33", "deeper", "one too far");
    publish();
    expect_refused("deeper", WISP_LIMIT, "'deeper' is not found in the 32 roles");
    assert_null(client_stored(&c, "r33.json"));
}

static void the_limit_counts_wide_graphs_and_cycles_alike(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "w%d", i);
        forge_delegate(&f, "targets", name, (forge_terms){0});
        forge_delegate(&f, name, "w0", (forge_terms){0});
    }
    c.config.limits.delegations = 5;
    publish();
    expect_refused("x", WISP_LIMIT, "in the 5 roles");
    assert_string_equal(c.log, "1.w0.json\n1.w1.json\n1.w2.json\n1.w3.json\n1.w4.json\n");
}

static void the_documents_of_a_search_have_so_many_bytes_together(void **state)
{
    (void)state;
    build_chain(3);
    publish();
    size_t first = forge_find(&f, "1.r1.json")->size, second = forge_find(&f, "1.r2.json")->size;
    c.config.limits.search_size = first + second + 10;
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_OK, "");
    expect_refused("deep", WISP_LIMIT, "1.r3.json goes on after 10 bytes");
    c.config.limits.search_size = 0; /* the default */
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_OK, "");
    client_expect(&c, client_seek(&c, "deep"), WISP_OK, "");
    c.config.limits.search_size = first + second + 10; /* stored ones count as well */
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_OK, "");
    expect_refused("deep", WISP_LIMIT, "too many bytes of delegated roles");
}

static void an_endless_delegated_document_is_cut_off(void **state)
{
    (void)state;
    static uint8_t endless[(5 << 20) + 1];
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    publish();
    forge_put(&f, "1.a.json", (wisp_bytes){endless, sizeof endless});
    expect_refused("x", WISP_LIMIT, "1.a.json goes on after 5242880 bytes");
    f.lists_hashes = true;
    publish();
    size_t size = forge_find(&f, "2.a.json")->size;
    forge_put(&f, "2.a.json", (wisp_bytes){endless, size + 1});
    expect_refused("x", WISP_UNTRUSTED, "a.json goes on after the expected");
}

/* --- hash bins --------------------------------------------------------------------------- */

/* The first digits of the SHA-256 of "x" and "y": 2d711642…, a1fce436…. */
static void only_the_bin_that_the_hash_says_is_asked(void **state)
{
    (void)state;
    static const struct {
        uint64_t bit_length;
        const char *bin_of_x, *bin_of_y;
    } cases[] = {{1, "bin-0", "bin-1"},   {3, "bin-1", "bin-5"},
                 {4, "bin-2", "bin-a"},   {5, "bin-05", "bin-14"},
                 {8, "bin-2d", "bin-a1"}, {32, "bin-2d711642", "bin-a1fce436"}};
    char document[32], log[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        teardown(NULL);
        setup(NULL);
        forge_bins(&f, "targets", cases[i].bit_length, "bin");
        forge_role_of(&f, cases[i].bin_of_x)->key = "bins";
        forge_role_of(&f, cases[i].bin_of_y)->key = "bins";
        forge_target(&f, cases[i].bin_of_x, "x", "in its bin");
        publish();
        snprintf(document, sizeof document, "%s.json", cases[i].bin_of_x);
        snprintf(log, sizeof log, "1.%s\n", document);
        expect_found("x", document, log);
        snprintf(log, sizeof log, "1.%s.json\n", cases[i].bin_of_y);
        expect_missing("y", "1 delegated roles", log);
    }
}

static void a_bin_that_is_not_published_is_refused(void **state)
{
    (void)state;
    forge_bins(&f, "targets", 8, "bin");
    publish();
    expect_refused("x", WISP_UNTRUSTED, "snapshot.json does not list bin-2d.json");
}

static void bins_may_delegate_further(void **state)
{
    (void)state;
    forge_bins(&f, "targets", 4, "bin");
    forge_role_of(&f, "bin-2")->key = "bins";
    forge_delegate(&f, "bin-2", "a", (forge_terms){0});
    forge_target(&f, "a", "x", "below a bin");
    publish();
    expect_found("x", "a.json", "1.bin-2.json\n1.a.json\n");
}

static void a_prefix_of_the_hash_delegates_as_a_path_does(void **state)
{
    (void)state;
    static const char *const field = "path_hash_prefixes";
    forge_delegate(&f, "targets", "a", (forge_terms){.field = field, .pattern = "2d72"});
    forge_delegate(&f, "targets", "b", (forge_terms){.field = field, .pattern = "2d7"});
    forge_delegate(&f, "targets", "c", (forge_terms){.field = field, .pattern = ""});
    forge_target(&f, "b", "x", "hashes to 2d711642");
    forge_target(&f, "c", "y", "hashes to a1fce436");
    publish();
    expect_found("x", "b.json", "1.b.json\n");
    expect_found("y", "c.json", "1.c.json\n");
}

/* --- what is believed -------------------------------------------------------------------- */

static void a_delegated_role_must_be_in_the_snapshot(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_role_of(&f, "a")->is_unlisted = true;
    publish();
    expect_refused("x", WISP_UNTRUSTED, "snapshot.json does not list a.json");
    assert_string_equal(c.log, "");
}

static void a_role_signed_by_others_than_its_delegator_says_is_refused(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){.key = "somebody"});
    forge_target(&f, "a", "x", "signed by the wrong one");
    publish();
    expect_refused("x", WISP_UNTRUSTED, "a.json: 0 of 1 needed signatures verify");
    assert_null(client_stored(&c, "a.json"));
}

static void a_delegator_may_want_several_signatures(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){.second_key = "the reviewer's"});
    forge_target(&f, "a", "x", "content");
    publish();
    expect_refused("x", WISP_UNTRUSTED, "a.json: 1 of 2 needed signatures verify");
    forge_role_of(&f, "a")->second_key = "the author's again";
    forge_sign_role(&f, "a");
    expect_refused("x", WISP_UNTRUSTED, "a.json: 1 of 2 needed signatures verify");
    forge_role_of(&f, "a")->second_key = "the reviewer's";
    forge_sign_role(&f, "a");
    client_expect(&c, client_seek(&c, "x"), WISP_OK, "");
}

static void a_stored_role_is_asked_for_again_when_its_keys_are_rotated(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){.key = "old"});
    forge_role_of(&f, "a")->key = "old";
    forge_target(&f, "a", "x", "signed with the old key");
    publish();
    expect_found("x", "a.json", "1.a.json\n");

    wisp_json_free(forge_role_of(&f, "targets")->delegations);
    forge_role_of(&f, "targets")->delegations = NULL;
    forge_delegate(&f, "targets", "a", (forge_terms){.key = "new"});
    forge_role_of(&f, "targets")->version++;
    forge_sign_role(&f, "targets"); /* role a itself stays at version 1 */
    forge_refresh(&f);
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_OK, "");
    c.log[0] = '\0';
    expect_refused("x", WISP_UNTRUSTED, "a.json: 0 of 1 needed signatures verify");
    assert_string_equal(c.log, "1.a.json\n");

    forge_role_of(&f, "a")->key = "new";
    forge_sign_role(&f, "a");
    c.log[0] = '\0';
    expect_found("x", "a.json", "1.a.json\n");
}

/* The public suite has this case; here the role is found in the store, not on the server. */
static void a_stored_role_has_no_authority_from_another_delegator(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){.pattern = "a/*"});
    forge_delegate(&f, "targets", "b", (forge_terms){.pattern = "b/*"});
    forge_delegate(&f, "a", "shared", (forge_terms){.pattern = "a/*"});
    forge_delegate(&f, "b", "shared", (forge_terms){.pattern = "b/*", .key = "b's own"});
    forge_target(&f, "shared", "a/x", "a trusts who signed this");
    forge_target(&f, "shared", "b/x", "b does not");
    publish();
    expect_found("a/x", "shared.json", "1.a.json\n1.shared.json\n");
    forge_remove(&f, "1.shared.json");
    client_expect(&c, client_seek(&c, "b/x"), WISP_NOT_FOUND,
                  "1.shared.json is not on the server");
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_OK, "");
    client_expect(&c, client_seek(&c, "b/x"), WISP_NOT_FOUND,
                  "1.shared.json is not on the server");
    client_expect(&c, client_seek(&c, "a/x"), WISP_OK, "");
}

static void a_stored_role_that_is_not_the_listed_one_is_asked_for_again(void **state)
{
    (void)state;
    f.lists_hashes = true;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_target(&f, "a", "x", "one");
    publish();
    expect_found("x", "a.json", "1.a.json\n");
    /* The same version, well signed, but other bytes than the snapshot lists. */
    forge_target(&f, "a", "x", "two");
    forge_sign_role(&f, "a");
    const forge_file *other = forge_find(&f, "1.a.json");
    faulty_os_lay(&c.disk, CLIENT_DIR "/a.json", other->data, other->size);
    expect_refused("x", WISP_UNTRUSTED, "a.json: sha256 is ");
    forge_target(&f, "a", "x", "one");
    forge_sign_role(&f, "a");
    expect_found("x", "a.json", "1.a.json\n1.a.json\n");
}

static void a_stored_role_that_rots_is_asked_for_again(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_target(&f, "a", "x", "content");
    publish();
    expect_found("x", "a.json", "1.a.json\n");
    const faulty_bytes *stored = client_stored(&c, "a.json");
    stored->data[stored->size / 2] ^= 1;
    expect_found("x", "a.json", "1.a.json\n");
}

static void an_expired_role_is_refused_also_from_the_store(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_role_of(&f, "a")->expires = "2030-06-01T00:00:00Z";
    forge_target(&f, "a", "x", "content");
    publish();
    expect_found("x", "a.json", "1.a.json\n");
    c.config.now += 100 * 86400;
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_OK, "");
    expect_refused("x", WISP_UNTRUSTED, "a.json expired at 2030-06-01T00:00:00Z");
}

static void a_role_of_another_version_than_listed_is_refused(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    publish();
    forge_file *file = forge_find(&f, "1.a.json");
    forge_role_of(&f, "a")->version = 2;
    forge_sign_role(&f, "a");
    forge_put(&f, "1.a.json",
              (wisp_bytes){forge_find(&f, "2.a.json")->data, forge_find(&f, "2.a.json")->size});
    assert_non_null(file);
    expect_refused("x", WISP_UNTRUSTED, "a.json: version 2, expected 1");
}

static void a_snapshot_that_takes_a_delegated_role_back_is_refused(void **state)
{
    (void)state;
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    publish();
    publish();
    forge_role_of(&f, "a")->version = 1;
    forge_refresh(&f);
    client_expect(&c, client_refresh(&c), WISP_UNTRUSTED,
                  "snapshot.json: a.json version 1 is older than the trusted version 2");
    forge_role_of(&f, "a")->is_unlisted = true;
    forge_refresh(&f);
    client_expect(&c, client_refresh(&c), WISP_UNTRUSTED, "a.json is no longer listed");
}

static void without_consistent_snapshots_roles_have_plain_names(void **state)
{
    (void)state;
    f.is_consistent = false;
    f.versions[WISP_ROLE_ROOT]++;
    forge_sign_root(&f);
    forge_delegate(&f, "targets", "a", (forge_terms){0});
    forge_target(&f, "a", "dir/x y", "content");
    publish();
    expect_missing("dir/x y", "targets.json: no target", ""); /* '*' ends at '/' */
    forge_delegate(&f, "targets", "a", (forge_terms){.pattern = "dir/*"});
    publish();
    expect_found("dir/x y", "a.json", "a.json\n");
    wisp_target found;
    assert_true(wisp_workflow_target(c.workflow, &found));
    assert_string_equal(found.path, "dir/x%20y");
}

/* --- names ------------------------------------------------------------------------------- */

static void no_name_of_a_role_leaves_the_store(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *file;
    } cases[] = {
        {".", "1...json", "..json"},
        {"..", "1....json", "...json"},
        {"/etc/passwd", "1.%2Fetc%2Fpasswd.json", "%2Fetc%2Fpasswd.json"},
        {"../x", "1...%2Fx.json", "..%2Fx.json"},
        {"a\\b", "1.a%5Cb.json", "a%5Cb.json"},
        {"%2F", "1.%252F.json", "%252F.json"},
        {"?#&=", "1.%3F%23%26%3D.json", "%3F%23%26%3D.json"},
        {"line\nend", "1.line%0Aend.json", "line%0Aend.json"},
        {"\xc3\xa9", "1.%C3%A9.json", "%C3%A9.json"},
        {"timestamp.json", "1.timestamp.json.json", "timestamp.json.json"},
        {"Root", "1.Root.json", "Root.json"},
    };
    char log[600] = "";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        forge_delegate(&f, "targets", cases[i].name, (forge_terms){0});
        strcat(strcat(log, cases[i].path), "\n");
    }
    publish();
    expect_missing("x", "11 delegated roles", log);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_non_null(client_stored(&c, cases[i].file));
    assert_int_equal(faulty_os_count(&c.disk, CLIENT_DIR "/"), 4 + 11);
    assert_int_equal(faulty_os_count(&c.disk, ""), 1 + 4 + 11); /* the folder itself */
    expect_missing("x", "11 delegated roles", "");
}

static void a_name_that_is_too_long_for_a_file_is_refused(void **state)
{
    (void)state;
    char name[WISP_ROLE_NAME_SIZE];
    memset(name, '/', sizeof name);
    name[sizeof name - 1] = '\0';
    forge_delegate(&f, "targets", name, (forge_terms){0});
    publish();
    expect_refused("x", WISP_LIMIT, "is too long");
}

static void a_target_that_is_too_long_for_a_url_is_refused(void **state)
{
    (void)state;
    char name[1024];
    memset(name, 'x', sizeof name);
    publish();
    for (size_t len = 800; len < sizeof name; len++) {
        name[len] = '\0';
        wisp_status status = client_seek(&c, name);
        assert_true(status == WISP_NOT_FOUND || status == WISP_INVALID);
        name[len] = 'x';
    }
    name[sizeof name - 1] = '\0';
    expect_refused(name, WISP_INVALID, "the target's name 'xxx");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_role_is_asked_before_those_below_it_and_these_before_the_next),
        CASE(nobody_is_asked_for_a_path_that_is_not_delegated_all_the_way),
        CASE(nothing_after_a_terminating_delegation_counts),
        CASE(cycles_end_where_they_began),
        CASE(a_role_of_two_delegators_is_asked_once_in_a_search),
        CASE(a_search_asks_32_roles_and_no_more),
        CASE(the_limit_counts_wide_graphs_and_cycles_alike),
        CASE(the_documents_of_a_search_have_so_many_bytes_together),
        CASE(an_endless_delegated_document_is_cut_off),
        CASE(only_the_bin_that_the_hash_says_is_asked),
        CASE(a_bin_that_is_not_published_is_refused),
        CASE(bins_may_delegate_further),
        CASE(a_prefix_of_the_hash_delegates_as_a_path_does),
        CASE(a_delegated_role_must_be_in_the_snapshot),
        CASE(a_role_signed_by_others_than_its_delegator_says_is_refused),
        CASE(a_delegator_may_want_several_signatures),
        CASE(a_stored_role_is_asked_for_again_when_its_keys_are_rotated),
        CASE(a_stored_role_has_no_authority_from_another_delegator),
        CASE(a_stored_role_that_is_not_the_listed_one_is_asked_for_again),
        CASE(a_stored_role_that_rots_is_asked_for_again),
        CASE(an_expired_role_is_refused_also_from_the_store),
        CASE(a_role_of_another_version_than_listed_is_refused),
        CASE(a_snapshot_that_takes_a_delegated_role_back_is_refused),
        CASE(without_consistent_snapshots_roles_have_plain_names),
        CASE(no_name_of_a_role_leaves_the_store),
        CASE(a_name_that_is_too_long_for_a_file_is_refused),
        CASE(a_target_that_is_too_long_for_a_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
