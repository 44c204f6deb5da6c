#ifndef WISP_CLI_FLEET_INTAKE_H
#define WISP_CLI_FLEET_INTAKE_H

#include "fleet_db.h"

/*
 * Takes what devices POST: lets each peer in so often and no more, reads the body and stores it.
 * What it answers tells a device whether to keep its events: 204 they are on disk, 400 this body
 * will never be taken, 429 and 503 come again. One thread.
 */

#define FLEET_PEERS_MAX   512
#define FLEET_POSTS_BURST 60 /* that a peer may make at once … */
#define FLEET_POSTS_PER_S 20 /* … and a second, in the long run */
#define FLEET_RETRY_S     60 /* after a database that cannot store */

typedef struct fleet_peer {
    char name[48];
    uint64_t since_ns; /* when the bucket was last filled, on a clock that never goes back */
    uint32_t posts;    /* that are left in it */
} fleet_peer;

typedef struct fleet_intake {
    fleet_db *db;
    fleet_peer peers[FLEET_PEERS_MAX]; /* by hash; a newcomer takes the place */
    bool is_failing;                   /* which has been said */
} fleet_intake;

/* Lets one more POST of [peer] in at [now_ns], or not. */
bool fleet_intake_admit(fleet_intake *intake, const char *peer, uint64_t now_ns);

/* Takes [body] of [peer], and gives the status code of the answer, with the seconds after which
 * to come again where that applies. */
unsigned fleet_intake_take(fleet_intake *intake, const char *peer, wisp_bytes body,
                           unsigned *retry_after_s);

#endif
