#include "release/offer.h"

#include "base/error.h"
#include "base/hex.h"
#include "trust/date.h"

#include <stdio.h>
#include <string.h>

#define ARENA_CHUNK_SIZE 4096

/* What is being parsed: where its memory comes from, where it is, and whom to tell. */
typedef struct parser {
    wisp_arena *arena;
    const char *name; /* of the target, without its channel */
    char place[48];   /* "release 2, variant 1" */
    wisp_error *err;
} parser;

/* --- errors ------------------------------------------------------------------------------ */

static wisp_status malformed(const parser *p, const char *words)
{
    return wisp_fail(p->err, WISP_MALFORMED, "custom data of '%.60s', %s: %.120s", p->name,
                     p->place, words);
}

static wisp_status too_many(const parser *p, const char *key, uint64_t found, uint64_t most)
{
    return wisp_fail(p->err, WISP_LIMIT,
                     "custom data of '%.60s', %s: %s has %llu, expected at most %llu", p->name,
                     p->place, key, (unsigned long long)found, (unsigned long long)most);
}

static wisp_status no_memory(const parser *p)
{
    return wisp_fail(p->err, WISP_NO_MEMORY, "out of memory for custom data");
}

/* --- values ------------------------------------------------------------------------------ */

/* Reads a member that must be there and be of its type; the JSON layer words what is wrong. */
#define READ(type, value)                                                                        \
    static wisp_status read_##type(const parser *p, const wisp_json *object, const char *key,    \
                                   value out)                                                    \
    {                                                                                            \
        wisp_error why;                                                                          \
        wisp_status status = wisp_json_##type(object, key, out, &why);                           \
        return status == WISP_OK ? WISP_OK : malformed(p, why.text);                             \
    }
READ(object, const wisp_json **)
READ(array, const wisp_json **)
READ(string, const char **)
READ(number, uint64_t *)
READ(bool, bool *)
#undef READ

static wisp_status read_optional_bool(const parser *p, const wisp_json *object, const char *key,
                                      bool *out)
{
    *out = false;
    return wisp_json_has(object, key) ? read_bool(p, object, key, out) : WISP_OK;
}

/* A number of at most [most]. */
static wisp_status read_bounded(const parser *p, const wisp_json *object, const char *key,
                                uint32_t most, uint32_t *out)
{
    uint64_t number;
    wisp_status status = read_number(p, object, key, &number);
    if (status == WISP_OK && number > most)
        return too_many(p, key, number, most);
    if (status == WISP_OK)
        *out = (uint32_t)number;
    return status;
}

/* A text of less than [size] bytes; empty where it is not there. */
static wisp_status read_text(const parser *p, const wisp_json *object, const char *key,
                             size_t size, const char **out)
{
    const char *text = "";
    wisp_status status =
        wisp_json_has(object, key) ? read_string(p, object, key, &text) : WISP_OK;
    if (status == WISP_OK && strlen(text) >= size)
        return too_many(p, key, strlen(text), size - 1);
    if (status != WISP_OK)
        return status;
    *out = wisp_arena_text(p->arena, text, strlen(text));
    return *out ? WISP_OK : no_memory(p);
}

static wisp_status read_hash(const parser *p, const wisp_json *object, const char *key,
                             wisp_hash *out)
{
    const char *text;
    wisp_status status = read_string(p, object, key, &text);
    if (status == WISP_OK && !wisp_hex_parse(text, out->bytes, sizeof out->bytes))
        return malformed(p, "a hash is not 64 hexadecimal digits");
    return status;
}

/* The array [key] with at most [most] items, and cleared room for what they become; none where it
 * is not there. */
static wisp_status read_items(const parser *p, const wisp_json *object, const char *key,
                              size_t most, size_t item_size, const wisp_json **items, size_t *len,
                              void *room)
{
    *items = NULL;
    *len = 0;
    if (!wisp_json_has(object, key))
        return WISP_OK;
    wisp_status status = read_array(p, object, key, items);
    if (status != WISP_OK)
        return status;
    size_t count = wisp_json_len(*items);
    if (count > most)
        return too_many(p, key, count, most);
    void *block = wisp_arena_alloc(p->arena, count ? count : 1, item_size);
    if (!block)
        return no_memory(p);
    memcpy(room, &block, sizeof block);
    *len = count;
    return WISP_OK;
}

static wisp_status read_item(const parser *p, const wisp_json *items, size_t i,
                             const wisp_json **out)
{
    *out = wisp_json_item(items, i);
    return wisp_json_is_object(*out) ? WISP_OK : malformed(p, "an item is no object");
}

/* --- sets of modules --------------------------------------------------------------------- */

static wisp_status parse_deltas(const parser *p, const wisp_json *object, wisp_offer_module *out)
{
    const wisp_json *items, *item;
    wisp_offer_delta *deltas = NULL;
    wisp_status status = read_items(p, object, "deltas", WISP_OFFER_DELTAS_MAX, sizeof *deltas,
                                    &items, &out->delta_len, &deltas);
    out->deltas = deltas;
    for (size_t i = 0; status == WISP_OK && i < out->delta_len; i++) {
        status = read_item(p, items, i, &item);
        if (status == WISP_OK)
            status = read_hash(p, item, "base", &deltas[i].base);
        if (status == WISP_OK)
            status = read_hash(p, item, "sha256", &deltas[i].hash);
        if (status == WISP_OK)
            status = read_number(p, item, "length", &deltas[i].size);
    }
    return status;
}

static wisp_status parse_module(const parser *p, const wisp_json *object, wisp_offer_module *out)
{
    wisp_status status = read_text(p, object, "name", WISP_OFFER_NAME_SIZE, &out->name);
    if (status == WISP_OK && !wisp_offer_name_is_valid(out->name))
        return malformed(p, "a module's name has other signs than letters, digits and ._-+");
    if (status == WISP_OK)
        status = read_hash(p, object, "sha256", &out->hash);
    if (status == WISP_OK)
        status = read_number(p, object, "length", &out->size);
    return status == WISP_OK ? parse_deltas(p, object, out) : status;
}

/* The first is the target, and no other has its name or that of another one. */
static wisp_status check_names(const parser *p, const wisp_offer_module *modules, size_t len)
{
    if (strcmp(modules[0].name, p->name) != 0)
        return malformed(p, "the first module is not the target");
    for (size_t i = 1; i < len; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(modules[i].name, modules[k].name) == 0)
                return malformed(p, "two modules have the same name");
    return WISP_OK;
}

static wisp_status finish_set(const parser *p, const wisp_offer_module *modules, size_t len,
                              wisp_offer_set *out)
{
    out->modules = modules;
    out->len = len;
    return wisp_offer_set_hash(modules, len, &out->hash) ? WISP_OK : no_memory(p);
}

static wisp_status parse_set(const parser *p, const wisp_json *object, wisp_offer_set *out)
{
    const wisp_json *items, *item;
    wisp_offer_module *modules = NULL;
    size_t len;
    wisp_status status = read_items(p, object, "modules", WISP_OFFER_MODULES_MAX, sizeof *modules,
                                    &items, &len, &modules);
    if (status == WISP_OK && len == 0)
        return malformed(p, "there are no modules");
    for (size_t i = 0; status == WISP_OK && i < len; i++) {
        status = read_item(p, items, i, &item);
        if (status == WISP_OK)
            status = parse_module(p, item, &modules[i]);
    }
    if (status == WISP_OK)
        status = check_names(p, modules, len);
    return status == WISP_OK ? finish_set(p, modules, len, out) : status;
}

/* --- flags ------------------------------------------------------------------------------- */

static bool is_flag(const wisp_json *flags, const char *key)
{
    bool is_true;
    uint64_t number;
    const char *text;
    return wisp_json_bool(flags, key, &is_true, NULL) == WISP_OK ||
           wisp_json_number(flags, key, &number, NULL) == WISP_OK ||
           wisp_json_string(flags, key, &text, NULL) == WISP_OK;
}

/* Lays the flags of [object] over [flags]. */
static wisp_status merge_flags(const parser *p, const wisp_json *object, wisp_json *flags)
{
    const wisp_json *own = NULL, *value;
    const char *key;
    void *cursor = NULL;
    wisp_status status =
        wisp_json_has(object, "flags") ? read_object(p, object, "flags", &own) : WISP_OK;
    while (status == WISP_OK && own && wisp_json_next(own, &cursor, &key, &value)) {
        if (!is_flag(own, key))
            return malformed(p, "a flag is not true, false, a whole number or a text");
        if (!wisp_json_set(flags, key, wisp_json_copy(value)))
            return no_memory(p);
    }
    return status;
}

static wisp_status keep_flags(const parser *p, const wisp_json *flags, const char **out)
{
    size_t size;
    if (wisp_json_len(flags) > WISP_OFFER_FLAGS_MAX)
        return too_many(p, "flags", wisp_json_len(flags), WISP_OFFER_FLAGS_MAX);
    char *text = wisp_json_canonical(flags, &size);
    if (!text)
        return no_memory(p);
    wisp_status status = WISP_OK;
    if (size >= WISP_OFFER_FLAGS_SIZE)
        status = too_many(p, "flags as text", size, WISP_OFFER_FLAGS_SIZE - 1);
    else if (!(*out = wisp_arena_text(p->arena, text, size)))
        status = no_memory(p);
    wisp_json_text_free(text);
    return status;
}

/* The flags of [object], laid over those of [below] unless that is NULL. */
static wisp_status parse_flags(const parser *p, const wisp_json *below, const wisp_json *object,
                               const char **out)
{
    wisp_json *flags = wisp_json_new_object();
    if (!flags)
        return no_memory(p);
    wisp_status status = below ? merge_flags(p, below, flags) : WISP_OK;
    if (status == WISP_OK)
        status = merge_flags(p, object, flags);
    if (status == WISP_OK)
        status = keep_flags(p, flags, out);
    wisp_json_free(flags);
    return status;
}

/* --- releases ---------------------------------------------------------------------------- */

static wisp_status parse_variant(const parser *p, const wisp_json *release,
                                 const wisp_json *object, const wisp_offer *offer,
                                 wisp_offer_variant *out)
{
    wisp_status status = read_text(p, object, "name", WISP_OFFER_VARIANT_SIZE, &out->name);
    if (status == WISP_OK && !wisp_offer_name_is_valid(out->name))
        return malformed(p, "a variant's name has other signs than letters, digits and ._-+");
    if (status == WISP_OK)
        status = read_bounded(p, object, "weight", WISP_OFFER_WEIGHT_MAX, &out->weight);
    if (status == WISP_OK && out->weight == 0)
        return malformed(p, "a variant has no weight");
    out->set = offer->set;
    if (status == WISP_OK && wisp_json_has(object, "modules"))
        status = parse_set(p, object, &out->set);
    return status == WISP_OK ? parse_flags(p, release, object, &out->flags) : status;
}

/* A program asks which variant it runs by the name. */
static bool is_named_twice(const wisp_offer_variant *variants, size_t last)
{
    for (size_t i = 0; i < last; i++)
        if (strcmp(variants[i].name, variants[last].name) == 0)
            return true;
    return false;
}

static wisp_status parse_variants(parser *p, const wisp_json *object, wisp_offer *out)
{
    const wisp_json *items, *item;
    wisp_offer_variant *variants = NULL;
    size_t at = strlen(p->place);
    wisp_status status = read_items(p, object, "variants", WISP_OFFER_VARIANTS_MAX,
                                    sizeof *variants, &items, &out->variant_len, &variants);
    out->variants = variants;
    for (size_t i = 0; status == WISP_OK && i < out->variant_len; i++) {
        snprintf(p->place + at, sizeof p->place - at, ", variant %zu", i + 1);
        status = read_item(p, items, i, &item);
        if (status == WISP_OK)
            status = parse_variant(p, object, item, out, &variants[i]);
        if (status == WISP_OK && is_named_twice(variants, i))
            status = malformed(p, "another variant has the same name");
    }
    p->place[at] = '\0';
    return status;
}

static wisp_status parse_limit_of_host(const parser *p, const wisp_json *host, const char *key,
                                       bool *has, wisp_host_version *out)
{
    const char *text;
    *has = wisp_json_has(host, key);
    wisp_status status = *has ? read_string(p, host, key, &text) : WISP_OK;
    if (*has && status == WISP_OK && !wisp_host_version_parse(text, out))
        return malformed(p, "a host version is not of one to four numbers with dots");
    return status;
}

static wisp_status parse_host(const parser *p, const wisp_json *object, wisp_offer *out)
{
    const wisp_json *host;
    if (!wisp_json_has(object, "host"))
        return WISP_OK;
    wisp_status status = read_object(p, object, "host", &host);
    if (status == WISP_OK)
        status = parse_limit_of_host(p, host, "min", &out->has_host_min, &out->host_min);
    if (status == WISP_OK)
        status = parse_limit_of_host(p, host, "below", &out->has_host_below, &out->host_below);
    return status;
}

static wisp_status check_rollout(const parser *p, const wisp_rollout *rollout)
{
    return rollout->from <= rollout->to ? WISP_OK : malformed(p, "a rollout shrinks");
}

static wisp_status parse_rollout(const parser *p, const wisp_json *object, wisp_offer *out)
{
    const wisp_json *json;
    const char *start;
    wisp_rollout *rollout = &out->rollout;
    out->has_rollout = wisp_json_has(object, "rollout");
    if (!out->has_rollout)
        return WISP_OK;
    wisp_status status = read_object(p, object, "rollout", &json);
    if (status == WISP_OK)
        status = read_string(p, json, "start", &start);
    if (status == WISP_OK && !wisp_date_parse(start, &rollout->start))
        return malformed(p, "the start of a rollout is no date");
    if (status == WISP_OK)
        status = read_bounded(p, json, "from", 10000, &rollout->from);
    if (status == WISP_OK)
        status = read_bounded(p, json, "to", 10000, &rollout->to);
    if (status == WISP_OK)
        status = read_bounded(p, json, "hours", WISP_OFFER_HOURS_MAX, &rollout->hours);
    return status == WISP_OK ? check_rollout(p, rollout) : status;
}

static wisp_status parse_offer(parser *p, const wisp_json *object, wisp_offer *out)
{
    wisp_status status = read_number(p, object, "version", &out->version);
    if (status == WISP_OK)
        status = read_text(p, object, "notes", WISP_OFFER_NOTES_SIZE, &out->notes);
    if (status == WISP_OK)
        status = read_optional_bool(p, object, "mandatory", &out->is_mandatory);
    if (status == WISP_OK)
        status = read_optional_bool(p, object, "paused", &out->is_paused);
    if (status == WISP_OK)
        status = parse_host(p, object, out);
    if (status == WISP_OK)
        status = parse_rollout(p, object, out);
    if (status == WISP_OK)
        status = parse_set(p, object, &out->set);
    if (status == WISP_OK)
        status = parse_flags(p, NULL, object, &out->flags);
    return status == WISP_OK ? parse_variants(p, object, out) : status;
}

static wisp_status parse_releases(parser *p, const wisp_json *custom, wisp_offers *out)
{
    const wisp_json *items, *item;
    wisp_offer *offers = NULL;
    uint64_t above = out->version + 1;
    wisp_status status = read_items(p, custom, "releases", WISP_OFFERS_MAX, sizeof *offers,
                                    &items, &out->len, &offers);
    out->offers = offers;
    if (status == WISP_OK && out->len == 0)
        return malformed(p, "there are no releases");
    for (size_t i = 0; status == WISP_OK && i < out->len; i++) {
        snprintf(p->place, sizeof p->place, "release %zu", i + 1);
        status = read_item(p, items, i, &item);
        if (status == WISP_OK)
            status = parse_offer(p, item, &offers[i]);
        if (status == WISP_OK && offers[i].version >= above)
            status = malformed(p, "versions do not fall");
        above = offers[i].version;
    }
    return status;
}

/* A target of another publisher is a release of itself. */
static wisp_status make_release(const parser *p, const wisp_file_info *info, wisp_offers *out)
{
    wisp_offer *offer = wisp_arena_alloc(p->arena, 1, sizeof *offer);
    wisp_offer_module *module = wisp_arena_alloc(p->arena, 1, sizeof *module);
    if (!offer || !module)
        return no_memory(p);
    *offer = (wisp_offer){.version = out->version, .flags = "{}"};
    *module = (wisp_offer_module){.hash = info->sha256, .size = info->length};
    module->name = wisp_arena_text(p->arena, p->name, strlen(p->name));
    if (!module->name)
        return no_memory(p);
    out->offers = offer;
    out->len = 1;
    wisp_status status =
        read_text(p, info->custom, "notes", WISP_OFFER_NOTES_SIZE, &offer->notes);
    return status == WISP_OK ? finish_set(p, module, 1, &offer->set) : status;
}

/* --- the whole --------------------------------------------------------------------------- */

static wisp_status parse_unbans(const parser *p, const wisp_json *custom, wisp_offers *out)
{
    const wisp_json *items;
    wisp_hash *hashes = NULL;
    wisp_status status = read_items(p, custom, "unban", WISP_OFFER_UNBANS_MAX, sizeof *hashes,
                                    &items, &out->unban_len, &hashes);
    out->unbans = hashes;
    for (size_t i = 0; status == WISP_OK && i < out->unban_len; i++) {
        const char *text = wisp_json_item_string(items, i);
        if (!text || !wisp_hex_parse(text, hashes[i].bytes, sizeof hashes[i].bytes))
            status = malformed(p, "an item of unban is not 64 hexadecimal digits");
    }
    return status;
}

static wisp_status parse_custom(parser *p, const wisp_file_info *info, wisp_offers *out)
{
    wisp_status status = WISP_OK;
    if (wisp_json_has(info->custom, "min_version"))
        status = read_number(p, info->custom, "min_version", &out->min_version);
    if (status == WISP_OK)
        status = parse_unbans(p, info->custom, out);
    if (status != WISP_OK)
        return status;
    return wisp_json_has(info->custom, "releases") ? parse_releases(p, info->custom, out)
                                                   : make_release(p, info, out);
}

static wisp_status check_target(const char *name, const wisp_file_info *info, uint64_t *version,
                                wisp_error *err)
{
    if (!info->has_sha256)
        return wisp_fail(err, WISP_UNSUPPORTED, "target '%.80s' has no sha256", name);
    if (!info->custom || wisp_json_number(info->custom, "version", version, NULL) != WISP_OK)
        return wisp_fail(err, WISP_UNSUPPORTED, "target '%.80s' has no number custom.version",
                         name);
    if (strlen(name) >= WISP_OFFER_NAME_SIZE)
        return wisp_fail(err, WISP_LIMIT, "the name of target '%.80s' has more than %d bytes",
                         name, WISP_OFFER_NAME_SIZE - 1);
    return WISP_OK;
}

wisp_status wisp_offers_parse(const wisp_allocator *allocator, const char *name,
                              const wisp_file_info *info, wisp_offers *out, wisp_error *err)
{
    *out = (wisp_offers){0};
    wisp_arena_init(&out->arena, allocator, ARENA_CHUNK_SIZE);
    parser p = {.arena = &out->arena, .name = name, .place = "the whole", .err = err};
    wisp_status status = check_target(name, info, &out->version, err);
    if (status == WISP_OK)
        status = parse_custom(&p, info, out);
    if (status != WISP_OK)
        wisp_offers_deinit(out);
    return status;
}

void wisp_offers_deinit(wisp_offers *offers)
{
    wisp_arena_deinit(&offers->arena);
}
