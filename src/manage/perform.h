#ifndef WISP_MANAGE_PERFORM_H
#define WISP_MANAGE_PERFORM_H

#include "manage/manager.h"
#include "manage/order.h"

/*
 * From an order to its answer: a JSON object whose member "status" is a wisp_status by name, with
 * "error" in words where it is not "ok". docs/formats.md has the other members.
 */

/* Does what [order] says, with [module] where one came along. NULL when out of memory. */
wisp_json *wisp_manage_perform(wisp_manager *manager, const wisp_order *order, wisp_bytes module);

/* The answer that says that it failed. */
wisp_json *wisp_manage_failure(const wisp_error *err);

#endif
