#ifndef WISP_PUBLISH_CATALOG_H
#define WISP_PUBLISH_CATALOG_H

#include "trust/metadata.h"

/*
 * What a channel's document offers: a target for each module, and in the custom data of a
 * release's first one the releases, newest first (docs/formats.md). It is edited as JSON, so
 * that what other tools put there stays.
 */

#define WISP_CATALOG_RELEASES_MAX 8
#define WISP_CATALOG_UNBANS_MAX   16
#define WISP_CONTENT_PATH_SIZE    256

/* A file of the repository with a hash in its name. */
typedef struct wisp_content {
    char path[WISP_CONTENT_PATH_SIZE]; /* "stable/app.wasm", "stable/app.wasm.delta" */
    wisp_hash hash;
    uint64_t size;
} wisp_content;

/* Calls [each] for every target of [document], every module and every delta, until it returns
 * false. One that is named twice comes twice. */
void wisp_catalog_each_content(const wisp_metadata *document,
                               bool (*each)(void *context, const wisp_content *content),
                               void *context);

/* Calls [each] for every module of a release, of its variants too, with the array that it is
 * in; until it returns false. */
bool wisp_release_each_module(wisp_json *release, bool (*each)(void *context, wisp_json *module),
                              void *context);

/* {"name", "length", "sha256"} of a module or, without [name], of a delta; NULL when out of
 * memory. */
wisp_json *wisp_module_build(const char *name, uint64_t size, const wisp_hash *hash);

/* Reads "name", "length" and "sha256" of a module; false where it is none. */
bool wisp_module_read(const wisp_json *module, const char **name, wisp_hash *hash,
                      uint64_t *size);

/* The custom data of the target [path] in the contents of a document, to be changed; NULL
 * where there are no releases of it. */
wisp_json *wisp_catalog_custom(wisp_json *contents, const char *path);

/* The highest version of the target [path]; 0 where there is none. [contents] may be NULL. */
uint64_t wisp_catalog_version(const wisp_json *contents, const char *path);

/* The release with this version in the custom data of a target, or with 0 the newest; NULL. */
wisp_json *wisp_catalog_release(wisp_json *custom, uint64_t version);

/*
 * Puts [release], which is given away, before those that the target [path] has, of which the
 * oldest goes if there are too many; and makes its modules targets, instead of those of the
 * release before. False when out of memory.
 */
bool wisp_catalog_put(wisp_json *contents, const char *path, wisp_json *release);

#endif
