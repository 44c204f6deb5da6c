#include "device.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Thousands of random releases, rollbacks, pauses, floors and lifted bans, on devices that check,
 * start, crash, lose power in the middle of anything and have their clocks set, against a model
 * that is simple enough to be believed: it has no disk, so what it does is done.
 *
 * Where a call is cut off, the device must be in one of the states that the model went through
 * in it, and goes on from there.
 *
 *     test_soak [RELEASES [SEED]]     more than the usual 10,000, or others
 */

#define DEVICE_LEN   6
#define CONTENT_LEN  400
#define LAST_CONTENT (CONTENT_LEN - 1) /* what all devices get in the end */
#define OFFER_LEN    8                 /* releases that the publisher lists */
#define ATTEMPTS_MAX 3

/* --- chance ------------------------------------------------------------------------------ */

static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return (uint32_t)(chance_state >> 33) % below;
}

static bool one_in(uint32_t n)
{
    return chance(n) == 0;
}

/* --- the publisher ----------------------------------------------------------------------- */

/* What content does is its nature. Number 0 is embedded in the program. */
typedef enum nature { WORKS, FAILS, CRASHES } nature;

static char contents[CONTENT_LEN][24];
static nature natures[CONTENT_LEN];
static int content_len;

typedef struct offer {
    uint64_t version;
    int content;
    bool is_paused;
    uint32_t share; /* of a hundred devices */
} offer;

/* What the publisher says now. */
static offer offers[OFFER_LEN]; /* newest first */
static int offer_len;
static uint64_t sequence, publisher_floor;
static int lifted; /* content; -1 for none */

static void begin_publishing(void)
{
    content_len = 1;
    strcpy(contents[0], DEVICE_BASE);
    natures[0] = WORKS;
    offer_len = 0;
    sequence = 1;
    publisher_floor = 0;
    lifted = -1;
}

/* New content most of the time; when there is no more room, and now and then, some that was. */
static int choose_content(void)
{
    if (content_len == LAST_CONTENT || one_in(4))
        return (int)chance((uint32_t)content_len);
    snprintf(contents[content_len], sizeof contents[0], "module %d", content_len);
    natures[content_len] = one_in(3) ? (one_in(2) ? FAILS : CRASHES) : WORKS;
    return content_len++;
}

static void publish_release(void)
{
    memmove(offers + 1, offers, (OFFER_LEN - 1) * sizeof *offers);
    offer_len += offer_len < OFFER_LEN;
    offers[0] = (offer){.version = ++sequence,
                        .content = choose_content(),
                        .share = one_in(2) ? 100 : chance(100)};
}

/* Changes something else that is said; each change has a number of its own. */
static void change_offers(void)
{
    sequence++;
    switch (chance(4)) {
    case 0:
        offers[chance((uint32_t)offer_len)].is_paused ^= true;
        break;
    case 1:
        publisher_floor = one_in(3) ? offers[chance((uint32_t)offer_len)].version : 0;
        break;
    case 2:
        lifted = one_in(3) ? -1 : (int)chance((uint32_t)content_len);
        break;
    default:
        offers[chance((uint32_t)offer_len)].share = 100;
        break;
    }
}

/* --- the model of a device --------------------------------------------------------------- */

typedef struct slot {
    bool is_set;
    uint64_t version;
    int content;
    uint32_t attempts;
} slot;

typedef struct model {
    slot good, candidate;
    bool is_on_trial;                        /* the candidate runs */
    int bans[WISP_UPDATE_BANS_MAX], ban_len; /* oldest first */
    uint64_t sequence, floor;
    int lifted;
} model;

/* The states that a device goes through in one call, the one before it included. */
static model steps[8];
static int step_len;

static model *next_step(void)
{
    assert_true(step_len < 8);
    steps[step_len] = steps[step_len - 1];
    return &steps[step_len++];
}

static int find_ban(const model *m, int content)
{
    for (int i = 0; i < m->ban_len; i++)
        if (m->bans[i] == content)
            return i;
    return -1;
}

static void remove_ban(model *m, int at)
{
    memmove(m->bans + at, m->bans + at + 1, (size_t)(--m->ban_len - at) * sizeof *m->bans);
}

/* Where there is no room the oldest ban is written over, and may be gone before the new one is
 * there. */
static void ban(int content)
{
    model *m = next_step();
    if (m->ban_len == WISP_UPDATE_BANS_MAX)
        remove_ban(m, 0);
    m = next_step();
    m->bans[m->ban_len++] = content;
    m = next_step();
    if (m->candidate.is_set && m->candidate.content == content)
        m->candidate.is_set = m->is_on_trial = false;
    if (m->good.is_set && m->good.content == content)
        m->good.is_set = false;
}

static void model_heed(void)
{
    model *m = next_step();
    if (lifted >= 0 && lifted != m->lifted && find_ban(m, lifted) >= 0)
        remove_ban(m, find_ban(m, lifted));
    m = next_step();
    m->lifted = lifted;
    m->sequence = sequence;
    m->floor = publisher_floor;
    if (m->good.version < m->floor)
        m->good.is_set = false;
    if (m->candidate.version < m->floor)
        m->candidate.is_set = m->is_on_trial = false;
}

static void model_confirm(const offer *o)
{
    model *m = next_step();
    bool is_candidate = m->candidate.is_set && m->candidate.content == o->content;
    if (m->good.is_set && m->good.content == o->content && m->good.version < o->version)
        m->good.version = o->version;
    else if (is_candidate && m->candidate.version < o->version)
        m->candidate.version = o->version;
    if (m->candidate.is_set && !is_candidate && !m->is_on_trial &&
        m->candidate.version < o->version)
        m->candidate.is_set = false;
}

static bool is_here(const model *m, int content)
{
    return (m->good.is_set ? m->good.content : 0) == content ||
           (m->candidate.is_set && m->candidate.content == content);
}

static void model_take(const offer *o)
{
    const model *now = &steps[step_len - 1];
    if (is_here(now, o->content)) {
        model_confirm(o);
    } else if (!now->is_on_trial) {
        model *m = next_step();
        m->candidate = (slot){true, o->version, o->content, 0};
    }
}

/* A new process: what was on trial waits, or has used up its attempts. */
static void model_open(void)
{
    steps[step_len - 1].is_on_trial = false;
    const model *m = &steps[step_len - 1];
    if (m->candidate.is_set && m->candidate.attempts >= ATTEMPTS_MAX)
        ban(m->candidate.content);
}

static void model_acquire(void)
{
    const model *now = &steps[step_len - 1];
    if (!now->candidate.is_set)
        return;
    if (now->candidate.attempts >= ATTEMPTS_MAX) {
        ban(now->candidate.content);
    } else {
        model *m = next_step();
        m->candidate.attempts++;
        m->is_on_trial = true;
    }
}

static void model_commit(void)
{
    model *m = next_step();
    m->good = m->candidate;
    m->candidate.is_set = m->is_on_trial = false;
}

/* --- a device ---------------------------------------------------------------------------- */

typedef struct world {
    device device;
    model model;
    int number;
} world;

static world worlds[DEVICE_LEN];
static uint64_t calls, cuts; /* what was done, and how often it was cut off */

static bool is_slot(const slot *s, const wisp_update_entry *entry)
{
    if (!s->is_set)
        return entry->state == WISP_STATE_EMPTY;
    wisp_hash hash = device_hash(contents[s->content]);
    return entry->state != WISP_STATE_EMPTY && entry->version == s->version &&
           memcmp(&entry->hash, &hash, sizeof hash) == 0;
}

static bool is_like(const model *m, const wisp_update_status *status)
{
    if (!is_slot(&m->good, &status->good) || !is_slot(&m->candidate, &status->candidate) ||
        (m->candidate.is_set && m->candidate.attempts != status->candidate.attempts) ||
        (m->candidate.is_set && m->is_on_trial) !=
            (status->candidate.state == WISP_STATE_TRIAL) ||
        m->ban_len != (int)status->ban_count || m->sequence != status->sequence ||
        m->floor != status->floor)
        return false;
    for (int i = 0; i < m->ban_len; i++) {
        wisp_hash hash = device_hash(contents[m->bans[i]]);
        if (memcmp(&hash, &status->bans[i].hash, sizeof hash) != 0)
            return false;
    }
    return true;
}

static void begin(const world *w)
{
    steps[0] = w->model;
    step_len = 1;
    calls++;
}

/* The call is over, and the device is where the model is. */
static void expect_last(world *w, const char *call)
{
    wisp_update_status status = device_status(&w->device);
    w->model = steps[step_len - 1];
    if (!is_like(&w->model, &status))
        fail_msg("device %d is not where the model is after %s, call %d", w->number, call,
                 (int)calls);
}

/* The call was cut off: the device is in one of the states that were passed. Whether the hash of
 * the last list of lifted bans was among what was written is seen by the sequence next to it. */
static void expect_passed(world *w, const char *call)
{
    wisp_update_status status = device_status(&w->device);
    model passed[8];
    int len = step_len;
    memcpy(passed, steps, sizeof passed);
    for (int i = 0; i < len; i++) {
        steps[0] = passed[i];
        step_len = 1;
        model_open();
        if (is_like(&steps[step_len - 1], &status)) {
            w->model = steps[step_len - 1];
            return;
        }
    }
    fail_msg("device %d is nowhere that the model was in %s, call %d", w->number, call,
             (int)calls);
}

/* --- what a device does ------------------------------------------------------------------ */

static void open_world(world *w)
{
    begin(w);
    model_open();
    assert_int_equal(device_open(&w->device), WISP_OK);
    expect_last(w, "a start");
}

/* Arms a cut somewhere in the next call, now and then. */
static bool arm(world *w)
{
    bool is_armed = one_in(6);
    if (is_armed)
        faulty_os_arm(&w->device.disk, FAULT_CRASH, 1 + chance(40));
    return is_armed;
}

/* After the call: power is lost if it was to be, and the device starts again. */
static void settle(world *w, bool was_armed, const char *call)
{
    bool was_cut = was_armed && faulty_os_struck(&w->device.disk);
    if (!was_cut) {
        faulty_os_arm(&w->device.disk, FAULT_NONE, 0);
        expect_last(w, call);
        return;
    }
    cuts++;
    faulty_os_arm(&w->device.disk, FAULT_CRASH, 1);
    device_close(&w->device);
    faulty_os_reboot_with(&w->device.disk, (uint64_t)chance(UINT32_MAX) << 8 | chance(256));
    assert_int_equal(device_open(&w->device), WISP_OK);
    expect_passed(w, call);
}

static void crash(world *w)
{
    device_crash(&w->device, one_in(2) ? SURVIVES_ALL : SURVIVES_SYNCED);
    open_world(w);
}

/* The bucket of a device for a release, of a hundred. */
static uint32_t bucket(const world *w, uint64_t version)
{
    return (uint32_t)((uint64_t)(w->number * 37 + 11) * version % 101 % 100);
}

/* The newest release that is for the device; NULL if none. */
static const offer *choose(const world *w, const model *m)
{
    uint64_t current = m->good.is_set ? m->good.version : 1;
    uint64_t waiting = m->candidate.is_set ? m->candidate.version : 0;
    for (int i = 0; i < offer_len; i++) {
        const offer *o = &offers[i];
        bool must = current < m->floor;
        if (o->version < m->floor || o->version < current || o->version < waiting)
            return NULL;
        if (find_ban(m, o->content) < 0 &&
            (must || (!o->is_paused && bucket(w, o->version) < o->share)))
            return o;
    }
    return NULL;
}

static void check(world *w)
{
    begin(w);
    model_heed();
    const offer *o = choose(w, &steps[step_len - 1]);
    if (o)
        model_take(o);
    device_terms terms = {sequence, publisher_floor, lifted < 0 ? NULL : contents[lifted]};
    bool is_armed = arm(w);
    if (device_heed(&w->device, &terms) == WISP_OK && o) {
        device_release release = {.version = o->version, .contents = {contents[o->content]}};
        device_offer(&w->device, &release);
    }
    settle(w, is_armed, "a check");
}

/* What runs is what the model has, and never what is banned. */
static void expect_image(const world *w)
{
    const model *m = &w->model;
    const slot *s = m->is_on_trial ? &m->candidate : &m->good;
    int content = s->is_set ? s->content : 0;
    assert_true(device_runs(&w->device, contents[content]));
    assert_true(content == 0 || find_ban(m, content) < 0);
}

static void reject(world *w)
{
    begin(w);
    ban(w->model.candidate.content);
    bool is_armed = arm(w);
    wisp_updater_reject(w->device.updater, &w->device.image, "it is its nature", NULL);
    settle(w, is_armed, "a rejection");
}

static void commit(world *w)
{
    begin(w);
    model_commit();
    bool is_armed = arm(w);
    wisp_updater_commit(w->device.updater, &w->device.image, NULL);
    settle(w, is_armed, "a commit");
}

/* What runs on trial shows its nature; sometimes the process ends for other reasons. */
static void run(world *w)
{
    if (one_in(8))
        return;
    switch (natures[w->model.candidate.content]) {
    case WORKS:
        commit(w);
        break;
    case FAILS:
        reject(w);
        break;
    case CRASHES:
        crash(w);
        break;
    }
}

static void start(world *w)
{
    begin(w);
    model_acquire();
    bool is_armed = arm(w);
    uint64_t cuts_before = cuts;
    wisp_image_free(w->device.updater, &w->device.image);
    assert_int_equal(wisp_updater_acquire(w->device.updater, &w->device.image, NULL), WISP_OK);
    settle(w, is_armed, "an acquire");
    if (cuts != cuts_before)
        return;
    expect_image(w);
    if (w->model.is_on_trial)
        run(w);
}

static void set_clock(world *w)
{
    w->device.disk.time += (int64_t)chance(2000000000) - 1000000000;
}

static void do_something(world *w)
{
    switch (chance(8)) {
    case 0:
        crash(w);
        break;
    case 1:
        set_clock(w);
        break;
    case 2:
    case 3:
    case 4:
        check(w);
        break;
    default:
        start(w);
        break;
    }
}

/* --- the test ---------------------------------------------------------------------------- */

static uint64_t releases = 10000, seed = 0x9e3779b97f4a7c15;

/* The publisher stops, and lets everybody have the newest, which works: they all get there. */
static void converge(void)
{
    sequence++;
    publisher_floor = 0;
    lifted = -1;
    offer_len = 1;
    snprintf(contents[LAST_CONTENT], sizeof contents[0], "the last module");
    natures[LAST_CONTENT] = WORKS;
    offers[0] = (offer){.version = sequence, .content = LAST_CONTENT, .share = 100};
    for (int i = 0; i < DEVICE_LEN; i++) {
        world *w = &worlds[i];
        for (int k = 0; k < 200 && !(w->model.good.is_set && w->model.good.version == sequence);
             k++)
            do_something(w);
        assert_true(w->model.good.version == sequence);
        assert_int_equal(w->model.good.content, LAST_CONTENT);
    }
}

static void random_releases_go_as_the_model_says(void **state)
{
    (void)state;
    chance_state = seed;
    begin_publishing();
    for (int i = 0; i < DEVICE_LEN; i++) {
        worlds[i].number = i;
        worlds[i].model.lifted = -1;
        device_init(&worlds[i].device);
        worlds[i].device.config.net = NULL;
        open_world(&worlds[i]);
    }
    for (uint64_t released = 0; released < releases;) {
        if (one_in(12)) {
            publish_release();
            released++;
        } else if (offer_len && one_in(12)) {
            change_offers();
        } else if (offer_len) {
            do_something(&worlds[chance(DEVICE_LEN)]);
        }
    }
    converge();
    print_message("# %llu releases, %llu calls, %llu of them cut off\n",
                  (unsigned long long)releases, (unsigned long long)calls,
                  (unsigned long long)cuts);
    for (int i = 0; i < DEVICE_LEN; i++)
        device_deinit(&worlds[i].device);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_releases_go_as_the_model_says),
    };
    if (argc > 1)
        releases = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 0) | 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
