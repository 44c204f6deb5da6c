#ifndef WISP_UPDATE_PART_H
#define WISP_UPDATE_PART_H

#include "os/folder.h"
#include "trust/crypto.h"

/*
 * A file that comes in pieces, from the network or out of a delta: its bytes go to "<hash>.part"
 * and through the hash as they come, so that the memory needed is the same for every size. What
 * was there already, of a download that broke off, is taken up first:
 *
 *     wisp_part_open(&part, folder, &hash, size, &err);
 *     while ((status = wisp_part_recall(&part, &err)) == WISP_BUSY)
 *         …                                       // one look at the disk each time
 *     wisp_part_append(&part, bytes, size, &err); // … from byte part.size on
 *     wisp_part_finish(&part, &err);              // is it right? then it is durable
 *     wisp_part_close(&part);
 *
 * One thread at a time.
 */

typedef struct wisp_part {
    const wisp_folder *folder;
    wisp_hash hash; /* that all of it is to have */
    uint64_t whole; /* bytes of all of it */
    uint64_t size;  /* bytes that are there and hashed: where to go on */
    uint64_t
        stored; /* bytes of an earlier time that are still to be taken up, and those that are */
    wisp_hasher *hasher;
    int fd; /* -1 while closed */
} wisp_part;

/* Opens the part of what is to have [hash] and [whole] bytes; made where missing. Anything longer
 * is thrown away. WISP_IO, WISP_NO_MEMORY, and then there is nothing to close. */
wisp_status wisp_part_open(wisp_part *part, const wisp_folder *folder, const wisp_hash *hash,
                           uint64_t whole, wisp_error *err);

/* Hashes some more of what was there; WISP_BUSY while there is more. */
wisp_status wisp_part_recall(wisp_part *part, wisp_error *err);

/* Adds the next [size] bytes. WISP_LIMIT if that is more than the whole; WISP_IO. */
wisp_status wisp_part_append(wisp_part *part, const void *data, size_t size, wisp_error *err);

/* Throws away what is there, to begin anew. */
wisp_status wisp_part_restart(wisp_part *part, wisp_error *err);

/* WISP_OK if all is there, has the hash, and is durable; WISP_UNTRUSTED if it is something else;
 * WISP_IO. The hash is used up by this: restart or close. */
wisp_status wisp_part_finish(wisp_part *part, wisp_error *err);

/* Closes the file, which stays. Does nothing for one that is closed. */
void wisp_part_close(wisp_part *part);

/* Closes and removes it. Does nothing for one that is all zero. */
void wisp_part_discard(wisp_part *part);

/* Gives the finished file its name, the hash. Closes it. WISP_IO. */
wisp_status wisp_part_keep(wisp_part *part, wisp_error *err);

#endif
