#ifndef WISP_UPDATE_RECEIVE_H
#define WISP_UPDATE_RECEIVE_H

#include "update/part.h"

#include <wisp/net.h>

/*
 * One file from the server to disk, in constant memory, going on where an earlier download broke
 * off. The server is not believed: whatever it makes of the request for the rest (all of the
 * file, "no such byte", other bytes, too many, too few), the file has the hash that was signed in
 * the end, or is thrown away; and it is begun anew once at most.
 *
 *     wisp_receive_begin(&receive, net, &file, &err);
 *     while ((status = wisp_receive_step(&receive, 100, &err)) == WISP_BUSY)
 *         …
 *     if (status == WISP_OK)
 *         wisp_part_keep(&receive.part, &err);   // or read it, and discard it
 *     wisp_receive_end(&receive);
 *
 * One thread at a time.
 */

#define WISP_RECEIVE_URL_SIZE 2048

/* What is to be received. */
typedef struct wisp_receive_file {
    const wisp_folder *folder;
    const char *url;
    const char *name; /* that errors call it; borrowed */
    wisp_hash hash;
    uint64_t size;
} wisp_receive_file;

typedef struct wisp_receive {
    const wisp_net *net;
    const char *name;
    wisp_part part;
    char url[WISP_RECEIVE_URL_SIZE];
    wisp_net_request request;
    void *transfer; /* NULL: none under way */
    bool is_recalled;
    bool is_resumed;    /* what is there began with bytes of an earlier time */
    bool is_anew;       /* it was begun anew */
    wisp_status status; /* why a callback said no, and ... */
    wisp_error why;     /* ... its words */
    uint64_t bytes_fetched;
    uint32_t retry_after_s; /* that the server asked for; 0: it did not */
} wisp_receive;

/* [receive] must stay where it is until wisp_receive_end, which is due in any case. WISP_INVALID
 * for a URL that is too long, WISP_IO, WISP_NO_MEMORY. */
wisp_status wisp_receive_begin(wisp_receive *receive, const wisp_net *net,
                               const wisp_receive_file *file, wisp_error *err);

/*
 * Goes on, waiting at most about [wait_ms]; WISP_BUSY if there is more to do. WISP_OK: [part] is
 * finished, and open. WISP_UNTRUSTED: the server has something else under this name, and the part
 * is gone. WISP_NETWORK and WISP_NOT_FOUND: what has come stays for the next time, as it does
 * with WISP_IO and WISP_NO_MEMORY.
 */
wisp_status wisp_receive_step(wisp_receive *receive, uint32_t wait_ms, wisp_error *err);

/* Breaks it off if it has not ended. */
void wisp_receive_end(wisp_receive *receive);

#endif
