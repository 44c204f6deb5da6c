#include "host/mail/region.h"

#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"

/* ------------------------------------------------------------------ the bytes */

/* Small ones are copied to whoever sees them, and large ones where the system shares nothing. */
static bool open_bytes(wisp_region *region)
{
    region->is_shared = region->size >= WISP_REGION_MAPPED_MIN &&
                        wisp_shared_bytes_open(&region->shared, region->size);
    region->data = region->is_shared ? region->shared.data
                                     : wisp_alloc(region->host->allocator, 1, region->size);
    return region->data != NULL;
}

static void close_bytes(wisp_region *region)
{
    if (region->is_shared)
        wisp_shared_bytes_close(&region->shared);
    else
        wisp_free(region->host->allocator, region->data, region->size);
}

/* ------------------------------------------------------------------ those of a host */

/* Counts [size] bytes before they are made, so that no two threads go over the limit together. */
static wisp_status reserve(wisp_host *host, size_t size, wisp_error *err)
{
    wisp_regions *all = &host->regions;
    wisp_status status = WISP_OK;
    wisp_mail_lock(&host->mail);
    if (size > all->size_max - all->size)
        status = wisp_fail(err, WISP_LIMIT,
                           "a region of %zu bytes, %llu of the %llu of the host are taken", size,
                           (unsigned long long)all->size, (unsigned long long)all->size_max);
    else
        all->size += size;
    wisp_mail_unlock(&host->mail);
    return status;
}

static void give_back(wisp_host *host, size_t size)
{
    wisp_mail_lock(&host->mail);
    host->regions.size -= size;
    wisp_mail_unlock(&host->mail);
}

static void add(wisp_region *region)
{
    wisp_host *host = region->host;
    wisp_mail_lock(&host->mail);
    region->next = host->regions.first;
    if (region->next)
        region->next->prev = region;
    host->regions.first = region;
    wisp_mail_unlock(&host->mail);
}

/* Under the lock. */
static void take_out(wisp_region *region)
{
    wisp_regions *all = &region->host->regions;
    *(region->prev ? &region->prev->next : &all->first) = region->next;
    if (region->next)
        region->next->prev = region->prev;
    all->size -= region->size;
    if (region->maker) {
        region->maker->loose.len--;
        region->maker->loose.size -= region->size;
    }
}

static void destroy(wisp_region *region)
{
    close_bytes(region);
    wisp_free(region->host->allocator, region, sizeof *region);
}

void wisp_regions_clear(wisp_host *host)
{
    for (wisp_region *region; (region = host->regions.first);) {
        take_out(region);
        destroy(region);
    }
}

/* ------------------------------------------------------------------ life */

static wisp_status make(wisp_host *host, size_t size, wisp_region **out, wisp_error *err)
{
    wisp_region *region = wisp_alloc(host->allocator, 1, sizeof *region);
    if (!region)
        return wisp_fail_memory(err, sizeof *region);
    region->host = host;
    region->size = size;
    region->refs = 1;
    if (!open_bytes(region)) {
        wisp_free(host->allocator, region, sizeof *region);
        return wisp_fail_memory(err, size);
    }
    add(region);
    *out = region;
    return WISP_OK;
}

wisp_status wisp_region_new(wisp_host *host, size_t size, wisp_region **out, wisp_error *err)
{
    if (size == 0)
        return wisp_fail(err, WISP_INVALID, "a region of no bytes");
    wisp_status status = reserve(host, size, err);
    if (status != WISP_OK)
        return status;
    status = make(host, size, out, err);
    if (status != WISP_OK)
        give_back(host, size);
    return status;
}

void *wisp_region_data(wisp_region *region)
{
    return region->data;
}

size_t wisp_region_size(const wisp_region *region)
{
    return region->size;
}

void wisp_region_hold(wisp_region *region)
{
    if (region)
        region->refs++;
}

void wisp_region_free(wisp_region *region)
{
    if (!region)
        return;
    wisp_mail *mail = &region->host->mail;
    wisp_mail_lock(mail);
    bool is_last = --region->refs == 0;
    if (is_last)
        take_out(region);
    wisp_mail_unlock(mail);
    if (is_last)
        destroy(region);
}

/* ------------------------------------------------------------------ those of modules */

void wisp_region_let_go(wisp_region *region, wisp_guest *guest)
{
    wisp_mail *mail = &region->host->mail;
    wisp_mail_lock(mail);
    region->maker = guest;
    guest->loose.len++;
    guest->loose.size += region->size;
    wisp_mail_unlock(mail);
    wisp_region_free(region);
}

wisp_loose_regions wisp_regions_loose(const wisp_guest *guest)
{
    wisp_mail *mail = &guest->host->mail;
    wisp_mail_lock(mail);
    wisp_loose_regions loose = guest->loose;
    wisp_mail_unlock(mail);
    return loose;
}

void wisp_regions_disown(const wisp_guest *guest)
{
    wisp_host *host = guest->host;
    wisp_mail_lock(&host->mail);
    for (wisp_region *region = host->regions.first; region; region = region->next)
        if (region->maker == guest)
            region->maker = NULL;
    wisp_mail_unlock(&host->mail);
}
