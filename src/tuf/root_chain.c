#include "tuf/root_chain.h"

#include "base/error.h"

#include <inttypes.h>

/*
 * A rotation of the keys of timestamp or snapshot is how a repository recovers from versions that
 * a thief made too high: what those keys signed is forgotten (5.3.11). That comes before the root
 * is stored, so that a power cut between the two cannot leave the old files under the new root.
 */
static wisp_status forget_rotated(const wisp_trusted *t, const wisp_metadata *after,
                                  wisp_error *err)
{
    static const wisp_role online[] = {WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT};
    bool rotated = false;
    for (int i = 0; i < 2; i++) {
        wisp_signers old = wisp_trusted_signers(t, online[i]);
        wisp_signers new = wisp_root_signers(after, online[i]);
        rotated = rotated || wisp_signers_removed(&old, &new);
    }
    wisp_status status = WISP_OK;
    for (int i = 0; rotated && status == WISP_OK && i < 2; i++)
        status = wisp_metastore_remove(t->store, wisp_role_name(online[i]), err);
    return status;
}

/* Stores [bytes], which are [root], and trusts it from now on; takes [root] in any case. */
static wisp_status accept(wisp_trusted *t, wisp_metadata *root, wisp_bytes bytes, wisp_error *err)
{
    wisp_status status = WISP_OK;
    if (t->documents[WISP_ROLE_ROOT])
        status = forget_rotated(t, root, err);
    if (status == WISP_OK)
        status = wisp_metastore_save(t->store, wisp_role_name(WISP_ROLE_ROOT), bytes, err);
    if (status == WISP_OK)
        wisp_trusted_set(t, root);
    else
        wisp_metadata_free(root);
    return status;
}

/* A root that is trusted because it was stored, or shipped, must at least be whole. */
static wisp_status check_self_signed(const wisp_metadata *root, wisp_error *err)
{
    wisp_signers signers = wisp_root_signers(root, WISP_ROLE_ROOT);
    return wisp_metadata_verify(root, &signers, err);
}

/* The stored root, if it is there and sound: what is wrong with it is in [err], for when there is
 * no other. */
static wisp_status restore_stored(wisp_trusted *t, wisp_error *err)
{
    wisp_metadata *root = NULL;
    wisp_status status =
        wisp_metastore_load(t->store, WISP_ROLE_ROOT, wisp_role_name(WISP_ROLE_ROOT), &root, err);
    if (status == WISP_OK)
        status = check_self_signed(root, err);
    if (status == WISP_OK)
        wisp_trusted_set(t, root);
    else
        wisp_metadata_free(root);
    return status;
}

wisp_status wisp_root_chain_restore(wisp_trusted *t, wisp_bytes shipped, wisp_error *err)
{
    wisp_metadata *root = NULL;
    wisp_status status = restore_stored(t, err);
    if (status == WISP_NO_MEMORY || shipped.size == 0)
        return status;
    status = wisp_metadata_parse(t->allocator, WISP_ROLE_ROOT, shipped, &root, err);
    if (status != WISP_OK)
        return status;
    const wisp_metadata *stored = t->documents[WISP_ROLE_ROOT];
    if (stored && wisp_metadata_version(stored) >= wisp_metadata_version(root)) {
        wisp_metadata_free(root);
        return WISP_OK;
    }
    status = check_self_signed(root, err);
    if (status == WISP_OK)
        return accept(t, root, shipped, err);
    wisp_metadata_free(root);
    return status;
}

/* Both the trusted root's keys and its own must have signed a new root (5.3.4), and it must be
 * the very next (5.3.5). */
static wisp_status check_next(const wisp_trusted *t, const wisp_metadata *root, wisp_error *err)
{
    uint64_t found = wisp_metadata_version(root);
    uint64_t expected = wisp_metadata_version(t->documents[WISP_ROLE_ROOT]) + 1;
    wisp_signers signers = wisp_trusted_signers(t, WISP_ROLE_ROOT);
    wisp_status status = wisp_metadata_verify(root, &signers, err);
    if (status == WISP_OK)
        status = check_self_signed(root, err);
    if (status == WISP_OK && found != expected)
        status =
            wisp_fail(err, WISP_UNTRUSTED,
                      "%" PRIu64 ".root.json says that it is version %" PRIu64, expected, found);
    return status;
}

wisp_status wisp_root_chain_extend(wisp_trusted *t, wisp_bytes bytes, wisp_error *err)
{
    wisp_metadata *root = NULL;
    wisp_status status = wisp_metadata_parse(t->allocator, WISP_ROLE_ROOT, bytes, &root, err);
    if (status == WISP_OK)
        status = check_next(t, root, err);
    if (status == WISP_OK)
        return accept(t, root, bytes, err);
    wisp_metadata_free(root);
    return status;
}
