#include "base/error.h"
#include "update/updater.h"

#define LOOK_NS UINT64_C(1000000000) /* between two looks */

/* The bans of this process stay: it has seen that content fail. */
static void take_bans(wisp_updater *u)
{
    wisp_bans theirs;
    wisp_update_failure list[WISP_UPDATE_BANS_MAX];
    if (wisp_bans_load(&u->dir, &theirs, NULL) != WISP_OK)
        return;
    uint32_t len = wisp_bans_list(&theirs, list);
    for (uint32_t i = 0; i < len; i++)
        wisp_bans_add(&u->bans, &list[i]);
}

/* What the other process has written since the last look, if it can be read. */
static void take_record(wisp_updater *u)
{
    wisp_record theirs;
    if (wisp_record_load(&u->dir, &theirs, NULL) != WISP_OK ||
        theirs.generation == u->record.generation ||
        !wisp_hash_equal(&theirs.target, &u->record.target))
        return;
    take_bans(u);
    u->record = theirs;
    wisp_updater_settle(u);
}

/* The folder is ours from now on, as if it had been opened now. */
static void take_over(wisp_updater *u)
{
    wisp_error err;
    u->is_follower = false;
    wisp_status loaded = wisp_updater_load(u, &err);
    if (loaded != WISP_OK)
        wisp_updater_note(u, err.text);
    u->is_writable = loaded == WISP_OK;
    wisp_updater_start(u);
}

static bool look(wisp_updater *u)
{
    uint64_t now = u->os->monotonic_ns(u->os->user);
    const wisp_hash before = wisp_updater_current(u)->hash;
    if (!wisp_updater_is_follower(u) || now - u->looked_at < LOOK_NS)
        return false;
    u->looked_at = now;
    if (wisp_folder_lock(&u->dir, "lock", &u->lock_fd, NULL) == WISP_OK) {
        take_over(u);
        return true;
    }
    take_record(u);
    return !wisp_hash_equal(&before, &wisp_updater_current(u)->hash);
}

/* Who has the folder is not kept waiting by a check that writes. */
bool wisp_updater_follow(wisp_updater *u)
{
    if (!wisp_updater_is_follower(u))
        return false;
    pthread_mutex_lock(&u->mutex);
    bool is_changed = look(u);
    pthread_mutex_unlock(&u->mutex);
    return is_changed;
}

bool wisp_updater_is_follower(const wisp_updater *u)
{
    return atomic_load_explicit(&u->is_follower, memory_order_relaxed);
}
