#include "live/patch_orders.h"

#include "base/error.h"
#include "local/answer.h"
#include "live/patches.h"

#include <string.h>

static bool append_function(wisp_json *functions, const wisp_patch_stats *stats)
{
    wisp_json *it = wisp_json_new_object();
    if (wisp_json_set_string(it, "function", stats->function) &&
        wisp_json_set_number(it, "calls", stats->calls) &&
        wisp_json_set_number(it, "faults", stats->faults) &&
        wisp_json_set_number(it, "skipped", stats->skipped) &&
        wisp_json_set_bool(it, "disabled", stats->is_disabled))
        return wisp_json_append(functions, it);
    wisp_json_free(it);
    return false;
}

static bool tell_functions(wisp_patches *patches, wisp_json *functions)
{
    wisp_patch_stats stats;
    for (uint32_t i = 0; patches->patcher && wisp_patcher_stats(patches->patcher, i, &stats); i++)
        if (!append_function(functions, &stats))
            return false;
    return true;
}

/* All that is known of what is applied. */
static wisp_json *tell(wisp_patches *patches)
{
    static const char *const sources[] = {"nothing", "release", "tried"};
    wisp_json *answer = wisp_answer_new(WISP_OK), *functions = wisp_json_new_array();
    if (wisp_json_set(answer, "functions", functions) && tell_functions(patches, functions) &&
        wisp_json_set_string(answer, "build_id", patches->build_id) &&
        wisp_json_set_string(answer, "target", patches->place.target) &&
        wisp_json_set_string(answer, "source", sources[patches->source]) &&
        wisp_json_set_number(answer, "version", wisp_patches_version(patches)) &&
        wisp_json_set_string(answer, "trouble", wisp_patches_trouble(patches)))
        return answer;
    wisp_json_free(answer);
    return NULL;
}

static wisp_status perform(wisp_patches *patches, const char *what, wisp_bytes patch,
                           wisp_error *err)
{
    if (strcmp(what, "try") == 0)
        return wisp_patches_try(patches, patch, err);
    if (patch.size > 0)
        return wisp_fail(err, WISP_MALFORMED, "a patch came along with '%.20s'", what);
    if (strcmp(what, "end") == 0)
        return wisp_patches_end_try(patches, err);
    if (strcmp(what, "stat") == 0)
        return WISP_OK;
    return wisp_fail(err, WISP_UNSUPPORTED, "asked to '%.20s', expected try, end or stat", what);
}

/* A member that is not known would be something that is not done. */
static wisp_status read_command(const wisp_json *order, const char **out, wisp_error *err)
{
    void *cursor = NULL;
    const char *key;
    const wisp_json *value;
    while (wisp_json_next(order, &cursor, &key, &value))
        if (strcmp(key, "command") != 0)
            return wisp_fail(err, WISP_UNSUPPORTED, "no member '%.80s' is known here", key);
    return wisp_json_string(order, "command", out, err);
}

wisp_json *wisp_patch_order_perform(void *user, wisp_bytes text, wisp_bytes patch)
{
    wisp_patches *patches = user;
    wisp_json *order = NULL;
    const char *what;
    wisp_error err;
    wisp_status status = wisp_json_parse(text, &order, &err);
    if (status == WISP_OK)
        status = read_command(order, &what, &err);
    if (status == WISP_OK)
        status = perform(patches, what, patch, &err);
    wisp_json_free(order);
    return status == WISP_OK ? tell(patches) : wisp_answer_failure(&err);
}
