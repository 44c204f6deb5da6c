#include "config.h"

#include "base/error.h"
#include "trust/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX (16u << 20)
#define INTERVAL_S    3600

/* The bytes of [file] from where it stands, in [*out]; false with too many of them. */
static bool read_stream(FILE *file, uint8_t **out, size_t *size)
{
    size_t room = 0;
    *out = NULL;
    *size = 0;
    while (!feof(file) && !ferror(file) && *size < FILE_SIZE_MAX) {
        room = room ? 2 * room : 64u << 10;
        uint8_t *more = realloc(*out, room);
        if (!more)
            return false;
        *out = more;
        *size += fread(*out + *size, 1, room - *size, file);
    }
    return feof(file) && !ferror(file);
}

wisp_status preload_read_file(const char *path, uint8_t **out, size_t *size, wisp_error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return wisp_fail(err, WISP_IO, "%.120s: %s", path, strerror(errno));
    bool is_read = read_stream(file, out, size);
    fclose(file);
    if (is_read)
        return WISP_OK;
    free(*out);
    *out = NULL;
    return wisp_fail(err, WISP_IO, "%.120s: cannot be read, or is too large", path);
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
    return *member->into ? WISP_OK
                         : wisp_fail(err, WISP_NO_MEMORY, "%.120s: out of memory", path);
}

static wisp_status take_number(const wisp_json *json, const char *key, uint32_t *into,
                               wisp_error *err)
{
    uint64_t value;
    if (!wisp_json_has(json, key))
        return WISP_OK;
    wisp_status status = wisp_json_number(json, key, &value, err);
    if (status == WISP_OK && value > UINT32_MAX / 1000)
        return wisp_fail(err, WISP_INVALID, "%.120s: more seconds than 49 days have", key);
    if (status == WISP_OK)
        *into = (uint32_t)value;
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
    return wisp_fail(err, WISP_INVALID,
                     "%.120s: expected none, arguments or process as the grant", name);
}

/* A word that is not known would be something that is not done. */
static wisp_status check_keys(const wisp_json *json, const text_member *texts, size_t text_len,
                              wisp_error *err)
{
    static const char *const others[] = {"interval", "health", "grant"};
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
            return wisp_fail(err, WISP_INVALID, "%.120s: no such member", key);
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
    const size_t text_len = sizeof texts / sizeof *texts;
    wisp_status status = check_keys(json, texts, text_len, err);
    for (size_t i = 0; i < text_len && !status; i++)
        status = take_text(json, path, &texts[i], err);
    out->interval_s = INTERVAL_S;
    if (!status)
        status = take_number(json, "interval", &out->interval_s, err);
    if (!status)
        status = take_number(json, "health", &out->health_s, err);
    if (!status)
        status = take_grant(json, &out->grant, err);
    if (!status)
        status = preload_read_file(root, &out->root, &out->root_size, err);
    free(root);
    return status;
}

wisp_status preload_config_read(const char *path, preload_config *out, wisp_error *err)
{
    uint8_t *bytes = NULL;
    size_t size;
    wisp_json *json = NULL;
    memset(out, 0, sizeof *out);
    wisp_status status = preload_read_file(path, &bytes, &size, err);
    if (!status)
        status = wisp_json_parse((wisp_bytes){bytes, size}, &json, err);
    if (!status)
        status = take_all(json, path, out, err);
    wisp_json_free(json);
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
    free(config->root);
    memset(config, 0, sizeof *config);
}
