#include "tuf/timestamp.h"

#include "base/error.h"

static wisp_status verify(const wisp_trusted *t, const wisp_metadata *document, wisp_error *err)
{
    wisp_signers signers = wisp_trusted_signers(t, WISP_ROLE_TIMESTAMP);
    return wisp_metadata_verify(document, &signers, err);
}

wisp_status wisp_timestamp_restore(wisp_trusted *t, wisp_error *err)
{
    wisp_metadata *document = NULL;
    wisp_status status = wisp_metastore_load(t->store, WISP_ROLE_TIMESTAMP,
                                             wisp_role_name(WISP_ROLE_TIMESTAMP), &document, err);
    if (status == WISP_OK)
        status = verify(t, document, err);
    if (status == WISP_OK)
        wisp_trusted_set(t, document);
    else
        wisp_metadata_free(document);
    return status == WISP_NO_MEMORY ? status : WISP_OK;
}

static uint64_t snapshot_version(const wisp_metadata *timestamp)
{
    wisp_file_info info = {0};
    wisp_metadata_meta(timestamp, "snapshot.json", &info, NULL); /* parsing has made sure */
    return info.version;
}

/* A rollback attack (5.4.3)? */
static wisp_status check_rollback(const wisp_metadata *old, const wisp_metadata *new,
                                  wisp_error *err)
{
    uint64_t was = wisp_metadata_version(old), is = wisp_metadata_version(new);
    if (is < was)
        return wisp_trusted_replayed(new, "", is, was, err);
    was = snapshot_version(old);
    is = snapshot_version(new);
    return is < was ? wisp_trusted_replayed(new, "snapshot ", is, was, err) : WISP_OK;
}

static wisp_status store(wisp_trusted *t, const wisp_metadata *new, wisp_bytes bytes,
                         wisp_error *err)
{
    wisp_status status = wisp_trusted_check_expiry(t, new, err);
    if (status == WISP_OK)
        status = wisp_metastore_save(t->store, wisp_role_name(WISP_ROLE_TIMESTAMP), bytes, err);
    return status;
}

wisp_status wisp_timestamp_update(wisp_trusted *t, wisp_bytes bytes, wisp_error *err)
{
    wisp_metadata *new = NULL;
    const wisp_metadata *old = t->documents[WISP_ROLE_TIMESTAMP];
    wisp_status status = wisp_metadata_parse(t->allocator, WISP_ROLE_TIMESTAMP, bytes, &new, err);
    if (status == WISP_OK)
        status = verify(t, new, err);
    if (status == WISP_OK && old)
        status = check_rollback(old, new, err);
    bool is_same =
        status == WISP_OK && old && wisp_metadata_version(old) == wisp_metadata_version(new);
    if (status == WISP_OK)
        status = is_same ? wisp_trusted_check_expiry(t, old, err) : store(t, new, bytes, err);
    if (status == WISP_OK && !is_same)
        wisp_trusted_set(t, new);
    else
        wisp_metadata_free(new);
    return status;
}
