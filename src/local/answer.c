#include "local/answer.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

wisp_json *wisp_answer_new(wisp_status status)
{
    wisp_json *answer = wisp_json_new_object();
    if (wisp_json_set_string(answer, "status", wisp_status_name(status)))
        return answer;
    wisp_json_free(answer);
    return NULL;
}

wisp_json *wisp_answer_failure(const wisp_error *err)
{
    char clean[WISP_ERROR_TEXT_MAX];
    wisp_text_copy(clean, sizeof clean, err->text);
    wisp_json *answer = wisp_answer_new(err->status);
    bool has_place = err->offset <= WISP_JSON_NUMBER_MAX;
    if (wisp_json_set_string(answer, "error", clean) &&
        (!has_place || wisp_json_set_number(answer, "offset", err->offset)))
        return answer;
    wisp_json_free(answer);
    return NULL;
}

static wisp_status status_of(const char *name)
{
#define X(number, status, text)                                                                  \
    if (strcmp(name, text) == 0)                                                                 \
        return WISP_##status;
    WISP_STATUSES(X)
#undef X
    return WISP_UNSUPPORTED; /* a newer program may know more of them */
}

wisp_status wisp_answer_verdict(const wisp_json *answer, wisp_error *err)
{
    const char *name, *words = "";
    wisp_status status = wisp_json_string(answer, "status", &name, err);
    if (status != WISP_OK || strcmp(name, "ok") == 0)
        return status;
    status = wisp_json_string(answer, "error", &words, err);
    if (status != WISP_OK)
        return status;
    uint64_t offset = WISP_NO_OFFSET;
    wisp_json_number(answer, "offset", &offset, NULL);
    return wisp_fail_at(err, status_of(name), offset, "%s", words);
}
