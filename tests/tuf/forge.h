#ifndef TESTS_TUF_FORGE_H
#define TESTS_TUF_FORGE_H

#include "trust/metadata.h"

/*
 * A publisher in memory with any graph of delegations: what it publishes is signed with Ed25519
 * keys that are made from their names. It does as it should, until a test has it do otherwise.
 */

#define FORGE_ROLES_MAX 80
#define FORGE_FILES_MAX 512
#define FORGE_EXPIRES   "2040-01-01T00:00:00Z"

/* A role that signs targets. */
typedef struct forge_role {
    char name[160];
    const char *key;        /* its name; that of the role unless a test changes it */
    const char *second_key; /* signs too; NULL for none */
    const char *expires;
    uint64_t version;
    wisp_json *targets;     /* path -> what is said of it */
    wisp_json *delegations; /* NULL for none */
    bool is_unlisted;       /* the snapshot does not speak of it */
} forge_role;

typedef struct forge_file {
    char path[512];
    uint8_t *data;
    size_t size;
} forge_file;

typedef struct forge {
    forge_role roles[FORGE_ROLES_MAX]; /* the first is "targets" */
    size_t role_len;
    const char *keys[WISP_ROLE_LEN]; /* of the top-level roles; [TARGETS] is roles[0].key's */
    const char *old_root_key;        /* signs root too; NULL for none */
    const char *expires[WISP_ROLE_LEN];
    uint64_t versions[WISP_ROLE_LEN];
    bool is_consistent;
    bool lists_hashes; /* lengths and hashes in timestamp and snapshot */
    forge_file files[FORGE_FILES_MAX];
    size_t file_len;
} forge;

/* A publisher with root version 1, and nothing else published. */
void forge_init(forge *f);
void forge_deinit(forge *f);

/* The role [name], made where missing. */
forge_role *forge_role_of(forge *f, const char *name);

/* Says in [role] that the target [path] is [content]. */
void forge_target(forge *f, const char *role, const char *path, const char *content);

/* How [from] delegates to [to]: zero means the default in brackets. */
typedef struct forge_terms {
    const char *field;      /* ["paths"] */
    const char *pattern;    /* its only item ["*"] */
    const char *key;        /* that may sign [the role's] */
    const char *second_key; /* must sign as well [none] */
    bool is_terminating;
} forge_terms;

void forge_delegate(forge *f, const char *from, const char *to, forge_terms terms);

/* Has [from] delegate to hash bins, of which none is made yet. */
void forge_bins(forge *f, const char *from, uint64_t bit_length, const char *prefix);

/* Signs the document of one role, under its present version. */
void forge_sign_root(forge *f);
void forge_sign_role(forge *f, const char *name);
void forge_sign_snapshot(forge *f);
void forge_sign_timestamp(forge *f);

/* New versions of snapshot and timestamp; and of all targets before them. */
void forge_refresh(forge *f);
void forge_publish(forge *f);

/* Signs [body] with the key of that name, as a document: freed with wisp_json_text_free. */
char *forge_sign(wisp_json *body, const char *const *keys, size_t key_len, size_t *size);

void forge_put(forge *f, const char *path, wisp_bytes bytes);
forge_file *forge_find(forge *f, const char *path); /* NULL if there is none */
void forge_remove(forge *f, const char *path);

#endif
