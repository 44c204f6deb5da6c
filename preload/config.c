#include "config.h"

#include "base/error.h"
#include "patch/policy.h"
#include "trust/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX (16u << 20)
#define INTERVAL_S    3600
#define SECONDS_MAX   (UINT32_MAX / 1000)
#define ATTEMPTS_MAX  1000

/* The bytes of [file] from where it stands, in [*out]. */
static wisp_status read_stream(FILE *file, uint8_t **out, size_t *size, wisp_error *err)
{
    size_t room = 0;
    *out = NULL;
    *size = 0;
    while (!feof(file) && !ferror(file) && *size < FILE_SIZE_MAX) {
        room = room ? 2 * room : 64u << 10;
        uint8_t *more = realloc(*out, room);
        if (!more)
            return wisp_fail_memory(err, room);
        *out = more;
        *size += fread(*out + *size, 1, room - *size, file);
    }
    if (ferror(file))
        return wisp_fail(err, WISP_IO, "cannot be read: %s", strerror(errno));
    if (!feof(file))
        return wisp_fail(err, WISP_LIMIT, "%zu bytes and more, expected less", *size);
    return WISP_OK;
}

wisp_status preload_read_file(const char *path, uint8_t **out, size_t *size, wisp_error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return wisp_fail(err, WISP_IO, "%.120s: %s", path, strerror(errno));
    wisp_status status = read_stream(file, out, size, err);
    fclose(file);
    if (status == WISP_OK)
        return WISP_OK;
    free(*out);
    *out = NULL;
    return wisp_fail_within(err, status, path);
}

/* [name] as it is seen from the folder of the file [path]; NULL when out of memory. */
static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    int folder = slash && name[0] != '/' ? (int)(slash + 1 - path) : 0;
    size_t size = (size_t)folder + strlen(name) + 1;
    char *whole = malloc(size);
    if (whole)
        snprintf(whole, size, "%.*s%s", folder, path, name);
    return whole;
}

/* The members that are texts, whether they are paths, and whether they must be there. */
typedef struct text_member {
    const char *key;
    char **into;
    bool is_path, is_needed;
} text_member;

static wisp_status take_text(const wisp_json *json, const char *path, const text_member *member,
                             wisp_error *err)
{
    const char *value;
    if (!wisp_json_has(json, member->key) && !member->is_needed)
        return WISP_OK;
    wisp_status status = wisp_json_string(json, member->key, &value, err);
    if (status)
        return status;
    *member->into = member->is_path ? beside(path, value) : strdup(value);
    return *member->into ? WISP_OK : wisp_fail_memory(err, strlen(value) + 1);
}

/* The members that are numbers, from 1 on. */
typedef struct number_member {
    const char *key;
    uint32_t *into;
    uint32_t max;
} number_member;

static wisp_status take_number(const wisp_json *json, const number_member *member,
                               wisp_error *err)
{
    uint64_t value;
    if (!wisp_json_has(json, member->key))
        return WISP_OK;
    wisp_status status = wisp_json_number(json, member->key, &value, err);
    if (status == WISP_OK && (value == 0 || value > member->max))
        return wisp_fail(err, WISP_INVALID, "'%s' is %" PRIu64 ", expected 1 to %" PRIu32,
                         member->key, value, member->max);
    if (status == WISP_OK)
        *member->into = (uint32_t)value;
    return status;
}

static wisp_status take_grant(const wisp_json *json, wisp_patch_grant *into, wisp_error *err)
{
    const char *name;
    *into = WISP_PATCH_GRANT_ARGUMENTS;
    if (!wisp_json_has(json, "grant"))
        return WISP_OK;
    wisp_status status = wisp_json_string(json, "grant", &name, err);
    if (status)
        return status;
    for (int i = WISP_PATCH_GRANT_NONE; i <= WISP_PATCH_GRANT_PROCESS; i++) {
        *into = (wisp_patch_grant)i;
        if (strcmp(name, wisp_patch_grant_name(*into)) == 0)
            return WISP_OK;
    }
    return wisp_fail(err, WISP_INVALID, "'grant' is '%.80s', expected none, arguments or process",
                     name);
}

static wisp_status take_imports(const wisp_json *json, preload_config *out, wisp_error *err)
{
    const wisp_json *list;
    if (!wisp_json_has(json, "imports"))
        return WISP_OK;
    wisp_status status = wisp_json_array(json, "imports", &list, err);
    if (status)
        return status;
    size_t len = wisp_json_len(list);
    out->imports = calloc(len + 1, sizeof *out->imports); /* of none at all as well */
    if (!out->imports)
        return wisp_fail_memory(err, (len + 1) * sizeof *out->imports);
    for (; out->import_count < len; out->import_count++) {
        const char *pattern = wisp_json_item_string(list, out->import_count);
        if (!pattern || !strchr(pattern, '.'))
            return wisp_fail(err, WISP_INVALID,
                             "'imports' has '%.80s', expected a text such as \"program.*\"",
                             pattern ? pattern : "what is no text");
        char *copy = strdup(pattern);
        if (!copy)
            return wisp_fail_memory(err, strlen(pattern) + 1);
        out->imports[out->import_count] = copy;
    }
    return WISP_OK;
}

bool preload_config_allows(const preload_config *config, const wisp_patch_import *import)
{
    size_t len = strlen(import->module);
    for (size_t i = 0; i < config->import_count; i++) {
        const char *pattern = config->imports[i];
        if (strncmp(pattern, import->module, len) == 0 && pattern[len] == '.' &&
            wisp_patch_pattern_matches(pattern + len + 1, import->name))
            return true;
    }
    return false;
}

/* A word that is not known would be something that is not done. */
static wisp_status check_keys(const wisp_json *json, const text_member *texts, size_t text_len,
                              wisp_error *err)
{
    static const char *const others[] = {"interval", "health", "attempts", "grant", "imports"};
    void *cursor = NULL;
    const char *key;
    const wisp_json *value;
    while (wisp_json_next(json, &cursor, &key, &value)) {
        bool is_known = false;
        for (size_t i = 0; i < text_len; i++)
            is_known |= strcmp(key, texts[i].key) == 0;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            is_known |= strcmp(key, others[i]) == 0;
        if (!is_known)
            return wisp_fail(err, WISP_INVALID, "no member '%.80s' is known here", key);
    }
    return WISP_OK;
}

static wisp_status take_all(const wisp_json *json, const char *path, preload_config *out,
                            wisp_error *err)
{
    char *root = NULL;
    const text_member texts[] = {{"program", &out->program, false, true},
                                 {"dir", &out->dir, true, true},
                                 {"url", &out->url, false, true},
                                 {"target", &out->target, false, true},
                                 {"root", &root, true, true},
                                 {"channel", &out->channel, false, false},
                                 {"socket", &out->socket, true, false},
                                 {"log", &out->log, true, false},
                                 {"host_version", &out->host_version, false, false},
                                 {"events_url", &out->events_url, false, false}};
    const number_member numbers[] = {{"interval", &out->interval_s, SECONDS_MAX},
                                     {"health", &out->health_s, SECONDS_MAX},
                                     {"attempts", &out->attempts, ATTEMPTS_MAX}};
    const size_t text_len = sizeof texts / sizeof *texts;
    const size_t number_len = sizeof numbers / sizeof *numbers;
    wisp_status status = check_keys(json, texts, text_len, err);
    for (size_t i = 0; i < text_len && !status; i++)
        status = take_text(json, path, &texts[i], err);
    for (size_t i = 0; i < number_len && !status; i++)
        status = take_number(json, &numbers[i], err);
    if (!status)
        status = take_grant(json, &out->grant, err);
    if (!status)
        status = take_imports(json, out, err);
    if (!status)
        status = preload_read_file(root, &out->root, &out->root_size, err);
    free(root);
    return status;
}

static wisp_status read_config(wisp_bytes text, const char *path, preload_config *out,
                               wisp_error *err)
{
    wisp_json *json;
    wisp_status status = wisp_json_parse(text, &json, err);
    if (status)
        return status;
    status = take_all(json, path, out, err);
    wisp_json_free(json);
    return status;
}

wisp_status preload_config_read(const char *path, preload_config *out, wisp_error *err)
{
    uint8_t *bytes = NULL;
    size_t size;
    *out = (preload_config){.interval_s = INTERVAL_S};
    wisp_status status = preload_read_file(path, &bytes, &size, err);
    if (!status)
        status =
            wisp_fail_within(err, read_config((wisp_bytes){bytes, size}, path, out, err), path);
    free(bytes);
    return status;
}

void preload_config_free(preload_config *config)
{
    char *texts[] = {config->program, config->dir,          config->url,
                     config->target,  config->socket,       config->channel,
                     config->log,     config->host_version, config->events_url};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < config->import_count; i++)
        free(config->imports[i]);
    free(config->imports);
    free(config->root);
    memset(config, 0, sizeof *config);
}
