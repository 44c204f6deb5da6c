#include "tuf/search.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define CURSOR_END SIZE_MAX /* no further delegation of that document counts */

/* Adds a frame for [document], which it takes if [owned]. */
static bool push(wisp_search *s, const wisp_metadata *document, wisp_metadata *owned)
{
    if (!wisp_array_reserve(s->allocator, &s->frames, &s->frame_capacity, s->frame_len + 1,
                            sizeof *s->frames))
        return false;
    s->frames[s->frame_len++] = (wisp_search_frame){.owned = owned, .document = document};
    return true;
}

static void pop(wisp_search *s)
{
    wisp_metadata_free(s->frames[--s->frame_len].owned);
}

static void look_into(wisp_search *s, const wisp_metadata *document)
{
    s->is_found = wisp_targets_find(document, s->target, &s->found, NULL) == WISP_OK;
}

static char *copy_text(const wisp_allocator *allocator, const char *text)
{
    char *copy = wisp_alloc(allocator, strlen(text) + 1, 1);
    if (copy)
        strcpy(copy, text);
    return copy;
}

wisp_status wisp_search_begin(wisp_search *s, const wisp_allocator *allocator,
                              const wisp_metadata *targets, const char *target,
                              uint32_t roles_max, size_t size_max, wisp_error *err)
{
    *s = (wisp_search){.allocator = allocator, .roles_max = roles_max, .size_left = size_max};
    s->target = copy_text(allocator, target);
    if (!s->target || !wisp_target_path_init(&s->path, s->target) || !push(s, targets, NULL))
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a search");
    look_into(s, targets);
    return WISP_OK;
}

void wisp_search_end(wisp_search *s)
{
    while (s->frame_len)
        pop(s);
    wisp_free(s->allocator, s->frames, s->frame_capacity * sizeof *s->frames);
    wisp_free(s->allocator, s->visited, s->visited_capacity * sizeof *s->visited);
    wisp_free(s->allocator, s->target, s->target ? strlen(s->target) + 1 : 0);
    *s = (wisp_search){.allocator = s->allocator};
}

/* Cycles end here, and a role that several delegate to is asked by the first of them. */
static bool was_visited(const wisp_search *s, const char *role)
{
    for (size_t i = 0; i < s->visited_len; i++)
        if (strcmp(s->visited[i], role) == 0)
            return true;
    return false;
}

static wisp_status visit(wisp_search *s, const char *role, wisp_error *err)
{
    if (s->visited_len == s->roles_max)
        return wisp_fail(err, WISP_LIMIT,
                         "'%.80s' is not found in the %u roles that may be asked for it",
                         s->target, (unsigned)s->roles_max);
    if (!wisp_array_reserve(s->allocator, &s->visited, &s->visited_capacity, s->visited_len + 1,
                            sizeof *s->visited))
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a search");
    memcpy(s->visited[s->visited_len++], role, sizeof *s->visited);
    return WISP_OK;
}

/* Nothing that comes after a terminating delegation counts, neither here nor further up. The
 * document that delegates stays, since its keys are needed. */
static void terminate(wisp_search *s)
{
    wisp_search_frame here = s->frames[s->frame_len - 1];
    here.cursor = CURSOR_END;
    s->frame_len--;
    while (s->frame_len)
        pop(s);
    s->frames[s->frame_len++] = here;
}

static wisp_status not_found(const wisp_search *s, wisp_error *err)
{
    if (s->visited_len == 0)
        return wisp_fail(err, WISP_NOT_FOUND, "targets.json: no target '%.100s'", s->target);
    return wisp_fail(err, WISP_NOT_FOUND,
                     "no target '%.100s' in targets.json and %zu delegated roles", s->target,
                     s->visited_len);
}

wisp_status wisp_search_next(wisp_search *s, wisp_delegation *out, wisp_error *err)
{
    while (s->frame_len) {
        wisp_search_frame *top = &s->frames[s->frame_len - 1];
        if (!wisp_delegations_next(top->document, &s->path, &top->cursor, out)) {
            pop(s);
            continue;
        }
        if (out->is_terminating)
            terminate(s);
        if (!was_visited(s, out->role))
            return visit(s, out->role, err);
    }
    return not_found(s, err);
}

wisp_status wisp_search_enter(wisp_search *s, wisp_metadata *document, wisp_error *err)
{
    size_t size = wisp_metadata_size(document);
    wisp_status status = WISP_OK;
    if (size > s->size_left)
        status = wisp_fail(err, WISP_LIMIT, "too many bytes of delegated roles for '%.100s'",
                           s->target);
    else if (!push(s, document, document))
        status = wisp_fail(err, WISP_NO_MEMORY, "out of memory for a search");
    if (status != WISP_OK) {
        wisp_metadata_free(document);
        return status;
    }
    s->size_left -= size;
    look_into(s, document);
    return WISP_OK;
}
