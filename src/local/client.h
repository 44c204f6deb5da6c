#ifndef WISP_LOCAL_CLIENT_H
#define WISP_LOCAL_CLIENT_H

#include "trust/json.h"

/*
 * The other side of the socket: asks another process, and waits for the answer.
 *
 * Sends [request], with [payload] where it has one, to the socket at [path]. The caller's
 * *[answer] is what came back if it was done; if it was not, its status and words are the
 * failure's. WISP_NETWORK if nobody listens there, or the program hangs up or takes over
 * [timeout_ms] for a step; WISP_MALFORMED for what is no answer; WISP_UNSUPPORTED where there are
 * no such sockets.
 */
wisp_status wisp_local_ask(const char *path, const wisp_json *request, wisp_bytes payload,
                           uint32_t timeout_ms, wisp_json **answer, wisp_error *err);

#endif
