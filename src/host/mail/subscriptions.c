#include "host/mail/subscriptions.h"

#include "base/memory.h"

static wisp_audience *find_audience(const wisp_subscriptions *all, uint32_t type)
{
    return (wisp_audience *)wisp_index_find(&all->audiences, type);
}

static wisp_audience *make_audience(wisp_subscriptions *all, const wisp_allocator *allocator,
                                    uint32_t type)
{
    wisp_audience *audience = wisp_alloc(allocator, 1, sizeof *audience);
    if (audience)
        wisp_index_add(&all->audiences, allocator, &audience->link, type);
    return audience;
}

static void release_audience(wisp_subscriptions *all, const wisp_allocator *allocator,
                             wisp_audience *audience)
{
    if (audience->refs > 0)
        return;
    wisp_index_remove(&all->audiences, &audience->link);
    wisp_free(allocator, audience, sizeof *audience);
}

/* Those of the greatest id come last, and are nearly always the newest: it begins there. */
static void join(wisp_subscription *it)
{
    wisp_audience *audience = it->audience;
    wisp_subscription *before = audience->last;
    while (before && before->id > it->id)
        before = before->prev;
    it->prev = before;
    it->next = before ? before->next : audience->first;
    *(before ? &before->next : &audience->first) = it;
    *(it->next ? &it->next->prev : &audience->last) = it;
}

static void leave(wisp_subscriptions *all, wisp_subscription *it)
{
    if (all->cursor == it)
        all->cursor = it->next;
    *(it->prev ? &it->prev->next : &it->audience->first) = it->next;
    *(it->next ? &it->next->prev : &it->audience->last) = it->prev;
}

static wisp_subscription *make(wisp_subscriber *who, const wisp_allocator *allocator,
                               wisp_audience *audience, uint32_t groups)
{
    wisp_subscription *it = wisp_alloc(allocator, 1, sizeof *it);
    if (!it)
        return NULL;
    it->audience = audience;
    it->guest = who->guest;
    it->id = who->id;
    it->groups = groups;
    it->next_own = who->first;
    who->first = it;
    who->len++;
    audience->refs++;
    return it;
}

/* Takes *[own] out of what [who] has; it has left its audience. */
static void discard(wisp_subscriptions *all, const wisp_allocator *allocator,
                    wisp_subscriber *who, wisp_subscription **own)
{
    wisp_subscription *it = *own;
    *own = it->next_own;
    who->len--;
    it->audience->refs--;
    release_audience(all, allocator, it->audience);
    wisp_free(allocator, it, sizeof *it);
}

static wisp_subscription *const *find_own(const wisp_subscriber *who, uint32_t type)
{
    wisp_subscription *const *own = &who->first;
    while (*own && (*own)->audience->link.key != type)
        own = &(*own)->next_own;
    return own;
}

bool wisp_subscriptions_has(const wisp_subscriber *who, uint32_t type)
{
    return *find_own(who, type) != NULL;
}

bool wisp_subscriptions_add(wisp_subscriptions *all, const wisp_allocator *allocator,
                            wisp_subscriber *who, uint32_t type, uint32_t groups)
{
    if (groups == 0)
        groups = UINT32_MAX;
    wisp_subscription *it = *find_own(who, type);
    if (it) {
        it->groups |= groups;
        return true;
    }
    wisp_audience *audience = find_audience(all, type);
    if (!audience)
        audience = make_audience(all, allocator, type);
    if (!audience)
        return false;
    it = make(who, allocator, audience, groups);
    if (it)
        join(it);
    else
        release_audience(all, allocator, audience);
    return it != NULL;
}

bool wisp_subscriptions_remove(wisp_subscriptions *all, const wisp_allocator *allocator,
                               wisp_subscriber *who, uint32_t type, uint32_t groups)
{
    wisp_subscription **own = (wisp_subscription **)find_own(who, type);
    uint32_t gone = groups == 0 ? UINT32_MAX : groups;
    if (!*own || !((*own)->groups & gone))
        return false;
    (*own)->groups &= ~gone;
    if ((*own)->groups == 0) {
        leave(all, *own);
        discard(all, allocator, who, own);
    }
    return true;
}

void wisp_subscriptions_clear(wisp_subscriptions *all, const wisp_allocator *allocator,
                              wisp_subscriber *who)
{
    while (who->first) {
        if (!who->is_aside)
            leave(all, who->first);
        discard(all, allocator, who, &who->first);
    }
}

bool wisp_subscriptions_copy(wisp_subscriptions *all, const wisp_allocator *allocator,
                             const wisp_subscriber *who, wisp_subscriber *aside)
{
    *aside = (wisp_subscriber){.guest = who->guest, .id = who->id, .is_aside = true};
    for (const wisp_subscription *it = who->first; it; it = it->next_own) {
        if (!make(aside, allocator, it->audience, it->groups)) {
            wisp_subscriptions_clear(all, allocator, aside);
            return false;
        }
    }
    return true;
}

void wisp_subscriptions_put_back(wisp_subscriptions *all, const wisp_allocator *allocator,
                                 wisp_subscriber *who, wisp_subscriber *aside)
{
    wisp_subscriptions_clear(all, allocator, who);
    who->first = aside->first;
    who->len = aside->len;
    for (wisp_subscription *it = who->first; it; it = it->next_own)
        join(it);
    *aside = (wisp_subscriber){.is_aside = true};
}

bool wisp_subscriptions_any(const wisp_subscriptions *all, uint32_t type)
{
    const wisp_audience *audience = find_audience(all, type);
    return audience && audience->first;
}

void wisp_subscriptions_begin(wisp_subscriptions *all, uint32_t type)
{
    const wisp_audience *audience = find_audience(all, type);
    all->cursor = audience ? audience->first : NULL;
}

const wisp_subscription *wisp_subscriptions_next(wisp_subscriptions *all)
{
    const wisp_subscription *it = all->cursor;
    if (it)
        all->cursor = it->next;
    return it;
}

void wisp_subscriptions_deinit(wisp_subscriptions *all, const wisp_allocator *allocator)
{
    wisp_index_deinit(&all->audiences, allocator);
}
