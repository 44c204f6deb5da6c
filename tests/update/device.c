#include "device.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
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
