#ifndef WISP_TRUST_FILE_INFO_H
#define WISP_TRUST_FILE_INFO_H

#include "trust/crypto.h"
#include "trust/json.h"

/*
 * What a document says of another file: metadata (TUF 4.3, 4.4) or a target (4.5). What is read
 * is borrowed from the document. Any thread.
 */

typedef struct wisp_file_info {
    uint64_t version; /* of a metadata file; 0 for a target */
    uint64_t length;  /* bytes; WISP_LENGTH_UNKNOWN where it is not said */
    bool has_sha256, has_sha512;
    wisp_hash sha256;
    uint8_t sha512[WISP_SHA512_SIZE];
    const wisp_json *custom; /* of a target; NULL if there is none */
} wisp_file_info;

#define WISP_LENGTH_UNKNOWN UINT64_MAX

/* Reads the member "version" of [object]: a number from 1. WISP_MALFORMED. */
wisp_status wisp_version_read(const wisp_json *object, uint64_t *out, wisp_error *err);

/* Reads [object] as what timestamp and snapshot say of a metadata file, and as what targets say
 * of a target. WISP_MALFORMED; WISP_UNSUPPORTED where no hash is of a kind that can be checked.
 */
wisp_status wisp_meta_read(const wisp_json *object, wisp_file_info *out, wisp_error *err);
wisp_status wisp_target_read(const wisp_json *object, wisp_file_info *out, wisp_error *err);

/* Checks the length and every hash of [bytes], the content of [name]: WISP_UNTRUSTED. */
wisp_status wisp_file_info_check(const wisp_file_info *info, const char *name, wisp_bytes bytes,
                                 wisp_error *err);

/* Words for content that goes on after the length of [info]: WISP_UNTRUSTED, since that length
 * was signed. */
wisp_status wisp_file_info_exceeded(const wisp_file_info *info, const char *name,
                                    wisp_error *err);

#endif
