#include "manage/manager.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/text.h"
#include "manage/order.h"
#include "manage/perform.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ the guest's handlers */

static void forward_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    const wisp_guest_config *to = &((wisp_managed_guest *)user)->theirs;
    to->on_message(to->user, guest, channel, bytes);
}

static void forward_log(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                        size_t size)
{
    const wisp_guest_config *to = &((wisp_managed_guest *)user)->theirs;
    to->on_log(to->user, guest, level, text, size);
}

static wisp_status forward_link(void *user, wisp_linker *linker, wisp_error *err)
{
    const wisp_guest_config *to = &((wisp_managed_guest *)user)->theirs;
    return to->on_link(to->user, linker, err);
}

static void note_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    wisp_managed_guest *managed = user;
    managed->last = wisp_guest_event_name(event->kind);
    if (event->reason[0])
        wisp_text_copy(managed->reason, sizeof managed->reason, event->reason);
    const wisp_guest_config *to = &managed->theirs;
    if (to->on_event)
        to->on_event(to->user, guest, event);
}

/* Modules are freed by sweep: here the one that is no longer needed may be on the stack. */
static void note_unused(wisp_managed_guest *managed, const wisp_module *module)
{
    for (wisp_managed_module *it = managed->modules; it; it = it->next)
        it->is_unused |= it->module == module;
}

static void on_unused(void *user, wisp_guest *guest, const wisp_module *module)
{
    (void)guest;
    note_unused(user, module);
}

static void note_difference(void *user, wisp_guest *guest,
                            const wisp_shadow_difference *difference)
{
    wisp_managed_guest *managed = user;
    if (!managed->shadow[0]) {
        char words[WISP_ERROR_TEXT_MAX];
        snprintf(words, sizeof words,
                 "entry %" PRIu64 ", %s %" PRIu32 ": %s; fuel %" PRIu64
                 ", of the shadow %" PRIu64,
                 difference->entry, difference->kind, difference->channel, difference->text,
                 difference->fuel, difference->shadow_fuel);
        wisp_text_copy(managed->shadow, sizeof managed->shadow, words);
    }
    const wisp_shadow_config *to = &managed->their_shadow;
    if (to->on_difference)
        to->on_difference(to->user, guest, difference);
}

static void note_shadow_end(void *user, wisp_guest *guest, bool promoted, const char *reason)
{
    wisp_managed_guest *managed = user;
    if (!promoted && managed->shadow_module != wisp_guest_module(guest))
        note_unused(managed, managed->shadow_module);
    managed->shadow_module = NULL;
    if (!managed->shadow[0])
        wisp_text_copy(managed->shadow, sizeof managed->shadow, promoted ? "promoted" : reason);
    const wisp_shadow_config *to = &managed->their_shadow;
    if (to->on_end)
        to->on_end(to->user, guest, promoted, reason);
}

/* ------------------------------------------------------------------ modules */

static void free_module(const wisp_manager *manager, wisp_managed_module *module)
{
    wisp_module_free(module->module);
    wisp_free(manager->allocator, module, sizeof *module);
}

static void sweep_guest(wisp_managed_guest *managed)
{
    for (wisp_managed_module **at = &managed->modules; *at;) {
        wisp_managed_module *module = *at;
        if (!module->is_unused) {
            at = &module->next;
            continue;
        }
        *at = module->next;
        free_module(managed->manager, module);
    }
}

/* Frees the modules that nothing runs any more. */
static void sweep(wisp_manager *manager)
{
    for (wisp_managed_guest *managed = manager->guests; managed; managed = managed->next)
        sweep_guest(managed);
}

/* Loads the module of [bytes] for [managed], which holds it from then on. */
static wisp_status load(wisp_managed_guest *managed, wisp_bytes bytes, wisp_managed_module **out,
                        wisp_error *err)
{
    wisp_manager *manager = managed->manager;
    wisp_hash hash;
    if (bytes.size > manager->config.module_size_max)
        return wisp_fail(err, WISP_LIMIT, "a module of %zu bytes, expected at most %u",
                         bytes.size, (unsigned)manager->config.module_size_max);
    wisp_managed_module *module = wisp_alloc(manager->allocator, 1, sizeof *module);
    if (!module || !wisp_sha256(bytes, &hash)) {
        wisp_free(manager->allocator, module, sizeof *module);
        return wisp_fail_memory(err, sizeof *module);
    }
    wisp_status status = wisp_module_new(manager->allocator, bytes, &module->module, err);
    if (status != WISP_OK) {
        wisp_free(manager->allocator, module, sizeof *module);
        return status;
    }
    module->size = bytes.size;
    wisp_hex_print(hash.bytes, sizeof hash.bytes, module->sha256);
    module->next = managed->modules;
    managed->modules = module;
    *out = module;
    return WISP_OK;
}

/* ------------------------------------------------------------------ guests */

wisp_status wisp_manager_find(const wisp_manager *manager, const char *name,
                              wisp_managed_guest **out, wisp_error *err)
{
    for (*out = manager->guests; *out; *out = (*out)->next)
        if (strcmp((*out)->name, name) == 0)
            return WISP_OK;
    for (wisp_guest *it = NULL; (it = wisp_host_next_guest(manager->config.host, it));)
        if (strcmp(wisp_guest_name(it), name) == 0)
            return wisp_fail(err, WISP_INVALID, "guest '%s' is the program's own to change",
                             name);
    return wisp_fail(err, WISP_NOT_FOUND, "no guest '%.80s'", name);
}

static wisp_managed_guest *find_by_guest(const wisp_manager *manager, const wisp_guest *guest)
{
    wisp_managed_guest *it = manager->guests;
    while (it && it->guest != guest)
        it = it->next;
    return it;
}

/* The name is free, and there is room for one more. */
static wisp_status check_new(const wisp_manager *manager, const char *name, wisp_error *err)
{
    wisp_status status = wisp_manage_name_check(name, err);
    if (status != WISP_OK)
        return status;
    for (wisp_guest *it = NULL; (it = wisp_host_next_guest(manager->config.host, it));)
        if (strcmp(wisp_guest_name(it), name) == 0)
            return wisp_fail(err, WISP_INVALID, "there is a guest '%s' already", name);
    if (manager->guest_len >= manager->config.guests_max)
        return wisp_fail(err, WISP_LIMIT, "%u guests, which is as many as may be",
                         (unsigned)manager->guest_len);
    return WISP_OK;
}

/* The config of a new guest, with our handlers in the place of the program's. */
static wisp_status make_config(wisp_managed_guest *managed, uint64_t app_id,
                               wisp_guest_config *out, wisp_error *err)
{
    const wisp_manager_config *config = &managed->manager->config;
    managed->theirs = config->guest;
    managed->theirs.name = managed->name;
    managed->theirs.app_id = app_id;
    wisp_status status =
        config->configure ? config->configure(config->user, &managed->theirs, err) : WISP_OK;
    *out = managed->theirs;
    out->name = managed->name;
    out->app_id = app_id;
    out->on_message = out->on_message ? forward_message : NULL;
    out->on_log = out->on_log ? forward_log : NULL;
    out->on_link = out->on_link ? forward_link : NULL;
    out->on_event = note_event;
    out->on_unused = on_unused;
    out->user = managed;
    return status;
}

static void append(wisp_manager *manager, wisp_managed_guest *managed)
{
    wisp_managed_guest **end = &manager->guests;
    while (*end)
        end = &(*end)->next;
    *end = managed;
    manager->guest_len++;
}

/* Frees [managed], which is on no list, with its guest and modules. */
static void destroy(wisp_managed_guest *managed)
{
    wisp_guest_free(managed->guest);
    for (wisp_managed_module *it; (it = managed->modules);) {
        managed->modules = it->next;
        free_module(managed->manager, it);
    }
    wisp_free(managed->manager->allocator, managed, sizeof *managed);
}

static wisp_status make_guest(wisp_manager *manager, const char *name, uint64_t app_id,
                              wisp_managed_guest **out, wisp_error *err)
{
    wisp_guest_config config;
    wisp_status status = check_new(manager, name, err);
    if (status != WISP_OK)
        return status;
    wisp_managed_guest *managed = wisp_alloc(manager->allocator, 1, sizeof *managed);
    if (!managed)
        return wisp_fail_memory(err, sizeof *managed);
    managed->manager = manager;
    managed->last = "";
    memcpy(managed->name, name, strlen(name) + 1);
    status = make_config(managed, app_id, &config, err);
    if (status == WISP_OK)
        status = wisp_guest_new(manager->config.host, &config, &managed->guest, err);
    if (status != WISP_OK) {
        destroy(managed);
        return status;
    }
    *out = managed;
    return WISP_OK;
}

/* ------------------------------------------------------------------ changing */

/* Keeps [managed] if its module was started, and frees it otherwise. */
static wisp_status keep_if(wisp_status status, wisp_managed_guest *managed, wisp_guest **out)
{
    if (status != WISP_OK) {
        destroy(managed);
        return status;
    }
    append(managed->manager, managed);
    if (out)
        *out = managed->guest;
    return WISP_OK;
}

wisp_status wisp_manager_install(wisp_manager *manager, const char *name, uint64_t app_id,
                                 wisp_bytes bytes, wisp_guest **out, wisp_error *err)
{
    wisp_managed_guest *managed;
    wisp_managed_module *module;
    wisp_status status = make_guest(manager, name, app_id, &managed, err);
    if (status != WISP_OK)
        return status;
    status = load(managed, bytes, &module, err);
    if (status == WISP_OK)
        status = wisp_guest_start(managed->guest, module->module, err);
    return keep_if(status, managed, out);
}

wisp_status wisp_manager_install_native(wisp_manager *manager, const char *name, uint64_t app_id,
                                        const wisp_native *native, wisp_guest **out,
                                        wisp_error *err)
{
    wisp_managed_guest *managed;
    wisp_status status = make_guest(manager, name, app_id, &managed, err);
    if (status != WISP_OK)
        return status;
    status = wisp_guest_start_native(managed->guest, native, err);
    return keep_if(status, managed, out);
}

/* A guest that runs nothing has nothing that it could go back to: it starts. */
static wisp_status swap_or_start(wisp_guest *guest, const wisp_module *module, wisp_error *err)
{
    wisp_guest_status status;
    wisp_guest_status_get(guest, &status);
    bool is_running =
        status.state == WISP_GUEST_STATE_RUNNING || status.state == WISP_GUEST_STATE_PROBATION;
    return is_running ? wisp_guest_swap(guest, module, err)
                      : wisp_guest_start(guest, module, err);
}

wisp_status wisp_manager_swap(wisp_manager *manager, const char *name, wisp_bytes bytes,
                              wisp_error *err)
{
    wisp_managed_module *module;
    wisp_managed_guest *managed;
    wisp_status status = wisp_manager_find(manager, name, &managed, err);
    if (status != WISP_OK)
        return status;
    status = load(managed, bytes, &module, err);
    if (status != WISP_OK)
        return status;
    status = swap_or_start(managed->guest, module->module, err);
    module->is_unused |= status != WISP_OK;
    sweep(manager);
    return status;
}

/* What runs in [managed], if its bytes are those of [module]: then the shadow can begin as a copy
 * of its memory. Else [module]. */
static wisp_managed_module *same_as_running(wisp_managed_guest *managed,
                                            wisp_managed_module *module)
{
    const wisp_module *running = wisp_guest_module(managed->guest);
    for (wisp_managed_module *it = managed->modules; it; it = it->next)
        if (it->module == running && strcmp(it->sha256, module->sha256) == 0)
            return it;
    return module;
}

static wisp_status begin_shadow(wisp_managed_guest *managed, const wisp_module *module,
                                const wisp_shadow_config *config, wisp_error *err)
{
    wisp_shadow_config ours = config ? *config : (wisp_shadow_config){0};
    managed->their_shadow = ours;
    managed->shadow[0] = '\0';
    managed->shadow_module = module;
    ours.on_difference = note_difference;
    ours.on_end = note_shadow_end;
    ours.user = managed;
    return wisp_guest_shadow(managed->guest, module, &ours, err);
}

wisp_status wisp_manager_shadow(wisp_manager *manager, const char *name, wisp_bytes bytes,
                                const wisp_shadow_config *config, wisp_error *err)
{
    wisp_managed_module *module;
    wisp_managed_guest *managed;
    wisp_status status = wisp_manager_find(manager, name, &managed, err);
    if (status != WISP_OK)
        return status;
    if (managed->shadow_module)
        return wisp_fail(err, WISP_INVALID, "guest '%s' has a shadow already", name);
    status = load(managed, bytes, &module, err);
    if (status != WISP_OK)
        return status;
    wisp_managed_module *candidate = same_as_running(managed, module);
    status = begin_shadow(managed, candidate->module, config, err);
    module->is_unused = status != WISP_OK || candidate != module;
    if (status != WISP_OK)
        managed->shadow_module = NULL;
    sweep(manager);
    return status;
}

wisp_status wisp_manager_shadow_end(wisp_manager *manager, const char *name, wisp_error *err)
{
    wisp_managed_guest *managed;
    wisp_status status = wisp_manager_find(manager, name, &managed, err);
    if (status != WISP_OK)
        return status;
    if (!managed->shadow_module)
        return wisp_fail(err, WISP_INVALID, "guest '%s' has no shadow", name);
    wisp_guest_shadow_end(managed->guest);
    sweep(manager);
    return WISP_OK;
}

wisp_status wisp_manager_remove(wisp_manager *manager, const char *name, wisp_error *err)
{
    wisp_managed_guest *managed;
    wisp_status status = wisp_manager_find(manager, name, &managed, err);
    if (status != WISP_OK)
        return status;
    wisp_managed_guest **at = &manager->guests;
    while (*at != managed)
        at = &(*at)->next;
    *at = managed->next;
    manager->guest_len--;
    destroy(managed);
    return WISP_OK;
}

/* ------------------------------------------------------------------ looking */

wisp_guest *wisp_manager_guest(const wisp_manager *manager, const char *name)
{
    wisp_managed_guest *managed;
    return wisp_manager_find(manager, name, &managed, NULL) ? NULL : managed->guest;
}

bool wisp_manager_look(const wisp_manager *manager, const wisp_guest *guest, wisp_managed *out)
{
    const wisp_managed_guest *managed = find_by_guest(manager, guest);
    if (!managed)
        return false;
    *out = (wisp_managed){.sha256 = "",
                          .last = managed->last,
                          .reason = managed->reason,
                          .shadow = managed->shadow};
    const wisp_module *running = wisp_guest_module(guest);
    for (const wisp_managed_module *it = managed->modules; it; it = it->next) {
        if (it->module == running) {
            out->sha256 = it->sha256;
            out->module_size = it->size;
        }
    }
    return true;
}

const char *wisp_manage_action_name(wisp_manage_action action)
{
    switch (action) {
#define X(name, text)                                                                            \
    case WISP_MANAGE_##name:                                                                     \
        return text;
        WISP_MANAGE_ACTIONS(X)
#undef X
    }
    return "unknown";
}

/* ------------------------------------------------------------------ life */

static void default_to(uint32_t *value, uint32_t if_zero)
{
    if (*value == 0)
        *value = if_zero;
}

static wisp_status listen(wisp_manager *manager, const wisp_socket_calls *calls, wisp_error *err)
{
    const wisp_manager_config *config = &manager->config;
    wisp_local_service service = {.allocator = manager->allocator,
                                  .os = manager->os,
                                  .calls = calls,
                                  .path = config->socket,
                                  .clients_max = config->clients_max,
                                  .timeout_ms = config->timeout_ms,
                                  .payload_size_max = config->module_size_max,
                                  .perform = wisp_manage_perform,
                                  .user = manager};
    return wisp_local_server_open(&service, &manager->server, err);
}

wisp_status wisp_manager_open_with(const wisp_manager_config *config,
                                   const wisp_socket_calls *calls, wisp_manager **out,
                                   wisp_error *err)
{
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_manager *manager = wisp_alloc(allocator, 1, sizeof *manager);
    if (!manager)
        return wisp_fail_memory(err, sizeof *manager);
    manager->config = *config;
    manager->allocator = allocator;
    manager->os = config->os ? config->os : wisp_os_posix();
    default_to(&manager->config.guests_max, 64);
    default_to(&manager->config.module_size_max, 16u << 20);
    default_to(&manager->config.clients_max, 4);
    default_to(&manager->config.timeout_ms, 10000);
    if (config->socket) {
        wisp_status status = listen(manager, calls, err);
        if (status != WISP_OK) {
            wisp_manager_close(manager);
            return status;
        }
    }
    *out = manager;
    return WISP_OK;
}

wisp_status wisp_manager_open(const wisp_manager_config *config, wisp_manager **out,
                              wisp_error *err)
{
    return wisp_manager_open_with(config, wisp_socket_calls_local(), out, err);
}

void wisp_manager_close(wisp_manager *manager)
{
    if (!manager)
        return;
    wisp_local_server_close(manager->server);
    for (wisp_managed_guest *it; (it = manager->guests);) {
        manager->guests = it->next;
        destroy(it);
    }
    wisp_free(manager->allocator, manager, sizeof *manager);
}

int wisp_manager_fd(const wisp_manager *manager)
{
    return manager->server ? wisp_local_server_fd(manager->server) : -1;
}

uint64_t wisp_manager_next_ns(const wisp_manager *manager)
{
    return manager->server ? wisp_local_server_next_ns(manager->server) : UINT64_MAX;
}

void wisp_manager_step(wisp_manager *manager)
{
    if (manager->server)
        wisp_local_server_step(manager->server);
    sweep(manager);
}
