#ifndef WISP_TUF_TIMESTAMP_H
#define WISP_TUF_TIMESTAMP_H

#include "tuf/trusted.h"

/* The timestamp (TUF 5.4), the one document that nothing else speaks of. */

/* Believes the stored one, if it still verifies: it holds back older ones, expired or not. */
wisp_status wisp_timestamp_restore(wisp_trusted *trusted, wisp_error *err);

/* Believes and stores [bytes], if they are newer than the trusted one. The same version again
 * changes nothing, but must not have expired. */
wisp_status wisp_timestamp_update(wisp_trusted *trusted, wisp_bytes bytes, wisp_error *err);

#endif
