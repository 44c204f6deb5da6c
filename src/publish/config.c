#include "publish/config.h"

#include "base/error.h"
#include "publish/build.h"

#include <string.h>

wisp_config wisp_config_default(void)
{
    static const wisp_role_policy channel = {{"keys/targets.key"}, 1, 1, 365};
    return (wisp_config){.target = "module.wasm",
                         .repository = "repo",
                         .url = "",
                         .deltas = 3,
                         .channels = {{"stable", channel}, {"beta", channel}},
                         .channel_len = 2,
                         .roles = {
                             [WISP_ROLE_ROOT] = {{"keys/root.key"}, 1, 1, 365},
                             [WISP_ROLE_TIMESTAMP] = {{"keys/timestamp.key"}, 1, 1, 30},
                             [WISP_ROLE_SNAPSHOT] = {{"keys/snapshot.key"}, 1, 1, 365},
                             [WISP_ROLE_TARGETS] = {{"keys/targets.key"}, 1, 1, 365},
                         }};
}

wisp_status wisp_target_name_check(const char *name, wisp_error *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > WISP_TARGET_NAME_MAX)
        return wisp_fail(err, WISP_INVALID,
                         "the target name has %zu characters, expected 1 to %d", len,
                         WISP_TARGET_NAME_MAX);
    size_t good =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    if (good == len && name[0] != '.')
        return WISP_OK;
    return wisp_fail(err, WISP_INVALID,
                     "the target name '%s' is not a file name of letters, digits, '.', '_' and "
                     "'-' that does not start with '.'",
                     name);
}

wisp_status wisp_channel_name_check(const char *name, wisp_error *err)
{
    size_t len = strlen(name);
    size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    bool is_role = false;
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        is_role = is_role || strcmp(name, wisp_role_name((wisp_role)role)) == 0;
    if (len > 0 && len <= WISP_CHANNEL_NAME_MAX && good == len && name[0] != '-' && !is_role)
        return WISP_OK;
    return wisp_fail(err, WISP_INVALID,
                     "'%.40s' is no name for a channel: expected 1 to %d of a to z, digits and "
                     "'-', and no role of TUF",
                     name, WISP_CHANNEL_NAME_MAX);
}

wisp_role_policy *wisp_config_policy(wisp_config *config, const char *name)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        if (strcmp(name, wisp_role_name((wisp_role)role)) == 0)
            return &config->roles[role];
    }
    for (size_t i = 0; i < config->channel_len; i++) {
        if (strcmp(name, config->channels[i].name) == 0)
            return &config->channels[i].policy;
    }
    return NULL;
}

/* Refuses members of [object] that are not among the [len] of [known]. */
static wisp_status check_members(const wisp_json *object, const char *const *known, size_t len,
                                 wisp_error *err)
{
    void *cursor = NULL;
    const char *key;
    const wisp_json *value;
    while (wisp_json_next(object, &cursor, &key, &value)) {
        bool found = false;
        char expected[120] = "";
        for (size_t i = 0; i < len; i++) {
            found = found || strcmp(key, known[i]) == 0;
            strncat(expected, i ? ", " : "", sizeof expected - strlen(expected) - 1);
            strncat(expected, known[i], sizeof expected - strlen(expected) - 1);
        }
        if (!found)
            return wisp_fail(err, WISP_MALFORMED, "'%.40s' is not known, expected one of %s", key,
                             expected);
    }
    return WISP_OK;
}

/* A path: not empty, not overlong. It is copied to [arena]. */
static wisp_status keep_path(wisp_arena *arena, const char *field, const char *text,
                             const char **out, wisp_error *err)
{
    size_t len = strlen(text);
    if (len == 0 || len > WISP_PATH_SIZE_MAX)
        return wisp_fail(err, WISP_MALFORMED, "'%s' has %zu characters, expected a path", field,
                         len);
    *out = wisp_arena_text(arena, text, len);
    return *out ? WISP_OK : wisp_fail_memory(err, len + 1);
}

static wisp_status number_between(const wisp_json *object, const char *key, uint64_t low,
                                  uint64_t high, uint64_t *out, wisp_error *err)
{
    wisp_status status = wisp_json_number(object, key, out, err);
    if (status || (*out >= low && *out <= high))
        return status;
    return wisp_fail(err, WISP_MALFORMED, "'%s' is %llu, expected %llu to %llu", key,
                     (unsigned long long)*out, (unsigned long long)low, (unsigned long long)high);
}

static wisp_status parse_keys(wisp_arena *arena, const wisp_json *role, wisp_role_policy *out,
                              wisp_error *err)
{
    const wisp_json *array;
    wisp_status status = wisp_json_array(role, "keys", &array, err);
    if (status)
        return status;
    out->key_len = wisp_json_len(array);
    if (out->key_len < 1 || out->key_len > WISP_ROLE_KEYS_MAX)
        return wisp_fail(err, WISP_MALFORMED, "'keys' has %zu items, expected 1 to %d",
                         out->key_len, WISP_ROLE_KEYS_MAX);
    for (size_t i = 0; i < out->key_len && !status; i++) {
        const char *path = wisp_json_item_string(array, i);
        if (!path)
            return wisp_fail(err, WISP_MALFORMED,
                             "item %zu of 'keys' is no string, expected a path", i);
        status = keep_path(arena, "keys", path, &out->keys[i], err);
    }
    return status;
}

static wisp_status parse_policy(wisp_arena *arena, const wisp_json *role, wisp_role_policy *out,
                                wisp_error *err)
{
    static const char *const known[] = {"keys", "threshold", "expires_days"};
    wisp_status status = check_members(role, known, 3, err);
    if (!status)
        status = parse_keys(arena, role, out, err);
    if (!status)
        status = number_between(role, "threshold", 1, out->key_len, &out->threshold, err);
    if (!status)
        status = number_between(role, "expires_days", 1, WISP_EXPIRES_DAYS_MAX,
                                &out->expires_days, err);
    return status;
}

static wisp_status parse_roles(wisp_arena *arena, const wisp_json *object, wisp_config *out,
                               wisp_error *err)
{
    static const char *const known[] = {"root", "timestamp", "snapshot", "targets"};
    const wisp_json *roles, *role;
    wisp_error why;
    wisp_status status = wisp_json_object(object, "roles", &roles, err);
    if (status)
        return status;
    status = check_members(roles, known, WISP_ROLE_LEN, &why);
    for (int i = 0; i < WISP_ROLE_LEN && !status; i++)
        status = wisp_json_object(roles, wisp_role_name((wisp_role)i), &role, &why);
    if (status)
        return wisp_fail(err, status, "in 'roles': %.180s", why.text);
    for (int i = 0; i < WISP_ROLE_LEN; i++) {
        const char *name = wisp_role_name((wisp_role)i);
        status = wisp_json_object(roles, name, &role, &why);
        if (!status)
            status = parse_policy(arena, role, &out->roles[i], &why);
        if (status)
            return wisp_fail(err, status, "in 'roles.%s': %.180s", name, why.text);
    }
    return WISP_OK;
}

static wisp_status parse_channel(wisp_arena *arena, const char *name, const wisp_json *object,
                                 wisp_channel *out, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_channel_name_check(name, err);
    if (status)
        return status;
    out->name = wisp_arena_text(arena, name, strlen(name));
    if (!out->name)
        return wisp_fail_memory(err, strlen(name) + 1);
    status = wisp_json_is_object(object) ? parse_policy(arena, object, &out->policy, &why)
                                         : wisp_fail(&why, WISP_MALFORMED, "it is no object");
    return status ? wisp_fail(err, status, "in 'channels.%s': %.180s", name, why.text) : WISP_OK;
}

static wisp_status parse_channels(wisp_arena *arena, const wisp_json *object, wisp_config *out,
                                  wisp_error *err)
{
    const wisp_json *channels, *channel;
    wisp_status status = wisp_json_object(object, "channels", &channels, err);
    if (status)
        return status;
    size_t len = wisp_json_len(channels);
    if (len < 1 || len > WISP_CHANNELS_MAX)
        return wisp_fail(err, WISP_MALFORMED, "'channels' has %zu items, expected 1 to %d", len,
                         WISP_CHANNELS_MAX);
    void *cursor = NULL;
    const char *name;
    while (!status && wisp_json_next(channels, &cursor, &name, &channel))
        status = parse_channel(arena, name, channel, &out->channels[out->channel_len++], err);
    return status;
}

static wisp_status parse_target(wisp_arena *arena, const wisp_json *object, wisp_config *out,
                                wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(object, "target", &text, err);
    if (!status)
        status = wisp_target_name_check(text, err);
    return status ? status : keep_path(arena, "target", text, &out->target, err);
}

static wisp_status parse_url(wisp_arena *arena, const wisp_json *object, wisp_config *out,
                             wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(object, "url", &text, err);
    if (status)
        return status;
    size_t len = strlen(text);
    if (len > WISP_URL_SIZE_MAX)
        return wisp_fail(err, WISP_MALFORMED, "'url' has %zu characters, expected %d at the most",
                         len, WISP_URL_SIZE_MAX);
    out->url = wisp_arena_text(arena, text, len);
    return out->url ? WISP_OK : wisp_fail_memory(err, len + 1);
}

static wisp_status check_format(const wisp_json *object, wisp_error *err)
{
    uint64_t format;
    wisp_status status = wisp_json_number(object, "format", &format, err);
    if (status || format == WISP_CONFIG_FORMAT)
        return status;
    return wisp_fail(err, WISP_UNSUPPORTED, "'format' is %llu, expected %d%s",
                     (unsigned long long)format, WISP_CONFIG_FORMAT,
                     format == 1 ? ": a project without channels; make a new one with 'wisp init'"
                                 : "");
}

static wisp_status parse_object(wisp_arena *arena, const wisp_json *object, wisp_config *out,
                                wisp_error *err)
{
    static const char *const known[] = {"format", "target", "repository", "url",
                                        "deltas", "roles",  "channels"};
    const char *text;
    wisp_status status = check_format(object, err);
    if (!status)
        status = check_members(object, known, sizeof known / sizeof *known, err);
    if (!status)
        status = parse_target(arena, object, out, err);
    if (!status)
        status = wisp_json_string(object, "repository", &text, err);
    if (!status)
        status = keep_path(arena, "repository", text, &out->repository, err);
    if (!status)
        status = parse_url(arena, object, out, err);
    if (!status)
        status = number_between(object, "deltas", 0, WISP_DELTAS_MAX, &out->deltas, err);
    if (!status)
        status = parse_roles(arena, object, out, err);
    return status ? status : parse_channels(arena, object, out, err);
}

wisp_status wisp_config_parse(wisp_arena *arena, wisp_bytes bytes, wisp_config *out,
                              wisp_error *err)
{
    *out = (wisp_config){0};
    wisp_json *object;
    wisp_status status = wisp_json_parse(bytes, &object, err);
    if (status)
        return status;
    status = parse_object(arena, object, out, err);
    wisp_json_free(object);
    return status;
}

static bool build_policy(wisp_json *role, const wisp_role_policy *policy)
{
    wisp_json *keys = wisp_build_array(role, "keys");
    bool made = keys;
    for (size_t i = 0; i < policy->key_len && made; i++)
        made = wisp_json_append_string(keys, policy->keys[i]);
    return made && wisp_json_set_number(role, "threshold", policy->threshold) &&
           wisp_json_set_number(role, "expires_days", policy->expires_days);
}

static bool build_config(wisp_json *object, const wisp_config *config)
{
    bool made = wisp_json_set_number(object, "format", WISP_CONFIG_FORMAT) &&
                wisp_json_set_string(object, "target", config->target) &&
                wisp_json_set_string(object, "repository", config->repository) &&
                wisp_json_set_string(object, "url", config->url) &&
                wisp_json_set_number(object, "deltas", config->deltas);
    wisp_json *roles = made ? wisp_build_object(object, "roles") : NULL;
    made = roles;
    for (int i = 0; i < WISP_ROLE_LEN && made; i++) {
        wisp_json *role = wisp_build_object(roles, wisp_role_name((wisp_role)i));
        made = role && build_policy(role, &config->roles[i]);
    }
    wisp_json *channels = made ? wisp_build_object(object, "channels") : NULL;
    made = channels;
    for (size_t i = 0; i < config->channel_len && made; i++) {
        wisp_json *channel = wisp_build_object(channels, config->channels[i].name);
        made = channel && build_policy(channel, &config->channels[i].policy);
    }
    return made;
}

char *wisp_config_print(const wisp_config *config, size_t *size)
{
    wisp_json *object = wisp_json_new_object();
    char *text = object && build_config(object, config) ? wisp_json_pretty(object, size) : NULL;
    wisp_json_free(object);
    return text;
}
