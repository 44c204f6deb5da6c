#ifndef WISP_UPDATE_BLOBS_H
#define WISP_UPDATE_BLOBS_H

#include "os/folder.h"

#include <wisp/update.h>

/*
 * The content of modules, one file each, named by its SHA-256. Only verified bytes are ever
 * written, and they are verified again whenever they are read.
 */

/* Makes the folder and removes all content but that of [keep], [len] hashes. */
wisp_status wisp_blobs_prepare(const wisp_folder *folder, const wisp_hash *keep, size_t len,
                               wisp_error *err);

/* Stores [bytes], whose hash is [hash]; durable when this returns. */
wisp_status wisp_blobs_put(const wisp_folder *folder, const wisp_hash *hash, wisp_bytes bytes,
                           wisp_error *err);

/*
 * Reads the content with [hash] of [size] bytes; *[out] is to be freed by wisp_folder_free.
 * WISP_NOT_FOUND if there is none, WISP_UNTRUSTED if it is damaged, WISP_IO, WISP_NO_MEMORY.
 */
wisp_status wisp_blobs_get(const wisp_folder *folder, const wisp_hash *hash, uint64_t size,
                           wisp_bytes *out, wisp_error *err);

#endif
