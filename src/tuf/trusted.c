#include "tuf/trusted.h"

#include "base/error.h"
#include "trust/date.h"

#include <inttypes.h>

void wisp_trusted_clear(wisp_trusted *t)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        wisp_metadata_free(t->documents[role]);
        t->documents[role] = NULL;
    }
}

void wisp_trusted_set(wisp_trusted *t, wisp_metadata *document)
{
    wisp_metadata **place = &t->documents[wisp_metadata_role(document)];
    wisp_metadata_free(*place);
    *place = document;
}

wisp_signers wisp_trusted_signers(const wisp_trusted *t, wisp_role role)
{
    return wisp_root_signers(t->documents[WISP_ROLE_ROOT], role);
}

wisp_status wisp_trusted_check_expiry(const wisp_trusted *t, const wisp_metadata *document,
                                      wisp_error *err)
{
    char expired[WISP_DATE_TEXT_SIZE] = "before 1970", now[WISP_DATE_TEXT_SIZE] = "before 1970";
    int64_t expires = wisp_metadata_expires(document);
    if (expires > t->now)
        return WISP_OK;
    wisp_date_print(expires, expired);
    wisp_date_print(t->now, now);
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%.130s expired at %s, it is %s (repository frozen, or a wrong clock?)",
                     wisp_metadata_name(document), expired, now);
}

wisp_status wisp_trusted_replayed(const wisp_metadata *document, const char *what, uint64_t found,
                                  uint64_t trusted, wisp_error *err)
{
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%s: %sversion %" PRIu64 " is older than the trusted version %" PRIu64
                     " (replayed?)",
                     wisp_metadata_name(document), what, found, trusted);
}
