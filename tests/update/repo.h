#ifndef TESTS_UPDATE_REPO_H
#define TESTS_UPDATE_REPO_H

#include "signer.h"
#include "trust/metadata.h"

#include <wisp/net.h>

/*
 * A repository in memory, signed with Ed25519 keys that are made from their names, and served
 * through a transport of its own. It does as it should until a test makes it hostile: by
 * changing a document before or after it is signed, by replacing files, or by changing what
 * the transport does with one.
 */

#define REPO_KEYS_MAX  4
#define REPO_FILES_MAX 400

typedef enum repo_manner {
    REPO_WHOLE,
    REPO_CUT,     /* ends after half of the bytes, and says that this was all */
    REPO_BROKEN,  /* the connection breaks after half of the bytes */
    REPO_STALLED, /* nothing comes after half of the bytes, until the transport has had enough */
    REPO_ENDLESS, /* goes on for ever, also beyond the size that was asked for */
    REPO_WITHOUT_RANGE, /* always sent from the first byte on */
    REPO_DEAD           /* the connection breaks before the first byte */
} repo_manner;

typedef struct repo_file {
    char path[160];
    uint8_t *data;
    size_t size;
    repo_manner manner;
} repo_file;

typedef struct repo repo;
typedef void repo_change(repo *r, wisp_role role, wisp_json *object);

struct repo {
    wisp_net net;
    repo_file files[REPO_FILES_MAX];
    size_t file_len;
    char log[16384]; /* the paths that were asked for, one a line */

    signer keys[WISP_ROLE_LEN][REPO_KEYS_MAX]; /* that root names */
    size_t key_len[WISP_ROLE_LEN];
    uint64_t threshold[WISP_ROLE_LEN];
    signer old_root[REPO_KEYS_MAX]; /* sign root too */
    size_t old_root_len;

    uint64_t version[WISP_ROLE_LEN];
    const char *expires[WISP_ROLE_LEN];
    bool consistent;
    bool lists_hashes; /* whether timestamp and snapshot give lengths and hashes */

    const char *target;
    uint64_t content_version;
    wisp_bytes content; /* borrowed from the test */
    /* Custom data of the target instead of the version alone: JSON with ' for ". NULL for none.
     */
    const char *custom;

    repo_change *before_signing; /* of "signed"; NULL for none */
    repo_change *after_signing;  /* of the whole document */
    bool is_dead;                /* no connection at all */
    void (*on_request)(repo *r, const char *path);
    void *context; /* of the test */
};

/* An honest repository at root version 1, with a root and nothing else. */
void repo_init(repo *r);
void repo_deinit(repo *r);

/* Makes the [n]-th key of [role]; another [generation] is another key. */
signer repo_make_key(wisp_role role, int n, int generation);

/* Replaces the only key of [role], signing root with the old ones too; writes root N+1. */
void repo_rotate(repo *r, wisp_role role, int generation);

/* Signs and writes one document in its present version. */
void repo_write(repo *r, wisp_role role);

/* Releases [content] under [version]: new targets, snapshot and timestamp. */
void repo_release(repo *r, uint64_t version, const char *content);
void repo_release_bytes(repo *r, uint64_t version, wisp_bytes content); /* borrowed */

/* New versions of the online documents, without a change in targets. */
void repo_refresh(repo *r);

wisp_bytes repo_get(const repo *r, const char *path);
void repo_put(repo *r, const char *path, wisp_bytes bytes);
void repo_remove(repo *r, const char *path);
repo_file *repo_find(repo *r, const char *path); /* NULL if there is none */
/* Puts [content] where modules of releases, or with ".delta" their deltas, are. */
void repo_put_content(repo *r, wisp_bytes content, const char *suffix);
/* The SHA-256 of [text] in digits; good until the fourth call after this one. */
const char *repo_hex(const char *text);
/* The path of the released content. */
const char *repo_content_path(const repo *r, char path[160]);

/* Copies all files from [from], as a thief does who replays them. */
void repo_replay(repo *r, const repo *from);

#endif
