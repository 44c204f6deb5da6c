#ifndef WISP_UPDATE_BANS_H
#define WISP_UPDATE_BANS_H

#include "os/folder.h"

#include <wisp/update.h>

/*
 * The content that failed on this device, by the hash of a set or of one module. It has a file of
 * its own, "bans", with a place of one disk sector for each ban and a check sum in each: neither
 * the loss of the state record nor a torn write takes another ban away. The file has its full
 * size from the start, so that a full disk can still note one. The layout is in docs/formats.md.
 */

#define WISP_BAN_SIZE       512
#define WISP_BANS_FILE_SIZE (WISP_BAN_SIZE * WISP_UPDATE_BANS_MAX)

typedef struct wisp_ban {
    uint64_t sequence; /* counts up; 0 for a free place */
    wisp_update_failure what;
} wisp_ban;

typedef struct wisp_bans {
    wisp_ban places[WISP_UPDATE_BANS_MAX];
} wisp_bans;

/* One place, its check sum included, and back: false for a free or damaged one. A free one is all
 * zero. */
void wisp_ban_encode(const wisp_ban *ban, uint8_t block[WISP_BAN_SIZE]);
bool wisp_ban_decode(const uint8_t block[WISP_BAN_SIZE], wisp_ban *out);

/* Reads all that can be read; none where the file is missing (WISP_OK). WISP_IO. */
wisp_status wisp_bans_load(const wisp_folder *folder, wisp_bans *out, wisp_error *err);

/* Makes the file in its full size where there is none. */
wisp_status wisp_bans_reserve(const wisp_folder *folder, wisp_error *err);

/* The ban of content [hash], or NULL. */
const wisp_update_failure *wisp_bans_find(const wisp_bans *bans, const wisp_hash *hash);

/* Bans [what] in memory, in place of the oldest ban if there is no room, and returns its place;
 * wisp_bans_save makes it durable. */
const wisp_ban *wisp_bans_add(wisp_bans *bans, const wisp_update_failure *what);

/* Frees the place of the ban of content [hash] in memory, and returns it: wisp_bans_save makes
 * that durable. NULL if there is none. */
const wisp_ban *wisp_bans_lift(wisp_bans *bans, const wisp_hash *hash);

wisp_status wisp_bans_save(const wisp_folder *folder, const wisp_bans *bans, const wisp_ban *ban,
                           wisp_error *err);

/* Copies the bans, oldest first, and returns how many. */
uint32_t wisp_bans_list(const wisp_bans *bans, wisp_update_failure out[WISP_UPDATE_BANS_MAX]);

#endif
