#ifndef TESTS_TUF_CLIENT_H
#define TESTS_TUF_CLIENT_H

#include "faulty_os.h"
#include "forge.h"
#include "tuf/workflow.h"

/* A client that asks a forge, with its store on a disk in memory. */

#define CLIENT_DIR "/client"

typedef struct client {
    faulty_os disk;
    wisp_folder store;
    forge *server;
    uint8_t *root; /* that it was shipped with */
    wisp_workflow_config config;
    wisp_workflow *workflow; /* NULL until it is needed */
    char log[8192];          /* what was asked for, one path a line */
    wisp_error err;
} client;

/* A client that was shipped with the present root version 1 of [server]. */
void client_init(client *c, forge *server);
void client_deinit(client *c);

/* Begins anew with what is stored, and what [config] says now. */
void client_restart(client *c);

/* Takes the phase that has begun with [status] to its end, or to where it wants [path]. */
wisp_status client_drive(client *c, wisp_status status);
wisp_status client_drive_to(client *c, wisp_status status, const char *path);

/* Each makes the workflow where it is missing, and takes its phase to the end. */
wisp_status client_refresh(client *c);
wisp_status client_seek(client *c, const char *target);

/* Fails the test unless [status] and the words of the error are as said. */
void client_expect(const client *c, wisp_status status, wisp_status expected, const char *words);

/* The stored document ("targets.json"); NULL if there is none. */
const faulty_bytes *client_stored(client *c, const char *file);

#endif
