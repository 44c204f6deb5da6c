#include "publish/catalog.h"

#include "base/hex.h"
#include "publish/build.h"

#include <stdio.h>
#include <string.h>

/* "stable/" of "stable/app.wasm". */
static int folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash - path) + 1 : 0;
}

/* ------------------------------------------------------------------ modules */

wisp_json *wisp_module_build(const char *name, uint64_t size, const wisp_hash *hash)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_json *module = wisp_json_new_object();
    wisp_hash_print(hash, text);
    if (module && (!name || wisp_json_set_string(module, "name", name)) &&
        wisp_json_set_number(module, "length", size) &&
        wisp_json_set_string(module, "sha256", text))
        return module;
    wisp_json_free(module);
    return NULL;
}

static bool read_content(const wisp_json *object, wisp_hash *hash, uint64_t *size)
{
    const char *text;
    return !wisp_json_string(object, "sha256", &text, NULL) &&
           wisp_hex_parse(text, hash->bytes, sizeof hash->bytes) &&
           !wisp_json_number(object, "length", size, NULL);
}

bool wisp_module_read(const wisp_json *module, const char **name, wisp_hash *hash, uint64_t *size)
{
    return !wisp_json_string(module, "name", name, NULL) && read_content(module, hash, size);
}

static bool each_of(wisp_json *modules, bool (*each)(void *context, wisp_json *module),
                    void *context)
{
    for (size_t i = 0; i < wisp_json_len(modules); i++) {
        if (!each(context, wisp_json_element(modules, i)))
            return false;
    }
    return true;
}

bool wisp_release_each_module(wisp_json *release, bool (*each)(void *context, wisp_json *module),
                              void *context)
{
    wisp_json *variants = wisp_json_member(release, "variants");
    bool goes_on = each_of(wisp_json_member(release, "modules"), each, context);
    for (size_t i = 0; i < wisp_json_len(variants) && goes_on; i++)
        goes_on =
            each_of(wisp_json_member(wisp_json_element(variants, i), "modules"), each, context);
    return goes_on;
}

/* ------------------------------------------------------------------ all files */

typedef struct content_walk {
    bool (*each)(void *context, const wisp_content *content);
    void *context;
    const char *target; /* whose releases are walked through */
} content_walk;

static bool tell_content(const content_walk *walk, const wisp_json *object, const char *name,
                         const char *ending)
{
    wisp_content content;
    int len = snprintf(content.path, sizeof content.path, "%.*s%s%s", folder_len(walk->target),
                       walk->target, name, ending);
    if (len < 0 || (size_t)len >= sizeof content.path ||
        !read_content(object, &content.hash, &content.size))
        return true; /* another tool's */
    return walk->each(walk->context, &content);
}

static bool walk_module(void *context, wisp_json *module)
{
    const content_walk *walk = context;
    const char *name = "";
    const wisp_json *deltas = wisp_json_value(module, "deltas");
    wisp_json_string(module, "name", &name, NULL);
    bool goes_on = tell_content(walk, module, name, "");
    for (size_t i = 0; i < wisp_json_len(deltas) && goes_on; i++)
        goes_on = tell_content(walk, wisp_json_item(deltas, i), name, ".delta");
    return goes_on;
}

static bool walk_target(content_walk *walk, const char *path, const wisp_file_info *info)
{
    wisp_content content = {.hash = info->sha256, .size = info->length};
    int len = snprintf(content.path, sizeof content.path, "%s", path);
    bool goes_on = len < 0 || (size_t)len >= sizeof content.path || !info->has_sha256 ||
                   walk->each(walk->context, &content);
    wisp_json *releases = wisp_json_member((wisp_json *)(uintptr_t)info->custom, "releases");
    walk->target = path;
    for (size_t i = 0; i < wisp_json_len(releases) && goes_on; i++)
        goes_on = wisp_release_each_module(wisp_json_element(releases, i), walk_module, walk);
    return goes_on;
}

void wisp_catalog_each_content(const wisp_metadata *document,
                               bool (*each)(void *context, const wisp_content *content),
                               void *context)
{
    content_walk walk = {each, context, NULL};
    const wisp_json *targets = wisp_json_value(wisp_metadata_signed(document), "targets"), *entry;
    const char *path;
    void *cursor = NULL;
    wisp_file_info info;
    while (wisp_json_next(targets, &cursor, &path, &entry)) {
        if (!wisp_target_read(entry, &info, NULL) && !walk_target(&walk, path, &info))
            return;
    }
}

/* ------------------------------------------------------------------ releases */

wisp_json *wisp_catalog_custom(wisp_json *contents, const char *path)
{
    wisp_json *custom =
        wisp_json_member(wisp_json_member(wisp_json_member(contents, "targets"), path), "custom");
    return wisp_json_len(wisp_json_value(custom, "releases")) > 0 ? custom : NULL;
}

uint64_t wisp_catalog_version(const wisp_json *contents, const char *path)
{
    uint64_t version = 0;
    const wisp_json *entry = wisp_json_value(wisp_json_value(contents, "targets"), path);
    if (wisp_json_number(wisp_json_value(entry, "custom"), "version", &version, NULL))
        return 0;
    return version;
}

wisp_json *wisp_catalog_release(wisp_json *custom, uint64_t version)
{
    wisp_json *releases = wisp_json_member(custom, "releases");
    for (size_t i = 0; i < wisp_json_len(releases); i++) {
        wisp_json *release = wisp_json_element(releases, i);
        uint64_t found = 0;
        wisp_json_number(release, "version", &found, NULL);
        if (version == 0 || found == version)
            return release;
    }
    return NULL;
}

/* The target's entry with its custom data, made where there is none. */
static wisp_json *custom_of(wisp_json *targets, const char *path)
{
    wisp_json *entry = wisp_json_member(targets, path);
    if (!entry)
        entry = wisp_build_object(targets, path);
    wisp_json *custom = wisp_json_member(entry, "custom");
    return custom ? custom : wisp_build_object(entry, "custom");
}

static bool insert_release(wisp_json *custom, wisp_json *release)
{
    wisp_json *releases = wisp_json_member(custom, "releases");
    if (!releases)
        releases = wisp_build_array(custom, "releases");
    if (!releases) {
        wisp_json_free(release);
        return false;
    }
    wisp_json_remove_item(releases, WISP_CATALOG_RELEASES_MAX - 1);
    return wisp_json_insert(releases, 0, release);
}

/* Sets "length" and "hashes" of the target [path] to those of [module]. */
static bool set_target(wisp_json *targets, const char *path, const wisp_json *module)
{
    uint64_t size;
    const char *hash;
    if (wisp_json_number(module, "length", &size, NULL) ||
        wisp_json_string(module, "sha256", &hash, NULL))
        return false;
    wisp_json *entry = wisp_json_member(targets, path);
    if (!entry)
        entry = wisp_build_object(targets, path);
    wisp_json *hashes = wisp_build_object(entry, "hashes");
    return hashes && wisp_json_set_string(hashes, "sha256", hash) &&
           wisp_json_set_number(entry, "length", size);
}

static void module_path(const char *main_path, const wisp_json *module,
                        char path[WISP_CONTENT_PATH_SIZE])
{
    const char *name = "";
    wisp_json_string(module, "name", &name, NULL);
    snprintf(path, WISP_CONTENT_PATH_SIZE, "%.*s%s", folder_len(main_path), main_path, name);
}

/* Whether the newest release of some target has the module at [path]. */
static bool is_in_a_release(const wisp_json *targets, const char *path)
{
    const wisp_json *entry;
    const char *main_path;
    void *cursor = NULL;
    while (wisp_json_next(targets, &cursor, &main_path, &entry)) {
        const wisp_json *releases = wisp_json_value(wisp_json_value(entry, "custom"), "releases");
        const wisp_json *modules = wisp_json_value(wisp_json_item(releases, 0), "modules");
        for (size_t i = 0; i < wisp_json_len(modules); i++) {
            char found[WISP_CONTENT_PATH_SIZE];
            module_path(main_path, wisp_json_item(modules, i), found);
            if (strcmp(found, path) == 0)
                return true;
        }
    }
    return false;
}

/* Takes out the targets of [modules], a release that was the newest, that no newest release has
 * any more. */
static void drop_targets(wisp_json *targets, const char *main_path, const wisp_json *modules)
{
    for (size_t i = 0; i < wisp_json_len(modules); i++) {
        char path[WISP_CONTENT_PATH_SIZE];
        module_path(main_path, wisp_json_item(modules, i), path);
        if (!is_in_a_release(targets, path))
            wisp_json_remove(targets, path);
    }
}

bool wisp_catalog_put(wisp_json *contents, const char *path, wisp_json *release)
{
    wisp_json *targets = wisp_json_member(contents, "targets");
    wisp_json *custom = custom_of(targets, path);
    uint64_t version;
    if (!custom || wisp_json_number(release, "version", &version, NULL)) {
        wisp_json_free(release);
        return false;
    }
    if (!insert_release(custom, release) || !wisp_json_set_number(custom, "version", version))
        return false;
    const wisp_json *modules = wisp_json_value(release, "modules");
    bool done = true;
    for (size_t i = 0; i < wisp_json_len(modules) && done; i++) {
        char of[WISP_CONTENT_PATH_SIZE];
        module_path(path, wisp_json_item(modules, i), of);
        done = set_target(targets, of, wisp_json_item(modules, i));
    }
    const wisp_json *before = wisp_json_item(wisp_json_value(custom, "releases"), 1);
    drop_targets(targets, path, wisp_json_value(before, "modules"));
    return done;
}
