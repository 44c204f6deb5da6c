#include "ration.h"

#include <jansson.h>
#include <stdlib.h>

static ration *json;

static bool is_refused(ration *r)
{
    return ++r->requests == r->refuse_at;
}

static void *draw(void *user, void *old, size_t old_size, size_t new_size)
{
    ration *r = user;
    if (new_size == 0) {
        r->live -= old != NULL;
        r->live_bytes -= (int64_t)old_size;
        free(old);
        return NULL;
    }
    void *block = is_refused(r) ? NULL : realloc(old, new_size);
    if (block) {
        r->live += old == NULL;
        r->live_bytes += (int64_t)new_size - (int64_t)old_size;
    }
    return block;
}

wisp_allocator ration_allocator(ration *r)
{
    return (wisp_allocator){draw, r};
}

static void *json_alloc(size_t size)
{
    if (is_refused(json))
        return NULL;
    json->live++;
    return malloc(size);
}

static void json_release(void *block)
{
    json->live -= block != NULL;
    free(block);
}

void ration_json(ration *r)
{
    json = r;
    json_set_alloc_funcs(r ? json_alloc : malloc, r ? json_release : free);
}

void ration_refuse(ration *r, uint64_t n)
{
    r->requests = 0;
    r->refuse_at = n;
}

bool ration_struck(const ration *r)
{
    return r->refuse_at > 0 && r->requests >= r->refuse_at;
}
