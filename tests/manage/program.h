#ifndef TESTS_MANAGE_PROGRAM_H
#define TESTS_MANAGE_PROGRAM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "manage/manager.h"
#include "ration.h"
#include "wire.h"

#include "../host/guests/commands.h"

/*
 * A program with a host, a manager and a socket in memory, whose clock and memory are the
 * test's. Its modules are those of tests/host/guests.
 */

typedef struct program {
    ration memory;
    wisp_allocator allocator; /* that draws on it */
    wisp_os os;
    uint64_t now_ns; /* what its clock says */
    wire wire;
    wisp_host *host;
    wisp_manager *manager;
    uint32_t heard_version; /* of the module that answered last */
    char events[1024];      /* names of events, as "started " */

    wisp_status verdict;      /* of accept */
    const char *verdict_text; /* and its words; NULL: none */
    unsigned asked;           /* calls of accept */
    wisp_manage_action asked_action;
    uint64_t asked_app_id;
    char asked_name[64], asked_sha256[65];
} program;

/* Makes [p] with a manager as [config] (may be NULL) says; handlers, clock, memory and socket are
 * filled in. */
void program_init(program *p, const wisp_manager_config *config);

/* The same in three steps, for what may fail: all but the manager; and that. */
void program_prepare(program *p);
wisp_status program_open(program *p, const wisp_manager_config *config, wisp_error *err);

/* Frees all, and fails if memory or a descriptor is left. */
void program_deinit(program *p);

/* The bytes of module [name], static. */
wisp_bytes program_module(const char *name);

/* wisp_manager_install, wisp_manager_swap of module [name] in guest "a"; they must give
 * [expected]. */
void program_install(program *p, const char *name, wisp_status expected);
void program_swap(program *p, const char *name, wisp_status expected);

/* A command of guests/commands.h to guest "a". */
wisp_status program_deliver(program *p, enum channel channel);

/* Steps the manager, [times] times. */
void program_step(program *p, int times);

/* Has [client] ask, steps, and gives the answer, which must come. */
const char *program_ask(program *p, wire_client *client, const char *json, wisp_bytes module);

#endif
