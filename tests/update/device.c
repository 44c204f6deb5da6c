#include "device.h"

#include "base/error.h"
#include "update/part.h"
#include "update/flags.h"
#include "update/intake.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void device_init(device *d)
{
    *d = (device){0};
    faulty_os_init(&d->disk);
    repo_init(&d->repo);
    wisp_bytes root = repo_get(&d->repo, "1.root.json");
    d->root = malloc(root.size);
    assert_non_null(d->root);
    memcpy(d->root, root.data, root.size);
    d->config = (wisp_updater_config){
        .os = &d->disk.os,
        .net = &d->repo.net,
        .dir = DEVICE_DIR,
        .url = "http://repo",
        .target = "app.wasm",
        .root = {d->root, root.size},
        .base = {(const uint8_t *)DEVICE_BASE, strlen(DEVICE_BASE)},
        .base_version = 1,
    };
}

void device_deinit(device *d)
{
    device_close(d);
    faulty_os_deinit(&d->disk);
    repo_deinit(&d->repo);
    free(d->root);
}

wisp_status device_open(device *d)
{
    assert_null(d->updater);
    return wisp_updater_open(&d->config, &d->updater, &d->err);
}

void device_close(device *d)
{
    if (d->updater)
        wisp_image_free(d->updater, &d->image);
    wisp_updater_close(d->updater);
    d->updater = NULL;
}

void device_crash(device *d, survival kept)
{
    /* The process dies: what it would still have done to the disk fails. */
    faulty_os_arm(&d->disk, FAULT_CRASH, 1);
    device_close(d);
    faulty_os_reboot(&d->disk, kept);
}

wisp_update_outcome device_check(device *d)
{
    assert_int_equal(wisp_updater_check(d->updater, &d->result, &d->err), WISP_OK);
    return d->result.outcome;
}

const wisp_image *device_acquire(device *d)
{
    wisp_image_free(d->updater, &d->image);
    assert_int_equal(wisp_updater_acquire(d->updater, &d->image, &d->err), WISP_OK);
    return &d->image;
}

void device_commit(device *d)
{
    assert_int_equal(wisp_updater_commit(d->updater, &d->image, &d->err), WISP_OK);
}

void device_reject(device *d, const char *reason)
{
    assert_int_equal(wisp_updater_reject(d->updater, &d->image, reason, &d->err), WISP_OK);
}

void device_update(device *d, uint64_t version, const char *content)
{
    repo_release(&d->repo, version, content);
    assert_int_equal(device_check(d), WISP_UPDATE_STAGED);
    assert_int_equal(device_acquire(d)->source, WISP_IMAGE_TRIAL);
    device_commit(d);
}

wisp_update_entry device_entry(const device_release *release)
{
    static const char *const names[] = {"app.wasm", "rules.wasm", "data.wasm"};
    wisp_update_entry entry = {.version = release->version};
    for (int i = 0; i < 3 && release->contents[i]; i++) {
        wisp_update_module *module = &entry.modules[entry.module_len++];
        strcpy(module->name, names[i]);
        module->hash = device_hash(release->contents[i]);
        module->size = strlen(release->contents[i]);
    }
    snprintf(entry.variant, sizeof entry.variant, "%s", release->variant ? release->variant : "");
    if (release->flags)
        assert_int_equal(wisp_flags_pack(release->flags, &entry.flags, NULL), WISP_OK);
    assert_true(wisp_set_hash(entry.modules, entry.module_len, &entry.hash));
    return entry;
}

/* Adds to the custom data. */
__attribute__((format(printf, 2, 3))) static void say(device *d, const char *format, ...)
{
    size_t len = strlen(d->custom);
    va_list values;
    va_start(values, format);
    int added = vsnprintf(d->custom + len, sizeof d->custom - len, format, values);
    va_end(values);
    assert_true(added >= 0 && len + (size_t)added < sizeof d->custom);
}

static void publish_module(device *d, const wisp_update_module *module, const char *content)
{
    char hash[WISP_HASH_TEXT_SIZE], path[160];
    wisp_hash_print(&module->hash, hash);
    snprintf(path, sizeof path, "targets/%s.%s", hash, module->name);
    repo_put(&d->repo, path, (wisp_bytes){(const uint8_t *)content, (size_t)module->size});
    say(d, "{\"name\":\"%s\",\"length\":%d,\"sha256\":\"%s\"}", module->name, (int)module->size,
        hash);
}

void device_publish(device *d, const device_release *release)
{
    wisp_update_entry entry = device_entry(release);
    d->custom[0] = '\0';
    say(d, "{\"version\":%d,\"releases\":[{\"version\":%d,", (int)release->version,
        (int)release->version);
    if (release->flags)
        say(d, "\"flags\":%s,", release->flags);
    if (release->variant)
        say(d, "\"variants\":[{\"name\":\"%s\",\"weight\":1}],", release->variant);
    say(d, "\"modules\":[");
    for (uint32_t i = 0; i < entry.module_len; i++) {
        say(d, "%s", i ? "," : "");
        publish_module(d, &entry.modules[i], release->contents[i]);
    }
    say(d, "]}]}");
    d->repo.custom = d->custom;
    repo_release(&d->repo, release->version, release->contents[0]);
    d->repo.custom = NULL;
}

wisp_status device_heed(device *d, const device_terms *from)
{
    wisp_hash lifted = {0};
    wisp_terms terms = {.sequence = from->sequence, .floor = from->floor, .lifted = &lifted};
    if (from->lifted) {
        lifted = device_hash(from->lifted);
        terms.lifted_len = 1;
    }
    pthread_mutex_lock(&d->updater->mutex);
    wisp_status status = wisp_intake_heed(d->updater, &terms, &d->err);
    pthread_mutex_unlock(&d->updater->mutex);
    return status;
}

wisp_status device_put(device *d, const wisp_hash *hash, wisp_bytes bytes)
{
    wisp_part part;
    wisp_status status = wisp_part_open(&part, &d->updater->blobs, hash, bytes.size, &d->err);
    if (status == WISP_OK)
        status = wisp_part_restart(&part, &d->err);
    if (status == WISP_OK)
        status = wisp_part_append(&part, bytes.data, bytes.size, &d->err);
    if (status == WISP_OK)
        status = wisp_part_finish(&part, &d->err);
    if (status == WISP_OK)
        return wisp_part_keep(&part, &d->err);
    wisp_part_close(&part);
    return status;
}

/* One after the other, as they would come from the network. */
static wisp_status fetch(device *d, const device_release *release, const wisp_update_entry *entry)
{
    wisp_status status = WISP_OK;
    for (uint32_t i = 0; i < entry->module_len && status == WISP_OK; i++) {
        wisp_bytes bytes = {(const uint8_t *)release->contents[i], entry->modules[i].size}, have;
        if (wisp_updater_embedded(d->updater, &entry->modules[i].hash, &have))
            continue;
        status = wisp_intake_fetch(d->updater, entry, &entry->modules[i].hash, &d->err);
        if (status == WISP_OK)
            status = device_put(d, &entry->modules[i].hash, bytes);
    }
    return status;
}

static wisp_status install(device *d, const device_release *release,
                           const wisp_update_entry *entry)
{
    wisp_status status = wisp_intake_fits(d->updater, entry, 0, &d->err);
    if (status == WISP_OK)
        status = fetch(d, release, entry);
    return status == WISP_OK ? wisp_intake_stage(d->updater, entry, &d->err) : status;
}

wisp_status device_offer(device *d, const device_release *release)
{
    wisp_updater *u = d->updater;
    wisp_status status;
    wisp_update_entry entry = device_entry(release);
    pthread_mutex_lock(&u->mutex);
    if (wisp_updater_ban_of(u, &entry))
        status = wisp_fail(&d->err, WISP_BANNED, "it failed here before");
    else if (wisp_intake_standing(u, &entry) != WISP_STANDING_NEW)
        status = wisp_intake_confirm(u, &entry, &d->err);
    else
        status = install(d, release, &entry);
    pthread_mutex_unlock(&u->mutex);
    return status;
}

wisp_status device_take(device *d, const device_release *release)
{
    device_terms terms = {release->version, release->floor, release->lifted};
    wisp_status status = device_heed(d, &terms);
    return status == WISP_OK ? device_offer(d, release) : status;
}

bool device_runs(const device *d, const char *content)
{
    return d->image.bytes.size == strlen(content) &&
           memcmp(d->image.bytes.data, content, strlen(content)) == 0;
}

wisp_update_status device_status(device *d)
{
    wisp_update_status status;
    wisp_updater_status(d->updater, &status);
    return status;
}

wisp_hash device_hash(const char *content)
{
    wisp_hash hash;
    wisp_bytes bytes = {(const uint8_t *)content, strlen(content)};
    assert_true(wisp_sha256(bytes, &hash));
    return hash;
}

static bool is_same_entry(const wisp_update_entry *a, const wisp_update_entry *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* which has no gaps; nor has a failure */
}

bool device_is_same(const wisp_update_status *a, const wisp_update_status *b)
{
    return a->generation == b->generation && a->sequence == b->sequence && a->floor == b->floor &&
           is_same_entry(&a->good, &b->good) && is_same_entry(&a->candidate, &b->candidate) &&
           is_same_entry(&a->incoming, &b->incoming) &&
           memcmp(&a->lost, &b->lost, sizeof a->lost) == 0 &&
           memcmp(a->bans, b->bans, sizeof a->bans) == 0 && a->ban_count == b->ban_count &&
           a->last_check == b->last_check && strcmp(a->channel, b->channel) == 0 &&
           strcmp(a->device_id, b->device_id) == 0 &&
           a->last_result.outcome == b->last_result.outcome &&
           strcmp(a->last_result.reason, b->last_result.reason) == 0;
}

bool device_has_banned(device *d, const char *content)
{
    wisp_hash hash = device_hash(content);
    wisp_update_status status = device_status(d);
    for (uint32_t i = 0; i < status.ban_count; i++)
        if (memcmp(status.bans[i].hash.bytes, hash.bytes, sizeof hash.bytes) == 0)
            return true;
    return false;
}

bool says(const char *text, const char *part)
{
    if (strstr(text, part))
        return true;
    print_error("\"%s\" does not say \"%s\"\n", text, part);
    return false;
}
