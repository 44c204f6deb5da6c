/* A module that passes events on to others of its kind. Whatever else happens is a trap. */

#include <wisp.h>

#include "relay.h"

WISP_MODULE(VERSION)

static uint32_t count; /* of the events that it was given; the state */

static void post(uint32_t target, uint32_t type, const struct relay *r)
{
    if (wisp_post(target, type, r, sizeof *r, NULL) != WISP_OK)
        __builtin_trap();
}

int wisp_start(void)
{
    return wisp_subscribe(RELAY_CALL, 0);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    (void)sender;
    struct relay r;
    if (size != sizeof r)
        __builtin_trap();
    memcpy(&r, data, sizeof r);
    count++;
    uint32_t self = wisp_self();
    r.sum = relay_mark(&r, self);
    if (type == RELAY_CALL || r.hops == 0) {
        post(WISP_TO_PROGRAM, RELAY_HOME, &r);
        return;
    }
    r.hops--;
    post(relay_next(&r, self), RELAY_HOP, &r);
}

void wisp_save(void)
{
    wisp_save_state(&count, sizeof count);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    memcpy(&count, data, size);
    return WISP_OK;
}

/* Says at the end how many it was. */
void wisp_stop(void)
{
    wisp_send(0, &count, sizeof count);
}
