#include "host/mail/holdings.h"

#include "base/error.h"
#include "host/guest.h"

wisp_status wisp_holdings_copy(wisp_guest *guest, wisp_holdings *aside, wisp_error *err)
{
    wisp_host *host = guest->host;
    if (!wisp_subscriptions_copy(&host->subscriptions, host->allocator, &guest->subscriber,
                                 &aside->subscriber))
        return wisp_fail_memory(err, sizeof(wisp_subscription));
    if (!wisp_timers_copy(guest, &aside->timers)) {
        wisp_holdings_forget(guest, aside);
        return wisp_fail_memory(err, sizeof(wisp_timer));
    }
    return WISP_OK;
}

void wisp_holdings_put_back(wisp_guest *guest, wisp_holdings *aside)
{
    wisp_host *host = guest->host;
    wisp_subscriptions_put_back(&host->subscriptions, host->allocator, &guest->subscriber,
                                &aside->subscriber);
    wisp_timers_put_back(guest, &aside->timers);
    *aside = (wisp_holdings){0};
}

void wisp_holdings_forget(wisp_guest *guest, wisp_holdings *aside)
{
    wisp_host *host = guest->host;
    wisp_subscriptions_clear(&host->subscriptions, host->allocator, &aside->subscriber);
    wisp_timers_forget(&aside->timers);
    *aside = (wisp_holdings){0};
}

void wisp_holdings_clear(wisp_guest *guest)
{
    wisp_host *host = guest->host;
    wisp_subscriptions_clear(&host->subscriptions, host->allocator, &guest->subscriber);
    wisp_timers_clear(guest);
    guest->epoch++; /* what was asked before is not answered any more */
}
