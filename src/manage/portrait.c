#include "manage/portrait.h"

#include "base/text.h"
#include "manage/order.h"

const char *wisp_guest_state_name(wisp_guest_state state)
{
    switch (state) {
    case WISP_GUEST_STATE_EMPTY:
        return "empty";
    case WISP_GUEST_STATE_RUNNING:
        return "running";
    case WISP_GUEST_STATE_PROBATION:
        return "probation";
    case WISP_GUEST_STATE_PAUSED:
        return "paused";
    case WISP_GUEST_STATE_DOWN:
        return "down";
    }
    return "unknown";
}

static bool set_number(wisp_json *object, const char *key, uint64_t value)
{
    return wisp_json_set_number(object, key,
                                value < WISP_JSON_NUMBER_MAX ? value : WISP_JSON_NUMBER_MAX);
}

/* A text that a module or the program may have written. */
static bool set_text(wisp_json *object, const char *key, const char *text)
{
    char clean[WISP_ERROR_TEXT_MAX];
    wisp_text_copy(clean, sizeof clean, text);
    return wisp_json_set_string(object, key, clean);
}

static bool set_spread(wisp_json *object, const char *key, const wisp_spread *spread)
{
    wisp_json *child = wisp_json_new_object();
    return wisp_json_set(object, key, child) && set_number(child, "p50", spread->p50) &&
           set_number(child, "p99", spread->p99) && set_number(child, "max", spread->max);
}

static bool set_identity(wisp_json *object, const wisp_guest *guest,
                         const wisp_guest_status *status)
{
    char app_id[WISP_APP_ID_TEXT_SIZE];
    wisp_app_id_print(wisp_guest_app_id(guest), app_id);
    return set_text(object, "name", wisp_guest_name(guest)) &&
           set_number(object, "id", wisp_guest_id(guest)) &&
           wisp_json_set_string(object, "app_id", app_id) &&
           wisp_json_set_string(object, "state", wisp_guest_state_name(status->state)) &&
           set_number(object, "version", status->version) &&
           wisp_json_set_bool(object, "native", status->is_native) &&
           set_number(object, "entries_left", status->entries_left);
}

static bool set_managed(wisp_json *object, const wisp_managed *managed)
{
    return wisp_json_set_string(object, "sha256", managed->sha256) &&
           set_number(object, "module_size", managed->module_size) &&
           wisp_json_set_string(object, "last_event", managed->last) &&
           wisp_json_set_string(object, "reason", managed->reason);
}

static bool set_counters(wisp_json *object, const wisp_guest_status *status)
{
    bool made = true;
#define X(name) made = made && set_number(object, #name, status->name);
    WISP_GUEST_COUNTERS(X)
#undef X
    return made && set_spread(object, "fuel", &status->fuel) &&
           set_spread(object, "entry_ns", &status->entry_ns);
}

static bool set_shadow(wisp_json *object, const wisp_shadow_status *shadow)
{
    wisp_json *child = wisp_json_new_object();
    return wisp_json_set(object, "shadow", child) &&
           set_number(child, "entries", shadow->entries) &&
           set_number(child, "differences", shadow->differences) &&
           set_spread(child, "fuel", &shadow->fuel) &&
           set_spread(child, "shadow_fuel", &shadow->shadow_fuel) &&
           set_spread(child, "entry_ns", &shadow->ns) &&
           set_spread(child, "shadow_ns", &shadow->shadow_ns);
}

wisp_json *wisp_guest_portrait(const wisp_manager *manager, const wisp_guest *guest, bool is_full)
{
    wisp_guest_status status;
    wisp_shadow_status shadow;
    wisp_managed managed;
    wisp_guest_status_get(guest, &status);
    bool has_shadow = wisp_guest_shadow_status(guest, &shadow);
    bool is_managed = wisp_manager_look(manager, guest, &managed);
    wisp_json *object = wisp_json_new_object();
    if (set_identity(object, guest, &status) &&
        wisp_json_set_bool(object, "managed", is_managed) &&
        (!is_managed || set_managed(object, &managed)) &&
        (!is_full || set_counters(object, &status)) &&
        (!has_shadow || set_shadow(object, &shadow)) &&
        (!is_managed || !managed.shadow[0] ||
         wisp_json_set_string(object, "shadow_said", managed.shadow)))
        return object;
    wisp_json_free(object);
    return NULL;
}
