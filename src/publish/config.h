#ifndef WISP_PUBLISH_CONFIG_H
#define WISP_PUBLISH_CONFIG_H

#include "base/memory.h"
#include "publish/keys.h"
#include "trust/metadata.h"

/*
 * The config file of a project, wisp.json (docs/formats.md): what is released, where to, who
 * signs, and for how long. Every field must be there and none may be unknown, so that a
 * misspelt one is seen. Bytes in, bytes out; no files.
 */

#define WISP_CONFIG_NAME      "wisp.json"
#define WISP_CONFIG_SIZE_MAX  65536
#define WISP_CONFIG_FORMAT    2
#define WISP_EXPIRES_DAYS_MAX 3650
#define WISP_DAY_S            INT64_C(86400)
#define WISP_TARGET_NAME_MAX  64
#define WISP_CHANNEL_NAME_MAX 32
#define WISP_CHANNELS_MAX     8
#define WISP_DELTAS_MAX       8 /* of one module */
#define WISP_URL_SIZE_MAX     1000
#define WISP_PATH_SIZE_MAX    4000

typedef struct wisp_role_policy {
    const char *keys[WISP_ROLE_KEYS_MAX]; /* files, relative to the project folder */
    size_t key_len;
    uint64_t threshold;    /* signatures that a document of the role needs */
    uint64_t expires_days; /* that a document of the role is valid for */
} wisp_role_policy;

/* A channel is a role of its own, to which targets delegates what is below its name. */
typedef struct wisp_channel {
    const char *name;
    wisp_role_policy policy;
} wisp_channel;

typedef struct wisp_config {
    const char *target;     /* the name under which modules are released */
    const char *repository; /* folder, relative to the project folder */
    const char *url;        /* where devices find it, for "wisp doctor"; empty: not known */
    uint64_t deltas;        /* from how many releases before the new one */
    wisp_role_policy roles[WISP_ROLE_LEN];
    wisp_channel channels[WISP_CHANNELS_MAX]; /* the first is what is released to by default */
    size_t channel_len;
} wisp_config;

/* What a new project starts with: one key a role, which channels share with targets; stable and
 * beta; keys/ and repo/. Its strings are static. */
wisp_config wisp_config_default(void);

/* The policy of the role or channel called [name]; NULL where there is none. */
wisp_role_policy *wisp_config_policy(wisp_config *config, const char *name);

/* Reads [bytes]; strings go to [arena]. WISP_MALFORMED and the like name the field, what was
 * found and what was expected. */
wisp_status wisp_config_parse(wisp_arena *arena, wisp_bytes bytes, wisp_config *out,
                              wisp_error *err);

/* Writes [config] as text, to be freed by wisp_json_text_free; NULL when out of memory. */
char *wisp_config_print(const wisp_config *config, size_t *size);

/* A target name is a file name: letters, digits, '.', '_' and '-', not starting with '.'. */
wisp_status wisp_target_name_check(const char *name, wisp_error *err);

/* A channel name is a lower-case word, digits and '-' in it, and none of TUF's own roles. */
wisp_status wisp_channel_name_check(const char *name, wisp_error *err);

#endif
