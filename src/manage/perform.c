#include "manage/perform.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/text.h"
#include "local/answer.h"
#include "manage/order.h"
#include "manage/portrait.h"

#include <string.h>

/* ------------------------------------------------------------------ answers */

/* [answer] with [child] in it, which is given away; NULL, with both freed, if that fails. */
static wisp_json *answer_with(wisp_json *answer, const char *key, wisp_json *child)
{
    if (child && wisp_json_set(answer, key, child))
        return answer;
    wisp_json_free(answer);
    return NULL;
}

/* ------------------------------------------------------------------ looking */

static wisp_json *list(const wisp_manager *manager)
{
    wisp_json *guests = wisp_json_new_array();
    wisp_json *answer = answer_with(wisp_answer_new(WISP_OK), "guests", guests);
    for (wisp_guest *it = NULL;
         answer && (it = wisp_host_next_guest(manager->config.host, it));) {
        wisp_json *portrait = wisp_guest_portrait(manager, it, false);
        if (portrait && wisp_json_append(guests, portrait))
            continue;
        wisp_json_free(answer);
        return NULL;
    }
    return answer;
}

/* The guest [name], whoever made it. */
static wisp_guest *find_any(const wisp_manager *manager, const char *name)
{
    wisp_guest *it = NULL;
    while ((it = wisp_host_next_guest(manager->config.host, it)))
        if (strcmp(wisp_guest_name(it), name) == 0)
            break;
    return it;
}

static wisp_json *tell(const wisp_manager *manager, const char *name, bool is_full)
{
    const wisp_guest *guest = find_any(manager, name);
    if (guest)
        return answer_with(wisp_answer_new(WISP_OK), "guest",
                           wisp_guest_portrait(manager, guest, is_full));
    wisp_error err;
    wisp_fail(&err, WISP_NOT_FOUND, "no guest '%s'", name);
    return wisp_answer_failure(&err);
}

/* ------------------------------------------------------------------ changing */

/* Whether the program wants to run [module], which came from outside. */
static wisp_status ask(const wisp_manager *manager, wisp_manage_action action,
                       const wisp_order *order, wisp_bytes module, wisp_error *err)
{
    const wisp_manager_config *config = &manager->config;
    wisp_hash hash;
    char sha256[WISP_HASH_TEXT_SIZE];
    if (!config->accept)
        return wisp_fail(err, WISP_UNTRUSTED,
                         "this program accepts no modules from outside: it has no accept");
    if (!wisp_sha256(module, &hash))
        return wisp_fail_memory(err, module.size);
    wisp_hex_print(hash.bytes, sizeof hash.bytes, sha256);
    *err = (wisp_error){.offset = WISP_NO_OFFSET}; /* it may find no words */
    const wisp_manage_request request = {.action = action,
                                         .name = order->name,
                                         .app_id = order->app_id,
                                         .module = module,
                                         .sha256 = sha256};
    wisp_status status = config->accept(config->user, &request, err);
    if (status != WISP_OK && !err->text[0])
        return wisp_fail(err, status, "the program does not accept this module");
    err->status = status;
    return status;
}

static wisp_status shadow(wisp_manager *manager, const wisp_order *order, wisp_bytes module,
                          wisp_error *err)
{
    const wisp_shadow_config config = {.promote_after = order->promote_after,
                                       .differences_max = order->differences_max};
    return wisp_manager_shadow(manager, order->name, module, &config, err);
}

/* Runs [module], once it was accepted. */
static wisp_status run(wisp_manager *manager, wisp_manage_action action, const wisp_order *order,
                       wisp_bytes module, wisp_error *err)
{
    wisp_status status = ask(manager, action, order, module, err);
    if (status != WISP_OK)
        return status;
    switch (action) {
    case WISP_MANAGE_INSTALL:
        return wisp_manager_install(manager, order->name, order->app_id, module, NULL, err);
    case WISP_MANAGE_SWAP:
        return wisp_manager_swap(manager, order->name, module, err);
    case WISP_MANAGE_SHADOW:
        return shadow(manager, order, module, err);
    }
    return wisp_fail(err, WISP_UNSUPPORTED, "no such action");
}

/* Orders that change something; the others change nothing. */
static wisp_status change(wisp_manager *manager, const wisp_order *order, wisp_bytes module,
                          wisp_error *err)
{
    switch (order->kind) {
    case WISP_ORDER_INSTALL:
        return run(manager, WISP_MANAGE_INSTALL, order, module, err);
    case WISP_ORDER_SWAP:
        return run(manager, WISP_MANAGE_SWAP, order, module, err);
    case WISP_ORDER_SHADOW:
        return run(manager, WISP_MANAGE_SHADOW, order, module, err);
    case WISP_ORDER_SHADOW_END:
        return wisp_manager_shadow_end(manager, order->name, err);
    case WISP_ORDER_REMOVE:
        return wisp_manager_remove(manager, order->name, err);
    case WISP_ORDER_LIST:
    case WISP_ORDER_STAT:
        break;
    }
    return WISP_OK;
}

static wisp_json *perform(wisp_manager *manager, const wisp_order *order, wisp_bytes module)
{
    wisp_error err;
    if (change(manager, order, module, &err) != WISP_OK)
        return wisp_answer_failure(&err);
    switch (order->kind) {
    case WISP_ORDER_LIST:
        return list(manager);
    case WISP_ORDER_REMOVE:
        return wisp_answer_new(WISP_OK);
    case WISP_ORDER_STAT:
    case WISP_ORDER_INSTALL:
    case WISP_ORDER_SWAP:
    case WISP_ORDER_SHADOW:
    case WISP_ORDER_SHADOW_END:
        break;
    }
    return tell(manager, order->name, order->kind == WISP_ORDER_STAT);
}

wisp_json *wisp_manage_perform(void *manager, wisp_bytes text, wisp_bytes module)
{
    wisp_order order;
    wisp_error err;
    if (wisp_order_read(text, module.size, &order, &err) != WISP_OK)
        return wisp_answer_failure(&err);
    return perform(manager, &order, module);
}
