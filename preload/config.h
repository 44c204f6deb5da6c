#ifndef PRELOAD_CONFIG_H
#define PRELOAD_CONFIG_H

#include <wisp/patch.h>

/*
 * The file that WISP_PATCH names: JSON, docs/patching.md has its members. Relative paths in it
 * are taken from its own folder.
 */
typedef struct preload_config {
    char *program; /* the file name of the one program that is meant */
    char *dir, *url, *target, *channel, *socket, *log; /* NULL where not given */
    char *host_version, *events_url;
    uint8_t *root; /* root.json */
    size_t root_size;
    uint32_t interval_s;
    uint32_t health_s, attempts; /* 0: the defaults of patch.h */
    wisp_patch_grant grant;
    char **imports; /* patterns of what patches may import; NULL: Wisp's own policy */
    size_t import_count;
} preload_config;

/* Whether one of [imports] is "module.name" of [import], as far as to a '*' at its end. */
bool preload_config_allows(const preload_config *config, const wisp_patch_import *import);

/* All bytes of [path], up to 16 MiB, to be freed. WISP_IO, WISP_NO_MEMORY. */
wisp_status preload_read_file(const char *path, uint8_t **out, size_t *size, wisp_error *err);

/* Reads it. WISP_IO, WISP_MALFORMED, WISP_INVALID for a member that is missing or unknown,
 * WISP_NO_MEMORY. To be freed in any case. */
wisp_status preload_config_read(const char *path, preload_config *out, wisp_error *err);
void preload_config_free(preload_config *config);

#endif
