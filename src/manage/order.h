#ifndef WISP_MANAGE_ORDER_H
#define WISP_MANAGE_ORDER_H

#include <wisp/manage.h>

#include "trust/json.h"

/*
 * What a client asks of a manager: one command and what it is about. Read with limits by the
 * manager, written by the command `wisp host`.
 */

/* Name, its text, whether it is about one guest, and whether a module comes along. */
#define WISP_ORDERS(X)                                                                           \
    X(LIST, "list", false, false)                                                                \
    X(STAT, "stat", true, false)                                                                 \
    X(INSTALL, "install", true, true)                                                            \
    X(SWAP, "swap", true, true)                                                                  \
    X(SHADOW, "shadow", true, true)                                                              \
    X(SHADOW_END, "shadow-end", true, false)                                                     \
    X(REMOVE, "remove", true, false)

typedef enum wisp_order_kind {
#define X(name, text, has_guest, has_module) WISP_ORDER_##name,
    WISP_ORDERS(X)
#undef X
} wisp_order_kind;

typedef struct wisp_order {
    wisp_order_kind kind;
    char name[WISP_MANAGE_NAME_MAX + 1]; /* of the guest; "" for none */
    uint64_t app_id;                     /* INSTALL */
    uint64_t promote_after;              /* SHADOW, as in wisp_shadow_config */
    uint64_t differences_max;            /* likewise */
} wisp_order;

/* Reads [text], which a module of [module_size] bytes follows. WISP_MALFORMED for what is no
 * order, also for one that says more than is known here: it would not be done. */
wisp_status wisp_order_read(wisp_bytes text, uint64_t module_size, wisp_order *out,
                            wisp_error *err);

/* The JSON of [order]; NULL when out of memory. */
wisp_json *wisp_order_write(const wisp_order *order);

/* WISP_INVALID for what is no name of a guest. */
wisp_status wisp_manage_name_check(const char *name, wisp_error *err);

/* "0x" and 16 digits. */
#define WISP_APP_ID_TEXT_SIZE 19
void wisp_app_id_print(uint64_t app_id, char text[WISP_APP_ID_TEXT_SIZE]);

/* A number in decimal, or hexadecimal after "0x". False if [text] is none. */
bool wisp_app_id_parse(const char *text, uint64_t *out);

#endif
