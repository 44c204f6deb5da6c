#ifndef WISP_MANAGE_PERFORM_H
#define WISP_MANAGE_PERFORM_H

#include "manage/manager.h"
#include "manage/order.h"

/*
 * From an order to its answer (local/answer.h): docs/formats.md has the members. [text] is the
 * order as JSON, any bytes, and [module] what came along. NULL when out of memory.
 */
wisp_json *wisp_manage_perform(void *manager, wisp_bytes text, wisp_bytes module);

#endif
