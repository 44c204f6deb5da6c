#ifndef WISP_UPDATE_BLOBS_H
#define WISP_UPDATE_BLOBS_H

#include "os/folder.h"

#include <wisp/update.h>

/*
 * The content of modules, one file each, named by its SHA-256. Only verified bytes ever get such
 * a name, and they are verified again whenever they are read. What is being fetched has another
 * one.
 */

#define WISP_PART_NAME_SIZE (WISP_HASH_TEXT_SIZE + 5)

/* The name of the file that has what was fetched so far of the file with [hash]:
 * "<64 digits>.part". */
void wisp_part_name(const wisp_hash *hash, char name[WISP_PART_NAME_SIZE]);

/* Makes the folder and removes all content but that of [keep], [len] hashes, and of the part of
 * [partial], which may be NULL. */
wisp_status wisp_blobs_prepare(const wisp_folder *folder, const wisp_hash *keep, size_t len,
                               const wisp_hash *partial, wisp_error *err);

/*
 * Reads the content with [hash] of [size] bytes; *[out] is to be freed by wisp_folder_free.
 * WISP_NOT_FOUND if there is none, WISP_UNTRUSTED if it is damaged, WISP_IO, WISP_NO_MEMORY.
 */
wisp_status wisp_blobs_get(const wisp_folder *folder, const wisp_hash *hash, uint64_t size,
                           wisp_bytes *out, wisp_error *err);

/* Whether the content with [hash] of [size] bytes is there and undamaged, in constant memory: as
 * above. */
wisp_status wisp_blobs_check(const wisp_folder *folder, const wisp_hash *hash, uint64_t size,
                             wisp_error *err);

#endif
