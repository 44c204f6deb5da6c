#include <string.h>

#include "wasm/runtime.h"
#include "wasm/types.h"

/* A hash table of what modules may import, all of it in the store's arena. It grows with its
 * entries; the tables that it outgrew take as much again as the one in use. */

typedef struct entry {
    struct entry *next;
    wisp_text module, name;
    wisp_extern item;
} entry;

enum { BUCKETS_MIN = 8 };

struct wisp_linker {
    wisp_store *store;
    entry **buckets;
    uint32_t bucket_count, entry_count;
};

wisp_status wisp_linker_new(wisp_store *store, wisp_linker **out, wisp_error *err)
{
    wisp_linker *linker = wisp_arena_alloc(&store->arena, 1, sizeof *linker);
    if (!linker)
        return wisp_fail_memory(err, sizeof *linker);
    linker->store = store;
    *out = linker;
    return WISP_OK;
}

static uint32_t hash(uint32_t seed, const wisp_text *text)
{
    for (uint32_t i = 0; i < text->size; i++)
        seed = (seed ^ (uint8_t)text->text[i]) * 16777619u;
    return seed;
}

static bool is_equal(const wisp_text *a, const wisp_text *b)
{
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

/* The head of the list that the name is in, or belongs into. */
static entry **bucket_of(const wisp_linker *linker, const wisp_text *module,
                         const wisp_text *name)
{
    uint32_t number = hash(hash(2166136261u, module) * 31, name);
    return &linker->buckets[number % linker->bucket_count];
}

static entry *find(const wisp_linker *linker, const wisp_text *module, const wisp_text *name)
{
    if (linker->entry_count == 0)
        return NULL;
    entry *at = *bucket_of(linker, module, name);
    while (at && !(is_equal(&at->name, name) && is_equal(&at->module, module)))
        at = at->next;
    return at;
}

/* Puts [new] in front of its list. */
static void insert(wisp_linker *linker, entry *new)
{
    entry **bucket = bucket_of(linker, &new->module, &new->name);
    new->next = *bucket;
    *bucket = new;
}

/* Makes room for one more, with no more entries than buckets. False if out of memory. */
static bool grow(wisp_linker *linker)
{
    if (linker->entry_count < linker->bucket_count)
        return true;
    entry **old = linker->buckets;
    uint32_t old_count = linker->bucket_count;
    uint32_t count = old_count ? old_count * 2 : BUCKETS_MIN;
    entry **buckets = wisp_arena_alloc(&linker->store->arena, count, sizeof *buckets);
    if (!buckets)
        return false;
    linker->buckets = buckets;
    linker->bucket_count = count;
    for (uint32_t i = 0; i < old_count; i++) {
        for (entry *at = old[i], *next; at; at = next) {
            next = at->next;
            insert(linker, at);
        }
    }
    return true;
}

static bool copy_text(wisp_arena *arena, const wisp_text *from, wisp_text *to)
{
    to->text = wisp_arena_text(arena, from->text, from->size);
    to->size = from->size;
    return to->text != NULL;
}

/* Adds or replaces. */
static wisp_status put(wisp_linker *linker, const wisp_text *module, const wisp_text *name,
                       wisp_extern item, wisp_error *err)
{
    entry *old = find(linker, module, name);
    if (old) {
        old->item = item;
        return WISP_OK;
    }
    wisp_arena *arena = &linker->store->arena;
    entry *new = wisp_arena_alloc(arena, 1, sizeof *new);
    if (!new || !grow(linker) || !copy_text(arena, module, &new->module) ||
        !copy_text(arena, name, &new->name))
        return wisp_fail_memory(err, sizeof *new + module->size + name->size + 2);
    new->item = item;
    insert(linker, new);
    linker->entry_count++;
    return WISP_OK;
}

static wisp_text text_of(const char *text)
{
    return (wisp_text){text, (uint32_t)strlen(text)};
}

wisp_status wisp_linker_add_func(wisp_linker *linker, const char *module, const char *name,
                                 const char *signature, wisp_host_fn fn, void *user,
                                 wisp_error *err)
{
    wisp_store *store = linker->store;
    wisp_extern item = {.kind = WISP_EXTERN_FUNC};
    wisp_functype *type = wisp_arena_alloc(&store->arena, 1, sizeof *type);
    if (!type)
        return wisp_fail_memory(err, sizeof *type);
    if (!fn)
        return wisp_fail(err, WISP_INVALID, "no function for %s.%s", module, name);
    wisp_status status = wisp_functype_parse(&store->arena, signature, type, err);
    if (status == WISP_OK)
        status = wisp_func_make(store, name, type, fn, user, &item.of.func, err);
    if (status)
        return status;
    wisp_text module_text = text_of(module), name_text = text_of(name);
    return put(linker, &module_text, &name_text, item, err);
}

const wisp_store *wisp_extern_store(const wisp_extern *item)
{
    switch (item->kind) {
    case WISP_EXTERN_FUNC:
        return item->of.func->store;
    case WISP_EXTERN_TABLE:
        return item->of.table->store;
    case WISP_EXTERN_MEMORY:
        return item->of.memory->store;
    case WISP_EXTERN_GLOBAL:
        return item->of.global->store;
    case WISP_EXTERN_TAG:
        return item->of.tag->store;
    }
    return NULL;
}

wisp_status wisp_linker_add(wisp_linker *linker, const char *module, const char *name,
                            wisp_extern item, wisp_error *err)
{
    if (wisp_extern_store(&item) != linker->store)
        return wisp_fail(err, WISP_INVALID, "%s.%s is of another store", module, name);
    wisp_text module_text = text_of(module), name_text = text_of(name);
    return put(linker, &module_text, &name_text, item, err);
}

wisp_status wisp_linker_add_instance(wisp_linker *linker, const char *module,
                                     const wisp_instance *instance, wisp_error *err)
{
    if (instance->store != linker->store)
        return wisp_fail(err, WISP_INVALID, "instance '%s' is of another store", module);
    wisp_text module_text = text_of(module);
    const wisp_module *m = instance->module;
    for (uint32_t i = 0; i < m->export_count; i++) {
        wisp_extern item = wisp_instance_item(instance, &m->exports[i]);
        wisp_status status = put(linker, &module_text, &m->exports[i].name, item, err);
        if (status)
            return status;
    }
    return WISP_OK;
}

/* ------------------------------------------------------------------ matching */

wisp_extern_type wisp_extern_type_of(const wisp_extern *item)
{
    wisp_extern_type type = {.kind = item->kind};
    switch (item->kind) {
    case WISP_EXTERN_FUNC:
        type.func = *item->of.func->functype;
        break;
    case WISP_EXTERN_TABLE:
        type.limits = (wisp_limits){item->of.table->size, item->of.table->type.limits.max};
        type.valtype = item->of.table->type.element;
        type.is_64 = item->of.table->type.is_64;
        break;
    case WISP_EXTERN_MEMORY:
        type.page_size = item->of.memory->type.page_size;
        type.limits.min = wisp_memory_size(item->of.memory) / type.page_size;
        type.limits.max = item->of.memory->type.limits.max;
        type.is_64 = item->of.memory->type.is_64;
        type.is_shared = item->of.memory->type.is_shared;
        break;
    case WISP_EXTERN_GLOBAL:
        type.valtype = item->of.global->type;
        type.is_mutable = item->of.global->is_mutable;
        break;
    case WISP_EXTERN_TAG:
        type.func = *item->of.tag->functype;
        break;
    }
    return type;
}

/* Whether [item] may be what [module], whose types have [numbers], imports as [kind] [index]. */
static bool matches(const wisp_extern *item, const wisp_module *module, const uint32_t *numbers,
                    wisp_extern_kind kind, uint32_t index)
{
    if (item->kind != kind)
        return false;
    wisp_extern_type wanted = wisp_module_extern_type(module, kind, index);
    wisp_extern_type actual = wisp_extern_type_of(item);
    wisp_valtype valtype = wisp_valtype_numbered(wanted.valtype, numbers);
    switch (kind) {
    case WISP_EXTERN_FUNC:
        return item->of.func->type == numbers[module->function_types[index]];
    case WISP_EXTERN_TAG:
        return item->of.tag->type == numbers[module->tags[index]];
    case WISP_EXTERN_TABLE:
        return valtype == actual.valtype && wanted.is_64 == actual.is_64 &&
               wisp_limits_match(wanted.limits, actual.limits);
    case WISP_EXTERN_MEMORY:
        return wanted.is_64 == actual.is_64 && wanted.page_size == actual.page_size &&
               wanted.is_shared == actual.is_shared &&
               wisp_limits_match(wanted.limits, actual.limits);
    case WISP_EXTERN_GLOBAL:
        return wanted.is_mutable == actual.is_mutable &&
               (wanted.is_mutable ? valtype == actual.valtype
                                  : wisp_valtype_matches(actual.valtype, valtype));
    }
    return false;
}

wisp_status wisp_import_check(const wisp_module *module, const uint32_t *numbers, uint32_t index,
                              const wisp_extern *item, wisp_error *err)
{
    const wisp_import_entry *import = &module->imports[index];
    if (matches(item, module, numbers, import->kind, import->index))
        return WISP_OK;
    wisp_extern_type wanted = wisp_module_extern_type(module, import->kind, import->index);
    wisp_extern_type actual = wisp_extern_type_of(item);
    char found_text[96], wanted_text[96];
    return wisp_fail(err, WISP_MISMATCH,
                     "incompatible import type: %.60s.%.60s is %s, expected %s",
                     import->module.text, import->name.text,
                     wisp_extern_type_print(&actual, found_text, sizeof found_text),
                     wisp_extern_type_print(&wanted, wanted_text, sizeof wanted_text));
}

wisp_status wisp_linker_resolve(const wisp_linker *linker, const wisp_module *module,
                                const uint32_t *numbers, uint32_t index, wisp_extern *out,
                                wisp_error *err)
{
    const wisp_import_entry *import = &module->imports[index];
    const entry *found = linker ? find(linker, &import->module, &import->name) : NULL;
    if (!found)
        return wisp_fail(err, WISP_NOT_FOUND, "unknown import: %s %s.%s is not offered",
                         wisp_extern_kind_name(import->kind), import->module.text,
                         import->name.text);
    *out = found->item;
    return wisp_import_check(module, numbers, index, out, err);
}

wisp_status wisp_linker_check(const wisp_linker *linker, const wisp_module *module,
                              wisp_error *err)
{
    const wisp_allocator *allocator = linker->store->allocator;
    size_t count = module->type_count;
    uint32_t *numbers = wisp_alloc(allocator, count, sizeof *numbers);
    if (!numbers)
        return wisp_fail_memory(err, count * sizeof *numbers);
    wisp_extern item;
    wisp_status status = wisp_store_find_types(linker->store, module, numbers, err);
    for (uint32_t i = 0; i < module->import_count && status == WISP_OK; i++)
        status = wisp_linker_resolve(linker, module, numbers, i, &item, err);
    wisp_free(allocator, numbers, count * sizeof *numbers);
    return status;
}

wisp_store *wisp_linker_store(const wisp_linker *linker)
{
    return linker->store;
}
