#include "host/journal.h"

#include <string.h>

#include "base/memory.h"

static size_t size_of(const wisp_journal_item *item)
{
    return sizeof *item + item->entry.bytes.size;
}

wisp_status wisp_journal_append(wisp_journal *journal, const wisp_allocator *allocator,
                                uint64_t size_max, const wisp_entry *entry, bool was_handled)
{
    uint64_t size = sizeof(wisp_journal_item);
    if (entry->bytes.size > SIZE_MAX - size || journal->size > size_max ||
        size + entry->bytes.size > size_max - journal->size)
        return WISP_LIMIT;
    size += entry->bytes.size;
    wisp_journal_item *item = wisp_alloc(allocator, 1, (size_t)size);
    if (!item)
        return WISP_NO_MEMORY;
    item->was_handled = was_handled;
    item->entry = *entry;
    item->entry.region = NULL;
    item->entry.changed = NULL; /* what it came to stays as it is */
    item->entry.bytes.data = item->data;
    if (entry->bytes.size > 0)
        memcpy(item->data, entry->bytes.data, entry->bytes.size);
    if (journal->last)
        journal->last->next = item;
    else
        journal->first = item;
    journal->last = item;
    journal->len++;
    journal->size += size;
    return WISP_OK;
}

wisp_journal_item *wisp_journal_pop(wisp_journal *journal)
{
    wisp_journal_item *item = journal->first;
    if (!item)
        return NULL;
    journal->first = item->next;
    if (!journal->first)
        journal->last = NULL;
    journal->len--;
    journal->size -= size_of(item);
    return item;
}

void wisp_journal_item_free(wisp_journal_item *item, const wisp_allocator *allocator)
{
    wisp_free(allocator, item, size_of(item));
}

void wisp_journal_clear(wisp_journal *journal, const wisp_allocator *allocator)
{
    for (wisp_journal_item *item; (item = wisp_journal_pop(journal));)
        wisp_journal_item_free(item, allocator);
}
