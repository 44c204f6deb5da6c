#ifndef WISP_LOCAL_ANSWER_H
#define WISP_LOCAL_ANSWER_H

#include "trust/json.h"

/*
 * What every answer has: a JSON object whose member "status" is a wisp_status by name, with
 * "error" in words, and "offset" where there is one, if it is not "ok".
 */

/* An answer without more; NULL when out of memory, as the next is. */
wisp_json *wisp_answer_new(wisp_status status);

/* The answer that says that it failed. */
wisp_json *wisp_answer_failure(const wisp_error *err);

/* The other side: WISP_OK, or the failure that [answer] tells of. */
wisp_status wisp_answer_verdict(const wisp_json *answer, wisp_error *err);

#endif
