#ifndef WISP_PUBLISH_PROJECT_H
#define WISP_PUBLISH_PROJECT_H

#include "publish/config.h"

#include <wisp/os.h>

/*
 * A project folder: the config, the private keys and, beside them and never around them, the
 * repository folder that a web server shows.
 */

typedef struct wisp_project {
    const wisp_os *os;
    wisp_arena arena; /* of all its strings */
    const char *dir;
    const char *repository; /* path of the repository folder */
    wisp_config config;
    const char *fresh_path; /* of a key that is not written yet; NULL: there is none */
    wisp_key fresh;
    int lock; /* descriptor of the lock file, or -1 */
} wisp_project;

/*
 * Reads the config of the project in [dir]. Free with wisp_project_close, which also gives up
 * the lock. Errors name the file and the field; WISP_NOT_FOUND where [dir] is no project,
 * WISP_INVALID where a private key lies inside the repository folder.
 */
wisp_status wisp_project_open(const wisp_allocator *allocator, const wisp_os *os, const char *dir,
                              wisp_project **out, wisp_error *err);
void wisp_project_close(wisp_project *project);

/* The same for a project whose config is not written yet; the strings of [config] are
 * borrowed. */
wisp_status wisp_project_with(const wisp_allocator *allocator, const wisp_os *os, const char *dir,
                              const wisp_config *config, wisp_project **out, wisp_error *err);

/* The path of [name] in the project folder; NULL when out of memory. The project's own. */
char *wisp_project_path(wisp_project *project, const char *name);

/* Keeps other publishers out until wisp_project_close: WISP_BUSY where one is at work. Doing it
 * again does nothing. */
wisp_status wisp_project_lock(wisp_project *project, wisp_error *err);

/* Loads the key in the file [path], relative to the project, or the one that is to be there.
 * As wisp_key_load. */
wisp_status wisp_project_key(wisp_project *project, const char *path, wisp_key *out,
                             wisp_error *err);

/* Loads the keys of the role or channel [name] that are at hand and can sign; others are passed
 * over. Wipe [out] with wisp_keyring_wipe, also on failure. */
wisp_status wisp_project_keys(wisp_project *project, const char *name, wisp_keyring *out,
                              wisp_error *err);

/* Writes the config as it is in memory. */
wisp_status wisp_project_save(wisp_project *project, wisp_error *err);

/*
 * Lets the config follow what devices trust: keys that the documents [root_before] and
 * [targets_before] list and [root] and [targets] do not are taken out of it, and it gets the
 * thresholds of these.
 */
wisp_status wisp_project_follow(wisp_project *project, const wisp_metadata *root_before,
                                const wisp_metadata *targets_before, const wisp_metadata *root,
                                const wisp_metadata *targets, wisp_error *err);

#endif
