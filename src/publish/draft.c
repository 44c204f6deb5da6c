#include "publish/draft.h"

#include "base/error.h"
#include "publish/build.h"
#include "publish/catalog.h"
#include "trust/date.h"

#include <stdio.h>
#include <string.h>

#define NOTES_MAX 4096

bool wisp_ramp_set(wisp_json *release, const wisp_ramp *ramp, int64_t now)
{
    char start[WISP_DATE_TEXT_SIZE];
    bool is_whole = ramp->to == WISP_ALL_DEVICES && (ramp->hours == 0 || ramp->from == ramp->to);
    if (is_whole) {
        wisp_json_remove(release, "rollout");
        return true;
    }
    wisp_json *rollout = wisp_build_object(release, "rollout");
    return rollout && wisp_date_print(now, start) &&
           wisp_json_set_string(rollout, "start", start) &&
           wisp_json_set_number(rollout, "from", ramp->from) &&
           wisp_json_set_number(rollout, "to", ramp->to) &&
           wisp_json_set_number(rollout, "hours", ramp->hours);
}

static wisp_status check_notes(const char *notes, wisp_error *err)
{
    if (!notes)
        return WISP_OK;
    if (strlen(notes) > NOTES_MAX)
        return wisp_fail(err, WISP_LIMIT, "the notes have %zu bytes, expected %d at the most",
                         strlen(notes), NOTES_MAX);
    wisp_json *object = wisp_json_new_object();
    bool is_text = object && wisp_json_set_string(object, "notes", notes);
    wisp_json_free(object);
    return is_text ? WISP_OK : wisp_fail(err, WISP_INVALID, "the notes are not UTF-8");
}

/* Adds the file of a module and the module to [modules]. */
static wisp_status add_module(wisp_change *change, const char *channel, const char *name,
                              wisp_bytes bytes, wisp_json *modules, wisp_error *err)
{
    wisp_content content = {.size = bytes.size};
    snprintf(content.path, sizeof content.path, "%s/%s", channel, name);
    if (!wisp_sha256(bytes, &content.hash))
        return wisp_fail_memory(err, 0);
    wisp_json *module = wisp_module_build(name, content.size, &content.hash);
    if (!module || !wisp_json_append(modules, module))
        return wisp_fail_memory(err, 0);
    return wisp_change_content(change, &content, bytes, err);
}

/* The modules of the release, the first with [content] if that is not NULL. */
static wisp_status build_modules(const wisp_draft *draft, wisp_change *change,
                                 const char *channel, const char *target,
                                 const wisp_bytes *content, wisp_json *parent, wisp_error *err)
{
    wisp_json *modules = wisp_build_array(parent, "modules");
    wisp_status status = modules ? WISP_OK : wisp_fail_memory(err, 0);
    for (size_t i = 0; i < draft->module_len && !status; i++) {
        const wisp_draft_module *module = &draft->modules[i];
        const char *name = module->name ? module->name : target;
        wisp_bytes bytes = i == 0 && content ? *content : module->content;
        status = wisp_target_name_check(name, err);
        if (!status)
            status = add_module(change, channel, name, bytes, modules, err);
    }
    return status;
}

static bool set_flags(wisp_json *object, const wisp_json *flags)
{
    wisp_json *copy = flags ? wisp_json_copy(flags) : NULL;
    return !flags || (copy && wisp_json_set(object, "flags", copy));
}

static wisp_status build_variant(const wisp_draft *draft, const wisp_draft_variant *variant,
                                 wisp_change *change, const char *channel, const char *target,
                                 wisp_json *variants, wisp_error *err)
{
    wisp_json *object = wisp_json_new_object();
    if (!object || !wisp_json_append(variants, object) ||
        !wisp_json_set_string(object, "name", variant->name) ||
        !wisp_json_set_number(object, "weight", variant->weight) ||
        !set_flags(object, variant->flags))
        return wisp_fail_memory(err, 0);
    return variant->content.data
               ? build_modules(draft, change, channel, target, &variant->content, object, err)
               : WISP_OK;
}

/* A program asks which variant it runs by the name. */
static wisp_status check_variant_names(const wisp_draft *draft, wisp_error *err)
{
    for (size_t i = 0; i < draft->variant_len; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(draft->variants[i].name, draft->variants[k].name) == 0)
                return wisp_fail(err, WISP_INVALID, "two variants are called '%.40s'",
                                 draft->variants[i].name);
        }
    }
    return WISP_OK;
}

static wisp_status build_variants(const wisp_draft *draft, wisp_change *change,
                                  const char *channel, const char *target, wisp_json *release,
                                  wisp_error *err)
{
    if (draft->variant_len == 0)
        return WISP_OK;
    wisp_json *variants = wisp_build_array(release, "variants");
    wisp_status status = variants ? check_variant_names(draft, err) : wisp_fail_memory(err, 0);
    for (size_t i = 0; i < draft->variant_len && !status; i++)
        status =
            build_variant(draft, &draft->variants[i], change, channel, target, variants, err);
    return status;
}

static bool build_host(wisp_json *release, const wisp_draft *draft)
{
    if (!draft->host_min && !draft->host_below)
        return true;
    wisp_json *host = wisp_build_object(release, "host");
    return host && (!draft->host_min || wisp_json_set_string(host, "min", draft->host_min)) &&
           (!draft->host_below || wisp_json_set_string(host, "below", draft->host_below));
}

static bool build_words(wisp_json *release, const wisp_draft *draft, uint64_t version,
                        int64_t now)
{
    bool has_ramp = draft->ramp.to > 0;
    return wisp_json_set_number(release, "version", version) &&
           (!draft->notes || !*draft->notes ||
            wisp_json_set_string(release, "notes", draft->notes)) &&
           (!draft->mandatory || wisp_json_set_bool(release, "mandatory", true)) &&
           build_host(release, draft) &&
           (!has_ramp || wisp_ramp_set(release, &draft->ramp, now)) &&
           set_flags(release, draft->flags);
}

wisp_status wisp_draft_build(const wisp_draft *draft, wisp_change *change, const char *channel,
                             const char *target, uint64_t version, wisp_json **out,
                             wisp_error *err)
{
    wisp_status status = check_notes(draft->notes, err);
    wisp_json *release = status ? NULL : wisp_json_new_object();
    if (!status && (!release || !build_words(release, draft, version, change->now)))
        status = wisp_fail(err, WISP_INVALID, "no release: a text is not UTF-8, or no memory");
    if (!status)
        status = build_modules(draft, change, channel, target, NULL, release, err);
    if (!status)
        status = build_variants(draft, change, channel, target, release, err);
    if (status)
        wisp_json_free(release);
    else
        *out = release;
    return status;
}
