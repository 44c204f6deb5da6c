#ifndef WISP_LIVE_PATCH_ORDERS_H
#define WISP_LIVE_PATCH_ORDERS_H

#include "trust/json.h"

/*
 * What is asked of patches over their socket: {"command": "try"} with the patch as the payload,
 * {"command": "end"} and {"command": "stat"}. docs/formats.md has the answers. [text] and [patch]
 * are any bytes. NULL when out of memory.
 */
wisp_json *wisp_patch_order_perform(void *patches, wisp_bytes text, wisp_bytes patch);

#endif
