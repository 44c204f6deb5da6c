#include "trust/delegations.h"

#include <assert.h>
#include <string.h>

/*
 * A document of TUF: the first byte is the role, the rest its text. What is parsed can be asked
 * for all that it says, and is checked against its own signers if it is a root, and against those
 * of its delegations if it is targets.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_files(const wisp_metadata *m)
{
    void *cursor = NULL;
    const char *name;
    wisp_file_info info;
    while (wisp_metadata_next_meta(m, &cursor, &name, &info)) {
        wisp_file_info again;
        assert(info.version > 0);
        assert(wisp_metadata_meta(m, name, &again, NULL) == WISP_OK);
        assert(again.version == info.version && again.length == info.length);
        wisp_file_info_check(&info, name, (wisp_bytes){(const uint8_t *)name, strlen(name)},
                             NULL);
    }
}

/* Who covers a path, in the document's order; each delegation can be verified by. */
static void ask_targets(const wisp_metadata *m)
{
    static const char *const paths[] = {"app.wasm", "stable/app.wasm", "", "a/b/c/d"};
    wisp_file_info info;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        wisp_target_path path;
        wisp_delegation delegation;
        size_t cursor = 0, before = 0;
        wisp_targets_find(m, paths[i], &info, NULL);
        assert(wisp_target_path_init(&path, paths[i]));
        while (wisp_delegations_next(m, &path, &cursor, &delegation)) {
            assert(cursor > before);
            before = cursor;
            assert(delegation.role[0] && strlen(delegation.role) < sizeof delegation.role);
            assert(strcmp(delegation.role, "root") != 0);
            assert(delegation.signers.threshold > 0);
            wisp_metadata_verify(m, &delegation.signers, NULL);
        }
    }
}

static void ask_root(const wisp_metadata *m)
{
    wisp_signers own = wisp_root_signers(m, WISP_ROLE_ROOT);
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        wisp_signers signers = wisp_root_signers(m, (wisp_role)role);
        assert(signers.threshold > 0);
        assert(!wisp_signers_removed(&signers, &signers));
        wisp_signers_removed(&signers, &own);
    }
    wisp_root_consistent_snapshot(m);
    wisp_metadata_verify(m, &own, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_metadata *m;
    wisp_error err = {0};
    if (size == 0)
        return 0;
    wisp_role role = (wisp_role)(data[0] % WISP_ROLE_LEN);
    wisp_bytes bytes = {data + 1, size - 1};
    wisp_status status = wisp_metadata_parse(NULL, role, bytes, &m, &err);
    if (status != WISP_OK) {
        assert(err.status == status && err.text[0] && strlen(err.text) < sizeof err.text);
        return 0;
    }
    assert(wisp_metadata_version(m) > 0 && wisp_metadata_expires(m) >= 0);
    if (role == WISP_ROLE_TIMESTAMP || role == WISP_ROLE_SNAPSHOT)
        ask_files(m);
    if (role == WISP_ROLE_TARGETS)
        ask_targets(m);
    if (role == WISP_ROLE_ROOT)
        ask_root(m);
    wisp_metadata_free(m);
    return 0;
}
