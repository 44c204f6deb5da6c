#ifndef WISP_CLI_HOST_TABLE_H
#define WISP_CLI_HOST_TABLE_H

#include "manage/order.h"

/* What `wisp host` prints of the answers of a manager (docs/formats.md), for people. A member
 * that an older program does not tell counts as 0 or "". */

void host_print_list(const wisp_json *answer, const wisp_order *order);
void host_print_stat(const wisp_json *answer, const wisp_order *order);
void host_print_installed(const wisp_json *answer, const wisp_order *order);
void host_print_swapped(const wisp_json *answer, const wisp_order *order);
void host_print_shadowed(const wisp_json *answer, const wisp_order *order);
void host_print_shadow_ended(const wisp_json *answer, const wisp_order *order);
void host_print_removed(const wisp_json *answer, const wisp_order *order);

#endif
