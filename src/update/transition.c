#include "update/transition.h"

#define NONE     (WISP_STATE_NONE + 1)
#define STAGED   (WISP_STATE_STAGED + 1)
#define TRIAL    (WISP_STATE_TRIAL + 1)
#define GOOD     (WISP_STATE_GOOD + 1)
#define BANNED   (WISP_STATE_BANNED + 1)
#define EVENT(e) [WISP_EVENT_##e]

/* What follows, plus one; an empty place (0) is illegal. */
static const uint8_t table[WISP_IMAGE_STATE_LEN][WISP_IMAGE_EVENT_LEN] = {
    [WISP_STATE_NONE] = {EVENT(STAGE) = STAGED, EVENT(RESTART) = NONE},
    [WISP_STATE_STAGED] = {EVENT(STAGE) = STAGED, EVENT(ACQUIRE) = TRIAL, EVENT(RESTART) = STAGED,
                           EVENT(EXHAUST) = BANNED, EVENT(DROP) = NONE},
    [WISP_STATE_TRIAL] = {EVENT(ACQUIRE) = TRIAL, EVENT(RESTART) = STAGED,
                          EVENT(EXHAUST) = BANNED, EVENT(COMMIT) = GOOD, EVENT(REJECT) = BANNED,
                          EVENT(DROP) = NONE},
    [WISP_STATE_GOOD] = {EVENT(RESTART) = GOOD, EVENT(REJECT) = BANNED, EVENT(DROP) = NONE},
    [WISP_STATE_BANNED] = {EVENT(RESTART) = BANNED},
};

bool wisp_image_step(wisp_image_state from, wisp_image_event event, wisp_image_state *to)
{
    uint8_t next = table[from][event];
    if (next == 0)
        return false;
    *to = (wisp_image_state)(next - 1);
    return true;
}
