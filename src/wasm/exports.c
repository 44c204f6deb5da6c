#include <string.h>

#include "wasm/module.h"

/* Exports by name: sorted once, found by bisection. Names compare by bytes, then size. */

static int compare(const wisp_text *a, const char *text, size_t size)
{
    size_t common = a->size < size ? a->size : size;
    int order = memcmp(a->text, text, common);
    if (order != 0)
        return order;
    return a->size < size ? -1 : a->size > size;
}

static bool is_less(const wisp_module *m, uint32_t a, uint32_t b)
{
    const wisp_text *right = &m->exports[b].name;
    return compare(&m->exports[a].name, right->text, right->size) < 0;
}

/* Lets the item at [root] sink to its place in the heap of [len] items. */
static void sink(const wisp_module *m, uint32_t root, uint32_t len)
{
    uint32_t *heap = m->exports_by_name;
    for (;;) {
        uint32_t child = 2 * root + 1;
        if (child >= len)
            return;
        if (child + 1 < len && is_less(m, heap[child], heap[child + 1]))
            child++;
        if (!is_less(m, heap[root], heap[child]))
            return;
        uint32_t item = heap[root];
        heap[root] = heap[child];
        heap[child] = item;
        root = child;
    }
}

/* Heapsort: no recursion, no memory, and no input that makes it slow. */
static void sort(const wisp_module *m)
{
    uint32_t len = m->export_count;
    uint32_t *heap = m->exports_by_name;
    for (uint32_t root = len / 2; root-- > 0;)
        sink(m, root, len);
    while (len > 1) {
        uint32_t greatest = heap[0];
        heap[0] = heap[--len];
        heap[len] = greatest;
        sink(m, 0, len);
    }
}

wisp_status wisp_module_sort_exports(wisp_module *m, wisp_error *err)
{
    m->exports_by_name = wisp_arena_alloc(&m->arena, m->export_count, sizeof *m->exports_by_name);
    if (!m->exports_by_name)
        return wisp_fail_memory(err, m->export_count * sizeof *m->exports_by_name);
    for (uint32_t i = 0; i < m->export_count; i++)
        m->exports_by_name[i] = i;
    sort(m);
    for (uint32_t i = 1; i < m->export_count; i++)
        if (!is_less(m, m->exports_by_name[i - 1], m->exports_by_name[i]))
            return wisp_fail(err, WISP_MISMATCH, "duplicate export name '%s'",
                             m->exports[m->exports_by_name[i]].name.text);
    return WISP_OK;
}

const wisp_export_entry *wisp_module_find_export(const wisp_module *m, const char *name)
{
    size_t size = strlen(name);
    uint32_t low = 0, high = m->export_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const wisp_export_entry *export = &m->exports[m->exports_by_name[middle]];
        int order = compare(&export->name, name, size);
        if (order == 0)
            return export;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
