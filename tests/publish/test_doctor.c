#include "sandbox.h"

#include "publish/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What was told, one finding a line: "level about: text (advice)". */
typedef struct report {
    char text[16384];
    int troubles, notes;
} report;

static void take_finding(void *context, const wisp_finding *finding)
{
    report *r = context;
    size_t len = strlen(r->text);
    snprintf(r->text + len, sizeof r->text - len, "%d %s: %s (%s)\n", (int)finding->level,
             finding->about, finding->text, finding->advice);
    r->troubles += finding->level == WISP_FINDING_TROUBLE;
    r->notes += finding->level == WISP_FINDING_NOTE;
}

/* A web server that shows the folder of the sandbox that the URL names, and thinks it is
 * [time]. */
typedef struct fake_server {
    sandbox *s;
    int64_t time;
    const wisp_net_request *request;
} fake_server;

static wisp_status start_get(void *user, const wisp_net_request *request, void **transfer,
                             wisp_error *err)
{
    (void)err;
    ((fake_server *)user)->request = request;
    *transfer = user;
    return WISP_OK;
}

static wisp_status step_get(void *user, void *transfer, uint32_t wait_ms, wisp_error *err)
{
    fake_server *server = transfer;
    (void)user;
    (void)wait_ms;
    *server->request->server_time_s = server->time;
    const char *name = server->request->url + strlen("http://");
    if (!sandbox_has(server->s, name)) {
        snprintf(err->text, sizeof err->text, "404 for %.100s", name);
        return err->status = WISP_NOT_FOUND;
    }
    char *text = sandbox_read(server->s, name);
    size_t size = strlen(text);
    bool fits = size <= server->request->size_max;
    if (fits)
        server->request->sink(server->request->context, text, size);
    free(text);
    return fits ? WISP_OK : WISP_LIMIT;
}

static void end_get(void *user, void *transfer)
{
    (void)user;
    (void)transfer;
}

static report *examine_at(sandbox *s, const char *url, int64_t server_time, wisp_bytes root)
{
    report *r = calloc(1, sizeof *r);
    assert_non_null(r);
    fake_server server = {.s = s, .time = server_time};
    const wisp_net net = {start_get, step_get, end_get, &server};
    const wisp_examination examination = {
        .url = url, .net = &net, .root = root, .tell = take_finding, .context = r};
    wisp_project *project = sandbox_open(s);
    wisp_doctor(project, &examination);
    wisp_project_close(project);
    return r;
}

/* Examines without a network: it must find so many troubles and notes, and say [text]. */
static void expect(sandbox *s, int troubles, int notes, const char *text)
{
    report *r = examine_at(s, NULL, 0, (wisp_bytes){0});
    assert_contains(r->text, text);
    if (r->troubles != troubles || r->notes != notes)
        fail_msg("%d troubles, %d notes: %s", r->troubles, r->notes, r->text);
    free(r);
}

static void a_sound_project_is_fine(void **state)
{
    sandbox_publish(*state, "one", 0);
    expect(*state, 0, 0, "0 repository: all documents and files verify");
}

static void an_exposed_key_is_trouble(void **state)
{
    assert_int_equal(chmod(sandbox_path(*state, "p/keys/snapshot.key"), 0644), 0);
    expect(*state, 1, 1, "snapshot.key can be used by others (mode 0644), expected 0600");
}

static void a_key_that_devices_do_not_trust_is_trouble(void **state)
{
    sandbox *s = *state;
    wisp_key key;
    wisp_error err;
    assert_int_equal(remove(sandbox_path(s, "p/keys/timestamp.key")), 0);
    assert_ok(wisp_key_make(&s->os, &key, &err), err);
    assert_ok(wisp_key_save(&s->os, sandbox_path(s, "p/keys/timestamp.key"), &key, &err), err);
    expect(s, 1, 1, "is not among those that devices trust ('wisp key add timestamp");
}

static void a_key_that_is_elsewhere_is_a_note(void **state)
{
    assert_int_equal(remove(sandbox_path(*state, "p/keys/root.key")), 0);
    expect(*state, 0, 1, "1 keys of root: 0 at hand, 1 must sign (others must sign");
}

static void documents_that_expire_soon_and_have_expired_are_told(void **state)
{
    sandbox *s = *state;
    s->time += INT64_C(25) * 86400;
    expect(s, 0, 1, "1 timestamp version 1: expires in 5 days ('wisp renew timestamp')");
    s->time += INT64_C(10) * 86400;
    expect(s, 1, 0, "2 timestamp version 1: expired 5 days ago: devices take no updates");
}

static void a_clock_before_the_last_signature_is_a_note(void **state)
{
    sandbox *s = *state;
    s->time -= 7200;
    expect(s, 0, 1, "timestamp was signed 120 minutes from now");
}

static void a_damaged_repository_is_trouble(void **state)
{
    sandbox *s = *state;
    sandbox_edit(s, "p/repo/1.stable.json", "\"version\": 1", "\"version\": 2");
    expect(s, 1, 0, "2 repository: 1.stable.json: sha256");
}

static void missing_content_is_trouble(void **state)
{
    sandbox *s = *state;
    char name[160], hex[WISP_HASH_TEXT_SIZE];
    wisp_published published = sandbox_publish(s, "one", 0);
    wisp_hash_print(&published.hash, hex);
    snprintf(name, sizeof name, "p/repo/targets/stable/%s.module.wasm", hex);
    assert_int_equal(remove(sandbox_path(s, name)), 0);
    expect(s, 1, 0, "no such file (publish the file again)");
}

static void the_root_of_programs_must_be_of_this_chain(void **state)
{
    sandbox *s = *state;
    char *text = sandbox_read(s, "p/repo/root.json");
    wisp_bytes root = {(const uint8_t *)text, strlen(text)};
    report *r = examine_at(s, NULL, 0, root);
    assert_contains(r->text, "version 1 of this repository");
    free(r);
    root.size--; /* the line end: another file with the same signatures */
    r = examine_at(s, NULL, 0, root);
    assert_contains(r->text, "those programs trust other keys");
    assert_int_equal(r->troubles, 1);
    free(r);
    r = examine_at(s, NULL, 0, (wisp_bytes){(const uint8_t *)"{}", 2});
    assert_int_equal(r->troubles, 1);
    free(r);
    free(text);
}

static void what_the_url_shows_is_compared(void **state)
{
    sandbox *s = *state;
    report *r = examine_at(s, "http://p/repo/", s->time, (wisp_bytes){0});
    assert_int_equal(r->troubles + r->notes, 0);
    assert_contains(r->text, "shows what is here");
    assert_contains(r->text, "the web server's is the same");
    free(r);
    r = examine_at(s, "http://p/nowhere", s->time, (wisp_bytes){0});
    assert_int_equal(r->troubles, 6);
    assert_contains(r->text, "404 for p/nowhere/1.root.json");
    free(r);
    assert_int_equal(mkdir(sandbox_path(s, "old"), 0755), 0);
    static const char *const names[] = {"1.root.json",   "1.snapshot.json", "1.targets.json",
                                        "1.stable.json", "1.beta.json",     "timestamp.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[64], to[64];
        snprintf(from, sizeof from, "p/repo/%s", names[i]);
        snprintf(to, sizeof to, "old/%s", names[i]);
        char *text = sandbox_read(s, from);
        sandbox_write(s, to, text);
        free(text);
    }
    sandbox_publish(s, "one", 0);
    r = examine_at(s, "http://old", s->time, (wisp_bytes){0});
    assert_contains(r->text, "timestamp.json: at the URL it is another one than here");
    assert_contains(r->text, "404 for old/2.stable.json");
    free(r);
}

static void the_servers_clock_is_compared(void **state)
{
    static const struct {
        int64_t ahead;
        int troubles, notes;
        const char *text;
    } cases[] = {
        {30, 0, 0, "the same"},
        {600, 0, 1, "10 minutes ahead of this machine's"},
        {-86400, 1, 0, "1440 minutes behind this machine's"},
    };
    sandbox *s = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        report *r = examine_at(s, "http://p/repo", s->time + cases[i].ahead, (wisp_bytes){0});
        assert_contains(r->text, cases[i].text);
        assert_int_equal(r->troubles, cases[i].troubles);
        assert_int_equal(r->notes, cases[i].notes);
        free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROJECT(a_sound_project_is_fine),
        PROJECT(an_exposed_key_is_trouble),
        PROJECT(a_key_that_devices_do_not_trust_is_trouble),
        PROJECT(a_key_that_is_elsewhere_is_a_note),
        PROJECT(documents_that_expire_soon_and_have_expired_are_told),
        PROJECT(a_clock_before_the_last_signature_is_a_note),
        PROJECT(a_damaged_repository_is_trouble),
        PROJECT(missing_content_is_trouble),
        PROJECT(the_root_of_programs_must_be_of_this_chain),
        PROJECT(what_the_url_shows_is_compared),
        PROJECT(the_servers_clock_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
