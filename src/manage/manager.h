#ifndef WISP_MANAGE_MANAGER_H
#define WISP_MANAGE_MANAGER_H

#include <wisp/manage.h>

#include "local/server.h"
#include "trust/crypto.h"

/* The insides of a manager, shared by the files of this folder. */

typedef struct wisp_managed_guest wisp_managed_guest;

/* A module that its guest may still need. */
typedef struct wisp_managed_module {
    struct wisp_managed_module *next;
    wisp_module *module;
    uint64_t size;
    char sha256[WISP_HASH_TEXT_SIZE];
    bool is_unused; /* to be freed when no handler is on the stack */
} wisp_managed_module;

struct wisp_managed_guest {
    wisp_managed_guest *next;
    wisp_manager *manager;
    wisp_guest *guest;
    wisp_managed_module *modules;
    wisp_guest_config theirs;         /* the program's handlers */
    wisp_shadow_config their_shadow;  /* those of the shadow under way */
    const wisp_module *shadow_module; /* what runs there, NULL if none */
    const char *last;
    char reason[WISP_ERROR_TEXT_MAX], shadow[WISP_ERROR_TEXT_MAX];
    char name[WISP_MANAGE_NAME_MAX + 1];
};

struct wisp_manager {
    wisp_manager_config config; /* without zeros that mean a default */
    const wisp_allocator *allocator;
    const wisp_os *os;
    wisp_managed_guest *guests; /* in the order in which they were installed */
    uint32_t guest_len;
    wisp_local_server *server; /* NULL without a socket */
};

/* wisp_manager_open with the system calls of a test. */
wisp_status wisp_manager_open_with(const wisp_manager_config *config,
                                   const wisp_socket_calls *calls, wisp_manager **out,
                                   wisp_error *err);

/* The guest [name]. WISP_NOT_FOUND, or WISP_INVALID for one that the manager did not install. */
wisp_status wisp_manager_find(const wisp_manager *manager, const char *name,
                              wisp_managed_guest **out, wisp_error *err);

#endif
