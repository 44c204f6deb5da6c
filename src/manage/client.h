#ifndef WISP_MANAGE_CLIENT_H
#define WISP_MANAGE_CLIENT_H

#include "manage/order.h"

/*
 * The other side of the socket: asks the manager of another process, and waits for the answer.
 *
 * Sends [order], with [module] where it has one, to the socket at [path]. The caller's *[answer]
 * is what came back if the manager did it; if it did not, its status and words are the failure's.
 * WISP_NETWORK if nobody listens there, or the manager hangs up or takes over [timeout_ms] for a
 * step; WISP_MALFORMED for what is no answer; WISP_UNSUPPORTED where there are no such sockets.
 */
wisp_status wisp_manage_ask(const char *path, const wisp_order *order, wisp_bytes module,
                            uint32_t timeout_ms, wisp_json **answer, wisp_error *err);

#endif
