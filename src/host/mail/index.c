#include "host/mail/index.h"

#include "base/memory.h"

static wisp_index_link *const *bucket_of(const wisp_index *index, uint32_t key)
{
    if (!index->buckets)
        return &index->few[key % WISP_INDEX_FEW];
    return &index->buckets[key % index->bucket_count];
}

static void insert(wisp_index *index, wisp_index_link *link)
{
    wisp_index_link **bucket = (wisp_index_link **)bucket_of(index, link->key);
    link->next = *bucket;
    *bucket = link;
}

/* Twice as many buckets. Without memory for them it is only slower. */
static void grow(wisp_index *index, const wisp_allocator *allocator)
{
    wisp_index old = *index;
    wisp_index_link *const *from = old.buckets ? old.buckets : old.few;
    uint32_t from_count = old.buckets ? old.bucket_count : WISP_INDEX_FEW;
    wisp_index_link **buckets = wisp_alloc(allocator, from_count, 2 * sizeof *buckets);
    if (!buckets)
        return;
    index->buckets = buckets;
    index->bucket_count = from_count * 2;
    for (uint32_t i = 0; i < from_count; i++) {
        for (wisp_index_link *link = from[i], *next; link; link = next) {
            next = link->next;
            insert(index, link);
        }
    }
    wisp_free(allocator, old.buckets, old.bucket_count * sizeof *old.buckets);
}

void wisp_index_add(wisp_index *index, const wisp_allocator *allocator, wisp_index_link *link,
                    uint32_t key)
{
    uint32_t bucket_count = index->buckets ? index->bucket_count : WISP_INDEX_FEW;
    if (index->len >= bucket_count && bucket_count <= UINT32_MAX / 4)
        grow(index, allocator);
    link->key = key;
    insert(index, link);
    index->len++;
}

wisp_index_link *wisp_index_find(const wisp_index *index, uint32_t key)
{
    wisp_index_link *link = *bucket_of(index, key);
    while (link && link->key != key)
        link = link->next;
    return link;
}

void wisp_index_remove(wisp_index *index, wisp_index_link *link)
{
    wisp_index_link **at = (wisp_index_link **)bucket_of(index, link->key);
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    index->len--;
}

void wisp_index_deinit(wisp_index *index, const wisp_allocator *allocator)
{
    wisp_free(allocator, index->buckets, index->bucket_count * sizeof *index->buckets);
    *index = (wisp_index){0};
}
