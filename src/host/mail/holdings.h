#ifndef WISP_HOST_HOLDINGS_H
#define WISP_HOST_HOLDINGS_H

#include "host/mail/subscriptions.h"
#include "host/mail/timers.h"

/*
 * What a guest has, and not one of its versions: subscriptions and timers. They survive a swap,
 * and as the new version may change them, a copy of them is set aside for the old one.
 */
typedef struct wisp_holdings {
    wisp_subscriber subscriber;
    wisp_timers timers;
} wisp_holdings;

/* Makes *[aside], which must be all zero, a copy of what [guest] has. */
wisp_status wisp_holdings_copy(wisp_guest *guest, wisp_holdings *aside, wisp_error *err);

/* Puts what was set aside in the place of what [guest] has, less the timers that have run out
 * since. Cannot fail. */
void wisp_holdings_put_back(wisp_guest *guest, wisp_holdings *aside);

/* Forgets what was set aside; makes it all zero. */
void wisp_holdings_forget(wisp_guest *guest, wisp_holdings *aside);

/* Ends all that [guest] has. */
void wisp_holdings_clear(wisp_guest *guest);

#endif
