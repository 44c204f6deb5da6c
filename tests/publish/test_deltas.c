#include "sandbox.h"

#include "delta/apply.h"
#include "publish/deltas.h"
#include "release/offer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_SIZE 4000

/* Noise, of which [version] changes some bytes: the whole does not compress, a delta does. */
static void make_module(int version, uint8_t out[MODULE_SIZE])
{
    uint32_t seed = 1;
    for (int i = 0; i < MODULE_SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        out[i] = (uint8_t)(seed >> 24);
    }
    for (int i = 0; i < 8; i++)
        out[100 + i] = (uint8_t)version;
}

static wisp_bytes bytes_of(const uint8_t module[MODULE_SIZE])
{
    return (wisp_bytes){module, MODULE_SIZE};
}

static wisp_published publish(sandbox *s, int version, int base)
{
    uint8_t module[MODULE_SIZE], built_in[MODULE_SIZE];
    make_module(version, module);
    make_module(base, built_in);
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.modules = {{NULL, bytes_of(module)}}, .module_len = 1};
    draft.bases[0].content = bytes_of(built_in);
    draft.base_len = base ? 1 : 0;
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return published;
}

/* ------------------------------------------------------------------ as a device does it */

typedef struct device {
    uint8_t base[MODULE_SIZE], result[MODULE_SIZE];
    size_t size;
} device;

static wisp_status read_base(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err)
{
    (void)err;
    memcpy(into, ((device *)context)->base + offset, size);
    return WISP_OK;
}

static wisp_status take_result(void *context, const void *data, size_t size, wisp_error *err)
{
    device *d = context;
    (void)err;
    assert_true(size <= sizeof d->result - d->size);
    memcpy(d->result + d->size, data, size);
    d->size += size;
    return WISP_OK;
}

/* The newest release's module is made from [base] with the delta that is offered for it; false
 * where none is. */
static bool update_from(sandbox *s, int base, int expected)
{
    wisp_repository repository;
    wisp_file_info info;
    wisp_offers offers;
    wisp_error err;
    device d = {.size = 0};
    wisp_hash base_hash;
    make_module(base, d.base);
    assert_true(wisp_sha256(bytes_of(d.base), &base_hash));
    sandbox_verify(s, &repository);
    assert_ok(
        wisp_targets_find(repository.documents[WISP_STABLE], "stable/module.wasm", &info, &err),
        err);
    assert_ok(wisp_offers_parse(&wisp_allocator_default, "module.wasm", &info, &offers, &err),
              err);
    const wisp_offer_module *module = &offers.offers[0].set.modules[0];
    bool found = false;
    for (size_t i = 0; i < module->delta_len; i++) {
        wisp_bytes delta;
        wisp_delta_apply *apply;
        if (memcmp(&module->deltas[i].base, &base_hash, sizeof base_hash) != 0)
            continue;
        assert_ok(wisp_repository_read_content(&repository, "stable/module.wasm.delta",
                                               &module->deltas[i].hash, &delta, &err),
                  err);
        assert_int_equal(delta.size, module->deltas[i].size);
        const wisp_delta_config config = {.allocator = &wisp_allocator_default,
                                          .base_hash = base_hash,
                                          .base_size = MODULE_SIZE,
                                          .result_hash = module->hash,
                                          .result_size = module->size,
                                          .read_base = read_base,
                                          .sink = take_result,
                                          .context = &d};
        assert_ok(wisp_delta_apply_new(&config, &apply, &err), err);
        assert_ok(wisp_delta_apply_feed(apply, delta.data, delta.size, &err), err);
        assert_ok(wisp_delta_apply_finish(apply, &err), err);
        wisp_delta_apply_free(apply);
        found = true;
    }
    wisp_offers_deinit(&offers);
    wisp_repository_deinit(&repository);
    uint8_t wanted[MODULE_SIZE];
    make_module(expected, wanted);
    if (found)
        assert_memory_equal(d.result, wanted, sizeof wanted);
    return found;
}

/* ------------------------------------------------------------------ tests */

static void there_are_deltas_from_the_last_releases(void **state)
{
    sandbox *s = *state;
    for (int version = 1; version <= 6; version++)
        publish(s, version, 0);
    for (int version = 1; version <= 5; version++)
        assert_int_equal(update_from(s, version, 6), version >= 3);
}

static void there_is_one_from_the_embedded_module_from_then_on(void **state)
{
    sandbox *s = *state;
    wisp_published published = publish(s, 1, 100);
    assert_int_equal(published.delta_len, 1);
    assert_in_range(published.delta_size_min, 1, MODULE_SIZE / 10);
    for (int version = 2; version <= 6; version++)
        publish(s, version, 0);
    assert_true(update_from(s, 100, 6));
    assert_true(update_from(s, 5, 6));
}

static void how_many_is_in_the_config(void **state)
{
    sandbox *s = *state;
    sandbox_edit(s, "p/wisp.json", "\"deltas\": 3", "\"deltas\": 0");
    publish(s, 1, 0);
    assert_int_equal(publish(s, 2, 0).delta_len, 0);
}

static void a_delta_that_saves_little_is_not_kept(void **state)
{
    sandbox *s = *state;
    uint8_t noise[MODULE_SIZE];
    uint32_t seed = 99;
    for (int i = 0; i < MODULE_SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
    }
    publish(s, 1, 0);
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.modules = {{NULL, bytes_of(noise)}}, .module_len = 1};
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    assert_int_equal(published.delta_len, 0);
    wisp_published_deinit(&published);
    wisp_project_close(project);
}

static void damaged_or_missing_bases_are_passed_over(void **state)
{
    sandbox *s = *state;
    publish(s, 1, 0);
    wisp_repository repository;
    wisp_file_info info;
    sandbox_verify(s, &repository);
    assert_int_equal(
        wisp_targets_find(repository.documents[WISP_STABLE], "stable/module.wasm", &info, NULL),
        WISP_OK);
    char name[160], hex[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(&info.sha256, hex);
    wisp_repository_deinit(&repository);
    snprintf(name, sizeof name, "p/repo/targets/stable/%s.module.wasm", hex);
    char *kept = sandbox_read(s, name);
    sandbox_write(s, name, "damaged");
    assert_int_equal(publish(s, 2, 0).delta_len, 0);
    free(kept);
    assert_int_equal(remove(sandbox_path(s, name)), 0);
    assert_int_equal(publish(s, 3, 0).delta_len, 1); /* from version 2 */
}

static void going_back_has_a_delta_from_what_was_bad(void **state)
{
    sandbox *s = *state;
    publish(s, 1, 0);
    publish(s, 2, 0);
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_rollback(project, 0, &(wisp_place){0}, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    assert_true(update_from(s, 2, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROJECT(there_are_deltas_from_the_last_releases),
        PROJECT(there_is_one_from_the_embedded_module_from_then_on),
        PROJECT(how_many_is_in_the_config),
        PROJECT(a_delta_that_saves_little_is_not_kept),
        PROJECT(damaged_or_missing_bases_are_passed_over),
        PROJECT(going_back_has_a_delta_from_what_was_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
