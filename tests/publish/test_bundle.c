#include "sandbox.h"

#include "publish/bundle.h"

#include <wisp/net.h>
#include <wisp/update.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Devices that have no network, and take their updates from a file. */

#define URL "https://example.org/updates"

static void make_bundle(sandbox *s, const char *channel)
{
    wisp_project *project = sandbox_open(s);
    wisp_bundled bundled;
    wisp_error err;
    assert_ok(wisp_bundle(project, channel, sandbox_path(s, "b.tar"), &bundled, &err), err);
    assert_true(bundled.file_len >= 5 && bundled.size > 0 && bundled.expires > s->time);
    wisp_project_close(project);
}

/* The whole file, as bytes. */
static uint8_t *read_bundle(sandbox *s, size_t *size)
{
    FILE *file = fopen(sandbox_path(s, "b.tar"), "rb");
    assert_non_null(file);
    uint8_t *data = malloc(1 << 20);
    assert_non_null(data);
    *size = fread(data, 1, 1 << 20, file);
    fclose(file);
    return data;
}

static void write_bundle(sandbox *s, const uint8_t *data, size_t size)
{
    FILE *file = fopen(sandbox_path(s, "b.tar"), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

typedef struct device {
    wisp_net *net;
    wisp_updater *updater;
    char *root;
} device;

/* A device with its state in the folder [name]. */
static void open_device(sandbox *s, const char *name, const char *channel, const char *base,
                        device *d)
{
    wisp_error err;
    d->root = sandbox_read(s, "p/repo/1.root.json");
    d->net = NULL;
    wisp_net_bundle_new(sandbox_path(s, "b.tar"), URL, &d->net, &err);
    const wisp_updater_config config = {
        .os = &s->os,
        .net = d->net,
        .dir = sandbox_path(s, name),
        .url = URL,
        .target = "module.wasm",
        .channel = channel,
        .root = {(const uint8_t *)d->root, strlen(d->root)},
        .base = {(const uint8_t *)base, strlen(base)},
    };
    assert_ok(wisp_updater_open(&config, &d->updater, &err), err);
}

static void close_device(device *d)
{
    wisp_updater_close(d->updater);
    wisp_net_bundle_free(d->net);
    free(d->root);
}

static wisp_update_result check(device *d)
{
    wisp_update_result result;
    wisp_error err;
    assert_ok(wisp_updater_check(d->updater, &result, &err), err);
    return result;
}

/* The content that the device would run now. */
static void assert_runs(device *d, const char *content)
{
    wisp_image image;
    wisp_error err;
    assert_ok(wisp_updater_acquire(d->updater, &image, &err), err);
    assert_int_equal(image.bytes.size, strlen(content));
    assert_memory_equal(image.bytes.data, content, image.bytes.size);
    wisp_image_free(d->updater, &image);
}

static void a_device_without_a_network_installs_from_a_bundle(void **state)
{
    sandbox *s = *state;
    device d;
    sandbox_publish(s, "the first release", 0);
    make_bundle(s, NULL);
    open_device(s, "device", NULL, "embedded", &d);
    wisp_update_result result = check(&d);
    if (result.outcome != WISP_UPDATE_STAGED)
        fail_msg("%s", result.reason);
    assert_runs(&d, "the first release");
    close_device(&d);
}

static void a_rotated_root_is_followed_through_the_bundle(void **state)
{
    sandbox *s = *state;
    device d;
    static const char *const roles[] = {"targets", "timestamp", "root"};
    for (size_t i = 0; i < 3; i++) {
        wisp_project *project = sandbox_open(s);
        wisp_published published;
        const char *path;
        wisp_error err;
        assert_ok(wisp_key_rotate(project, roles[i], NULL, false, &path, &published, &err), err);
        wisp_published_deinit(&published);
        wisp_project_close(project);
    }
    sandbox_publish(s, "signed anew", 0);
    make_bundle(s, NULL);
    open_device(s, "device", NULL, "embedded", &d);
    assert_int_equal(check(&d).outcome, WISP_UPDATE_STAGED);
    assert_runs(&d, "signed anew");
    close_device(&d);
}

static void a_bundle_is_of_one_channel(void **state)
{
    sandbox *s = *state;
    device d;
    wisp_published published;
    sandbox_publish(s, "stable", 0);
    sandbox_publish_to(s, "beta", "beta", 0, &published);
    wisp_published_deinit(&published);
    make_bundle(s, "beta");
    open_device(s, "a", "beta", "embedded", &d);
    assert_int_equal(check(&d).outcome, WISP_UPDATE_STAGED);
    assert_runs(&d, "beta");
    close_device(&d);
    open_device(s, "b", "stable", "embedded", &d);
    assert_int_equal(check(&d).outcome, WISP_UPDATE_UNAVAILABLE);
    assert_runs(&d, "embedded");
    close_device(&d);
}

static void an_expired_bundle_is_refused(void **state)
{
    sandbox *s = *state;
    device d;
    sandbox_publish(s, "new", 0);
    make_bundle(s, NULL);
    s->time += INT64_C(31) * 86400;
    open_device(s, "device", NULL, "embedded", &d);
    assert_int_not_equal(check(&d).outcome, WISP_UPDATE_STAGED);
    assert_runs(&d, "embedded");
    close_device(&d);
}

static void an_older_bundle_is_refused(void **state)
{
    sandbox *s = *state;
    device d;
    size_t size;
    sandbox_publish(s, "old", 0);
    make_bundle(s, NULL);
    uint8_t *old = read_bundle(s, &size);
    sandbox_publish(s, "new", 0);
    make_bundle(s, NULL);
    open_device(s, "device", NULL, "embedded", &d);
    assert_int_equal(check(&d).outcome, WISP_UPDATE_STAGED);
    write_bundle(s, old, size);
    assert_int_equal(check(&d).outcome, WISP_UPDATE_FAILED);
    assert_runs(&d, "new");
    close_device(&d);
    free(old);
}

/* Whatever is done to a bundle, nothing but what was signed is ever run. */
static void nothing_tampered_with_is_installed(void **state)
{
    sandbox *s = *state;
    size_t size, staged = 0, refused = 0;
    sandbox_publish(s, "the release", 0);
    make_bundle(s, NULL);
    uint8_t *data = read_bundle(s, &size);
    for (size_t at = 0; at < size; at += 151) {
        char name[32];
        device d;
        snprintf(name, sizeof name, "device%zu", at);
        data[at] ^= 0x20;
        write_bundle(s, data, size);
        data[at] ^= 0x20;
        open_device(s, name, NULL, "embedded", &d);
        bool is_staged = d.net && check(&d).outcome == WISP_UPDATE_STAGED;
        assert_runs(&d, is_staged ? "the release" : "embedded");
        staged += is_staged;
        refused += !is_staged;
        close_device(&d);
    }
    assert_true(staged > 0 && refused > 20); /* much of a tar file is padding */
    free(data);
}

static void a_bundle_that_ends_early_is_refused(void **state)
{
    sandbox *s = *state;
    size_t size;
    sandbox_publish(s, "the release", 0);
    make_bundle(s, NULL);
    uint8_t *data = read_bundle(s, &size);
    size_t whole = size - 10240; /* what it is filled up with */
    for (size_t len = 512; len < whole; len += 1531) {
        char name[32];
        device d;
        snprintf(name, sizeof name, "device%zu", len);
        write_bundle(s, data, len);
        open_device(s, name, NULL, "embedded", &d);
        wisp_update_outcome outcome = check(&d).outcome;
        assert_runs(&d, outcome == WISP_UPDATE_STAGED ? "the release" : "embedded");
        close_device(&d);
    }
    free(data);
}

/* ------------------------------------------------------------------ the transport */

static bool take(void *context, const void *data, size_t size)
{
    (void)data;
    *(size_t *)context += size;
    return true;
}

static void the_transport_answers_like_any_other(void **state)
{
    static const struct {
        const char *url;
        uint64_t size_max;
        const char *content_type;
        wisp_status expected;
    } cases[] = {
        {URL "/timestamp.json", 65536, NULL, WISP_OK},
        {URL "/timestamp.json", 10, NULL, WISP_LIMIT},
        {URL "/2.root.json", 65536, NULL, WISP_NOT_FOUND},
        {URL "timestamp.json", 65536, NULL, WISP_NETWORK},
        {"https://example.com/timestamp.json", 65536, NULL, WISP_NETWORK},
        {URL "/events", 65536, "application/json", WISP_NETWORK},
    };
    sandbox *s = *state;
    wisp_net *net;
    wisp_error err;
    make_bundle(s, NULL);
    assert_ok(wisp_net_bundle_new(sandbox_path(s, "b.tar"), URL "/", &net, &err), err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = 0;
        const wisp_net_request request = {.url = cases[i].url,
                                          .size_max = cases[i].size_max,
                                          .content_type = cases[i].content_type,
                                          .sink = take,
                                          .context = &size};
        assert_int_equal(wisp_net_perform(net, &request, &err), cases[i].expected);
        assert_int_equal(size > 0, cases[i].expected == WISP_OK);
    }
    assert_int_equal(remove(sandbox_path(s, "b.tar")), 0);
    size_t size = 0;
    const wisp_net_request request = {
        .url = URL "/timestamp.json", .size_max = 65536, .sink = take, .context = &size};
    assert_int_equal(wisp_net_perform(net, &request, &err), WISP_NETWORK);
    wisp_net_bundle_free(net);
}

static void what_is_no_bundle_is_refused(void **state)
{
    sandbox *s = *state;
    wisp_net *net;
    wisp_error err;
    assert_int_equal(wisp_net_bundle_new(sandbox_path(s, "none.tar"), URL, &net, &err),
                     WISP_NOT_FOUND);
    sandbox_write(s, "text.tar", "this is no tar file at all");
    assert_int_equal(wisp_net_bundle_new(sandbox_path(s, "text.tar"), URL, &net, &err),
                     WISP_MALFORMED);
    assert_contains(err.text, "is no bundle");
    wisp_net_bundle_free(NULL);
}

static void a_repository_that_does_not_verify_is_not_bundled(void **state)
{
    sandbox *s = *state;
    char name[160], hex[WISP_HASH_TEXT_SIZE];
    wisp_bundled bundled;
    wisp_error err;
    wisp_published published = sandbox_publish(s, "one", 0);
    wisp_hash_print(&published.hash, hex);
    snprintf(name, sizeof name, "p/repo/targets/stable/%s.module.wasm", hex);
    sandbox_write(s, name, "eno");
    wisp_project *project = sandbox_open(s);
    assert_int_equal(wisp_bundle(project, NULL, sandbox_path(s, "b.tar"), &bundled, &err),
                     WISP_UNTRUSTED);
    assert_int_equal(wisp_bundle(project, "gamma", sandbox_path(s, "b.tar"), &bundled, &err),
                     WISP_NOT_FOUND);
    wisp_project_close(project);
    assert_false(sandbox_has(s, "b.tar"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROJECT(a_device_without_a_network_installs_from_a_bundle),
        PROJECT(a_rotated_root_is_followed_through_the_bundle),
        PROJECT(a_bundle_is_of_one_channel),
        PROJECT(an_expired_bundle_is_refused),
        PROJECT(an_older_bundle_is_refused),
        PROJECT(nothing_tampered_with_is_installed),
        PROJECT(a_bundle_that_ends_early_is_refused),
        PROJECT(the_transport_answers_like_any_other),
        PROJECT(what_is_no_bundle_is_refused),
        PROJECT(a_repository_that_does_not_verify_is_not_bundled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
