#ifndef TESTS_UPDATE_DEVICE_H
#define TESTS_UPDATE_DEVICE_H

#include "faulty_os.h"
#include "repo.h"

#include <wisp/update.h>

/* A device and the repository that it asks, both in memory. */

#define DEVICE_DIR  "/device"
#define DEVICE_BASE "the embedded module"

typedef struct device {
    faulty_os disk;
    repo repo;
    uint8_t *root; /* what the program was shipped with */
    wisp_updater_config config;
    wisp_updater *updater;     /* NULL while closed */
    char custom[2048];         /* of device_publish */
    wisp_image image;          /* of device_acquire */
    wisp_update_result result; /* of device_check */
    wisp_error err;
} device;

/* A new device, closed, whose program has root version 1 and DEVICE_BASE as version 1. */
void device_init(device *d);
void device_deinit(device *d);

wisp_status device_open(device *d);
void device_close(device *d);
/* The device loses power, or its process: open again afterwards. */
void device_crash(device *d, survival kept);

/* Each checks that the call itself did not fail. */
wisp_update_outcome device_check(device *d);
const wisp_image *device_acquire(device *d);
void device_commit(device *d);
void device_reject(device *d, const char *reason);

/* Releases [content] as [version], and takes the device through check, acquire and commit. */
void device_update(device *d, uint64_t version, const char *content);

/* A release of a few modules: app.wasm, rules.wasm and data.wasm; NULL for none. */
typedef struct device_release {
    uint64_t version;
    const char *contents[3];
    const char *variant, *flags; /* flags in JSON */
    uint64_t floor;
    const char *lifted; /* content whose ban the publisher takes back */
} device_release;

wisp_update_entry device_entry(const device_release *release);

/* Signs [release] and puts it and its modules into the repository. */
void device_publish(device *d, const device_release *release);

/* What the publisher says of all releases. */
typedef struct device_terms {
    uint64_t sequence, floor;
    const char *lifted; /* content whose ban is taken back */
} device_terms;

/*
 * What a check does after it has verified what the publisher says, without a network: heeds the
 * terms, then stores what is not there of the release that it has chosen, and stages it. WISP_OK
 * also for what is here.
 */
wisp_status device_heed(device *d, const device_terms *terms);
wisp_status device_offer(device *d, const device_release *release);

/* Both, with the terms of [release]. */
wisp_status device_take(device *d, const device_release *release);

/* Stores content as a download does, verified and durable. */
wisp_status device_put(device *d, const wisp_hash *hash, wisp_bytes bytes);

bool device_runs(const device *d, const char *content);
wisp_update_status device_status(device *d);
/* Whether the two say the same of releases and bans. */
bool device_is_same(const wisp_update_status *a, const wisp_update_status *b);
bool device_has_banned(device *d, const char *content);
wisp_hash device_hash(const char *content);

/* Whether [text] has [part] in it; prints both where it has not. */
bool says(const char *text, const char *part);

#endif
