#include "trust/file_info.h"

#include "base/error.h"
#include "base/hex.h"

#include <inttypes.h>
#include <string.h>

wisp_status wisp_version_read(const wisp_json *object, uint64_t *out, wisp_error *err)
{
    wisp_status status = wisp_json_number(object, "version", out, err);
    if (status == WISP_OK && *out == 0)
        return wisp_fail(err, WISP_MALFORMED, "'version' is 0, expected 1 or more");
    return status;
}

static wisp_status read_hash(const wisp_json *hashes, const char *algorithm, uint8_t *bytes,
                             size_t size, bool *has, wisp_error *err)
{
    const char *text;
    *has = false;
    if (!wisp_json_has(hashes, algorithm))
        return WISP_OK;
    wisp_status status = wisp_json_string(hashes, algorithm, &text, err);
    if (status != WISP_OK)
        return status;
    if (!wisp_hex_parse(text, bytes, size))
        return wisp_fail(err, WISP_MALFORMED, "'%s' is no hash of %zu lower-case digits",
                         algorithm, 2 * size);
    *has = true;
    return WISP_OK;
}

/* Hashes of other kinds may stand beside, but one must be of a kind that can be checked. */
static wisp_status read_hashes(const wisp_json *object, wisp_file_info *out, wisp_error *err)
{
    const wisp_json *hashes;
    wisp_status status = wisp_json_object(object, "hashes", &hashes, err);
    if (status == WISP_OK)
        status =
            read_hash(hashes, "sha256", out->sha256.bytes, WISP_HASH_SIZE, &out->has_sha256, err);
    if (status == WISP_OK)
        status =
            read_hash(hashes, "sha512", out->sha512, WISP_SHA512_SIZE, &out->has_sha512, err);
    if (status == WISP_OK && !out->has_sha256 && !out->has_sha512)
        return wisp_fail(err, WISP_UNSUPPORTED, "'hashes' has neither sha256 nor sha512");
    return status;
}

wisp_status wisp_meta_read(const wisp_json *object, wisp_file_info *out, wisp_error *err)
{
    *out = (wisp_file_info){.length = WISP_LENGTH_UNKNOWN};
    wisp_status status = wisp_version_read(object, &out->version, err);
    if (status == WISP_OK && wisp_json_has(object, "length"))
        status = wisp_json_number(object, "length", &out->length, err);
    if (status == WISP_OK && wisp_json_has(object, "hashes"))
        status = read_hashes(object, out, err);
    return status;
}

wisp_status wisp_target_read(const wisp_json *object, wisp_file_info *out, wisp_error *err)
{
    *out = (wisp_file_info){.length = WISP_LENGTH_UNKNOWN};
    wisp_status status = wisp_json_number(object, "length", &out->length, err);
    if (status == WISP_OK)
        status = read_hashes(object, out, err);
    if (status == WISP_OK && wisp_json_has(object, "custom"))
        status = wisp_json_object(object, "custom", &out->custom, err);
    return status;
}

static wisp_status wrong_length(const wisp_file_info *info, const char *name, uint64_t size,
                                wisp_error *err)
{
    const char *guess =
        size < info->length ? "truncated download" : "content changed on the server";
    return wisp_fail(err, WISP_UNTRUSTED, "%.60s ends after %llu bytes, expected %llu (%s)", name,
                     (unsigned long long)size, (unsigned long long)info->length, guess);
}

wisp_status wisp_file_info_exceeded(const wisp_file_info *info, const char *name, wisp_error *err)
{
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%.80s goes on after the expected %" PRIu64
                     " bytes (content changed on the server)",
                     name, info->length);
}

/* The first digits tell two hashes apart; all of them would push the rest out of the text. */
static wisp_status wrong_hash(const char *name, const char *algorithm, const uint8_t *found,
                              const uint8_t *expected, wisp_error *err)
{
    char have[17], want[17];
    wisp_hex_print(found, 8, have);
    wisp_hex_print(expected, 8, want);
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%.60s: %s is %s…, expected %s… (content changed on the server)", name,
                     algorithm, have, want);
}

wisp_status wisp_file_info_check(const wisp_file_info *info, const char *name, wisp_bytes bytes,
                                 wisp_error *err)
{
    wisp_hash sha256;
    uint8_t sha512[WISP_SHA512_SIZE];
    if (info->length != WISP_LENGTH_UNKNOWN && bytes.size != info->length)
        return wrong_length(info, name, bytes.size, err);
    if ((info->has_sha256 && !wisp_sha256(bytes, &sha256)) ||
        (info->has_sha512 && !wisp_sha512(bytes, sha512)))
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for the hash of %.60s", name);
    if (info->has_sha256 && memcmp(sha256.bytes, info->sha256.bytes, sizeof sha256.bytes) != 0)
        return wrong_hash(name, "sha256", sha256.bytes, info->sha256.bytes, err);
    if (info->has_sha512 && memcmp(sha512, info->sha512, sizeof sha512) != 0)
        return wrong_hash(name, "sha512", sha512, info->sha512, err);
    return WISP_OK;
}
