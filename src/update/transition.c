#include "update/transition.h"

#define EMPTY    (WISP_STATE_EMPTY + 1)
#define CHECKED  (WISP_STATE_CHECKED + 1)
#define FETCHING (WISP_STATE_FETCHING + 1)
#define STAGED   (WISP_STATE_STAGED + 1)
#define TRIAL    (WISP_STATE_TRIAL + 1)
#define GOOD     (WISP_STATE_GOOD + 1)
#define BANNED   (WISP_STATE_BANNED + 1)
#define EVENT(e) [WISP_UPDATE_EVENT_##e]

/*
 * What follows, plus one; an empty place (0) is illegal. A release that waits or is on its way
 * may make room for another one, which is why CHECK and STAGE lead on from there; one that runs
 * may not.
 */
static const uint8_t table[WISP_IMAGE_STATE_LEN][WISP_IMAGE_EVENT_LEN] = {
    [WISP_STATE_EMPTY] = {EVENT(CHECK) = CHECKED, EVENT(RESTART) = EMPTY},
    [WISP_STATE_CHECKED] = {EVENT(CHECK) = CHECKED, EVENT(FETCH) = FETCHING,
                            EVENT(STAGE) = STAGED, EVENT(RESTART) = CHECKED,
                            EVENT(REJECT) = BANNED, EVENT(DROP) = EMPTY},
    [WISP_STATE_FETCHING] = {EVENT(CHECK) = CHECKED, EVENT(FETCH) = FETCHING,
                             EVENT(STAGE) = STAGED, EVENT(RESTART) = FETCHING,
                             EVENT(REJECT) = BANNED, EVENT(DROP) = EMPTY},
    [WISP_STATE_STAGED] = {EVENT(ACQUIRE) = TRIAL, EVENT(RESTART) = STAGED,
                           EVENT(EXHAUST) = BANNED, EVENT(DROP) = EMPTY},
    [WISP_STATE_TRIAL] = {EVENT(ACQUIRE) = TRIAL, EVENT(RESTART) = STAGED,
                          EVENT(EXHAUST) = BANNED, EVENT(COMMIT) = GOOD, EVENT(REJECT) = BANNED,
                          EVENT(DROP) = EMPTY},
    [WISP_STATE_GOOD] = {EVENT(RESTART) = GOOD, EVENT(REJECT) = BANNED, EVENT(DROP) = EMPTY},
    [WISP_STATE_BANNED] = {EVENT(RESTART) = BANNED, EVENT(LIFT) = EMPTY},
};

const char *wisp_image_event_name(wisp_image_event event)
{
    static const char *const names[WISP_IMAGE_EVENT_LEN] = {
        EVENT(CHECK) = "check",     EVENT(FETCH) = "fetch",     EVENT(STAGE) = "stage",
        EVENT(ACQUIRE) = "acquire", EVENT(RESTART) = "restart", EVENT(EXHAUST) = "exhaust",
        EVENT(COMMIT) = "commit",   EVENT(REJECT) = "reject",   EVENT(DROP) = "drop",
        EVENT(LIFT) = "lift",
    };
    return names[event];
}

bool wisp_image_step(wisp_image_state from, wisp_image_event event, wisp_image_state *to)
{
    uint8_t next = table[from][event];
    if (next == 0)
        return false;
    *to = (wisp_image_state)(next - 1);
    return true;
}
