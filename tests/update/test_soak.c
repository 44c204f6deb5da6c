#include "model.h"
#include "update/entry.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Random releases (publisher.h) on devices that go through the whole of it: signed documents, the
 * job, its downloads, the state on disk. Connections break, content is wrong, old documents are
 * played again, jobs are cancelled, power is lost in the middle of anything, clocks jump, and
 * documents expire. Beside each device goes a model that is simple enough to be believed: it has
 * no disk and no network, so what it does is done.
 *
 * A call that nothing disturbed must end where the model ends, a check also with the same outcome
 * and code. One that was disturbed must leave the device in one of the states that the model went
 * through, and it goes on from there.
 *
 *     test_soak [RELEASES [SEED]]     more than the usual 1,000, or others
 */

#define DEVICE_LEN 6
#define DAY        86400

/* --- a device ---------------------------------------------------------------------------- */

typedef struct world {
    device device;
    model model;
    wisp_net net;       /* of the present or of the past */
    int64_t clock_skew; /* seconds */
    uint64_t
        committed; /* version of the last good release when it was committed; 0: it is gone */
    int number;
    char id[16], host[16];
} world;

static world worlds[DEVICE_LEN];
static bool is_peaceful; /* nothing fails any more but what must */
static uint64_t releases = 1000, seed = 0x9e3779b97f4a7c15;
static struct {
    uint64_t calls, checks, exact, disturbed, replays, cuts, commits, bans;
} counts;

static void blame(const world *w, const char *call, const char *what)
{
    fail_msg("device %d, call %llu, %s: %s (%llu releases, seed %llu)", w->number,
             (unsigned long long)counts.calls, call, what, (unsigned long long)releases,
             (unsigned long long)seed);
}

static void print_variant(int variant, char text[WISP_VARIANT_SIZE])
{
    text[0] = '\0';
    if (variant >= 0)
        snprintf(text, WISP_VARIANT_SIZE, "v%d", variant);
}

static uint64_t flag_of(const wisp_flags *flags)
{
    wisp_flag flag;
    size_t cursor = 0;
    return wisp_flags_next(flags, &cursor, &flag) ? flag.number : 0;
}

static bool is_slot(const slot *s, const wisp_update_entry *entry)
{
    char variant[WISP_VARIANT_SIZE];
    if (!s->is_set)
        return entry->state == WISP_STATE_EMPTY;
    print_variant(s->variant, variant);
    return entry->state != WISP_STATE_EMPTY && entry->version == s->version &&
           wisp_hash_equal(&entry->hash, &s->set.hash) && entry->module_len == s->set.len &&
           strcmp(entry->variant, variant) == 0 && flag_of(&entry->flags) == s->flag;
}

static bool is_like(const model *m, const wisp_update_status *status)
{
    if (!is_slot(&m->good, &status->good) || !is_slot(&m->candidate, &status->candidate) ||
        (m->candidate.is_set && m->candidate.attempts != status->candidate.attempts) ||
        m->is_on_trial != (status->candidate.state == WISP_STATE_TRIAL) ||
        m->ban_len != (int)status->ban_count || m->sequence != status->sequence ||
        m->floor != status->floor || m->time_floor != status->time_floor)
        return false;
    for (int i = 0; i < m->ban_len; i++)
        if (!wisp_hash_equal(&m->bans[i], &status->bans[i].hash))
            return false;
    return true;
}

static void begin(const world *w)
{
    model_begin(&w->model);
    counts.calls++;
}

static void arrive(world *w, const model *m)
{
    w->model = *m;
    if (!m->good.is_set)
        w->committed = 0;
}

/* The call is over, and the device is where the model is. */
static void expect_last(world *w, const char *call)
{
    wisp_update_status status = device_status(&w->device);
    if (!is_like(model_last(), &status))
        blame(w, call, "the device is not where the model is");
    arrive(w, model_last());
}

/* The call was disturbed: the device is in one of the states that were passed. Whether the list
 * of lifted bans was among what was written is seen by the sequence next to it. */
static void expect_passed(world *w, bool has_restarted, const char *call)
{
    wisp_update_status status = device_status(&w->device);
    static model passed[MODEL_STEPS_MAX];
    int len = model_step_len;
    int64_t before = model_steps[0].time_floor, after = model_last()->time_floor;
    memcpy(passed, model_steps, sizeof passed);
    for (int i = 0; i < len; i++) {
        model_begin(&passed[i]);
        if (status.time_floor == before || status.time_floor == after)
            model_steps[0].time_floor =
                status.time_floor; /* it goes with the first record after it */
        if (has_restarted)
            model_open();
        if (is_like(model_last(), &status)) {
            arrive(w, model_last());
            return;
        }
    }
    blame(w, call, "the device is nowhere that the model was");
}

/* --- disturbing -------------------------------------------------------------------------- */

static void set_time(world *w)
{
    w->device.disk.time = world_time + w->clock_skew;
}

static void open_world(world *w)
{
    begin(w);
    model_open();
    assert_int_equal(device_open(&w->device), WISP_OK);
    expect_last(w, "a start");
}

/* Arms a cut somewhere in the next call, now and then. */
static bool arm(world *w, uint32_t calls)
{
    bool is_armed = !is_peaceful && one_in(6);
    if (is_armed)
        faulty_os_arm(&w->device.disk, FAULT_CRASH, 1 + chance(calls));
    return is_armed;
}

/* After the call: if power was lost in it the device starts again, and true is returned. */
static bool settle(world *w, bool is_disturbed, bool was_armed, const char *call)
{
    if (!was_armed || !faulty_os_struck(&w->device.disk)) {
        faulty_os_arm(&w->device.disk, FAULT_NONE, 0);
        if (is_disturbed)
            expect_passed(w, false, call);
        else
            expect_last(w, call);
        return false;
    }
    counts.cuts++;
    faulty_os_arm(&w->device.disk, FAULT_CRASH, 1);
    device_close(&w->device);
    faulty_os_reboot_with(&w->device.disk,
                          (uint64_t)chance(UINT32_MAX) << 32 | chance(UINT32_MAX));
    assert_int_equal(device_open(&w->device), WISP_OK);
    expect_passed(w, true, call);
    return true;
}

static void crash(world *w)
{
    device_crash(&w->device, one_in(2) ? SURVIVES_ALL : SURVIVES_SYNCED);
    open_world(w);
}

/* What happens to one of the answers of a server. */
static struct {
    uint32_t after; /* how many others; counts down */
    bool is_wrong;  /* other bytes, instead of [manner] */
    repo_manner manner;
    repo_file *file; /* that it happened to; NULL before */
} mishap;

static void spoil(repo *r, const char *path)
{
    repo_file *file = repo_find(r, path);
    if (mishap.file || !file || mishap.after-- > 0)
        return;
    mishap.file = file;
    if (mishap.is_wrong)
        file->data[file->size / 3] ^= 1;
    else
        file->manner = mishap.manner;
}

static void mend(repo *r)
{
    r->is_dead = false;
    r->on_request = NULL;
    if (!mishap.file)
        return;
    if (mishap.is_wrong)
        mishap.file->data[mishap.file->size / 3] ^= 1;
    mishap.file->manner = REPO_WHOLE;
    mishap.file = NULL;
}

static bool disturb(repo *r)
{
    static const repo_manner manners[] = {REPO_CUT,     REPO_BROKEN,        REPO_STALLED,
                                          REPO_ENDLESS, REPO_WITHOUT_RANGE, REPO_DEAD};
    r->log[0] = '\0';
    if (!one_in(4))
        return false;
    r->is_dead = one_in(8);
    mishap.after = chance(5);
    mishap.is_wrong = one_in(4);
    mishap.manner = manners[chance(sizeof manners / sizeof *manners)];
    r->on_request = spoil;
    return true;
}

/* --- checking ---------------------------------------------------------------------------- */

static wisp_status accept(void *user, const wisp_image *image, wisp_error *err)
{
    (void)user;
    (void)err;
    return nature_of(image->bytes) == REFUSED ? WISP_UNSUPPORTED : WISP_OK;
}

/* Drives a job to its end, or cancels it at step [cancel_at]. */
static wisp_update_result run_job(world *w, uint32_t cancel_at)
{
    wisp_update_job *job;
    wisp_update_result result;
    assert_int_equal(wisp_updater_begin(w->device.updater, NULL, &job, NULL), WISP_OK);
    for (uint32_t i = 0; !wisp_update_job_step(job, 0); i++)
        if (i == cancel_at)
            wisp_update_job_cancel(job);
    assert_true(wisp_update_job_result(job, &result));
    wisp_update_job_free(job);
    return result;
}

/* The wait that a device is told ends when its turn comes, to the second. */
static bool is_right_wait(const answer *told, const client *asker, uint32_t wait_s)
{
    return told->code != WISP_UPDATE_CODE_ROLLOUT || wait_s == 0 ||
           (model_has_turn(told->held, asker, asker->now + wait_s) &&
            !model_has_turn(told->held, asker, asker->now + wait_s - 1));
}

static bool is_answer(const wisp_update_result *result, const answer *told, const client *asker)
{
    return result->outcome == told->outcome && result->code == told->code &&
           (told->version == 0 || result->version == told->version) &&
           is_right_wait(told, asker, result->retry_after_s);
}

static bool is_excuse(const wisp_update_result *result)
{
    return result->outcome == WISP_UPDATE_UNAVAILABLE ||
           result->code == WISP_UPDATE_CODE_CANCELLED ||
           result->code == WISP_UPDATE_CODE_UNTRUSTED ||
           result->code == WISP_UPDATE_CODE_REPLAYED ||
           result->code == WISP_UPDATE_CODE_OVERSIZED ||
           result->code == WISP_UPDATE_CODE_BAD_CONTENT;
}

static void expect_answer(const world *w, const wisp_update_result *result, const answer *told,
                          const client *asker, bool is_disturbed)
{
    char text[400];
    if (is_answer(result, told, asker) || (is_disturbed && is_excuse(result)))
        return;
    snprintf(text, sizeof text, "%s %s of %llu, expected %s %s of %llu: %.200s",
             wisp_update_outcome_name(result->outcome), wisp_update_code_name(result->code),
             (unsigned long long)result->version, wisp_update_outcome_name(told->outcome),
             wisp_update_code_name(told->code), (unsigned long long)told->version,
             result->reason);
    blame(w, "a check", text);
}

static client client_of(const world *w)
{
    int64_t clock = w->device.disk.time, least = w->model.time_floor;
    return (client){w->id, w->number - 1, clock > least ? clock : least};
}

static void check_with(world *w, source *from, bool is_calm)
{
    begin(w);
    client asker = client_of(w);
    answer told = model_check(&from->word, &asker);
    w->net = from->repo.net;
    bool is_armed = !is_calm && arm(w, 150);
    bool is_disturbed = !is_calm && disturb(&from->repo);
    uint32_t cancel_at = !is_calm && one_in(8) ? chance(25) : UINT32_MAX;
    is_disturbed |= cancel_at != UINT32_MAX || from == &past;
    wisp_update_result result = run_job(w, cancel_at);
    mend(&from->repo);
    if (!settle(w, is_disturbed, is_armed, "a check"))
        expect_answer(w, &result, &told, &asker, is_disturbed);
    counts.checks++;
    counts.replays += from == &past;
    counts.disturbed += is_disturbed;
    counts.exact += !is_disturbed;
}

static void check(world *w)
{
    check_with(w, one_in(12) ? &past : &present, false);
}

/* An honest network: whatever happened before, one check leads where the model says. */
static void check_in_peace(world *w)
{
    check_with(w, &present, true);
}

/* --- running ----------------------------------------------------------------------------- */

static bool is_module(const wisp_image *image, const module_set *set, uint32_t i)
{
    char buffer[CONTENT_SIZE];
    wisp_bytes content = content_of(set->ids[i], buffer);
    return image->modules[i].bytes.size == content.size &&
           memcmp(image->modules[i].bytes.data, content.data, content.size) == 0;
}

/* What runs is what the model has, all of it and nothing else; it is not banned, and what the
 * publisher no longer wants does not run. */
static void expect_image(const world *w)
{
    const model *m = &w->model;
    const wisp_image *image = &w->device.image;
    const slot *s = m->is_on_trial ? &m->candidate : &m->good;
    static const slot base = {.set = {.len = 1}, .version = 1, .variant = -1};
    char variant[WISP_VARIANT_SIZE];
    s = s->is_set ? s : &base;
    if (image->module_len != s->set.len || image->version != s->version)
        blame(w, "an acquire", "another release runs");
    for (uint32_t i = 0; i < s->set.len; i++)
        if (!is_module(image, &s->set, i))
            blame(w, "an acquire", "other content runs");
    print_variant(s->variant, variant);
    assert_string_equal(image->variant, variant);
    assert_int_equal(wisp_image_flag_number(image, "limit", 0), s->flag);
    assert_true(s == &base || (!model_has_ban(m, &s->set) && s->version >= m->floor));
    assert_true(!m->is_on_trial || s->version > w->committed);
}

/* Blames all of it, or the module that it may share with other releases. */
static void reject(world *w, const module_set *set)
{
    const module_set blamed = *set;
    const wisp_image *image = &w->device.image;
    bool is_one = one_in(3);
    uint32_t module = blamed.len - 1;
    begin(w);
    model_ban(is_one ? &blamed.modules[module] : &blamed.hash);
    bool is_armed = arm(w, 40);
    if (is_one)
        wisp_updater_reject_module(w->device.updater, image, image->modules[module].name,
                                   "its nature", NULL);
    else
        wisp_updater_reject(w->device.updater, image, "it is its nature", NULL);
    settle(w, false, is_armed, "a rejection");
    counts.bans++;
}

static void commit(world *w)
{
    uint64_t version = w->model.candidate.version;
    begin(w);
    model_commit();
    bool is_armed = arm(w, 40);
    wisp_updater_commit(w->device.updater, &w->device.image, NULL);
    settle(w, false, is_armed, "a commit");
    if (model_version(&w->model.good, 0) != version) /* it was cut off before it was written */
        return;
    w->committed = version;
    counts.commits++;
}

/* What runs on trial shows its nature; sometimes the process ends for other reasons. */
static void try_it(world *w)
{
    if (!is_peaceful && one_in(8))
        return;
    switch (w->model.candidate.set.nature) {
    case WORKS:
        commit(w);
        break;
    case CRASHES:
        crash(w);
        break;
    default:
        reject(w, &w->model.candidate.set);
        break;
    }
}

static void start(world *w)
{
    begin(w);
    model_acquire();
    bool is_armed = arm(w, 40);
    wisp_image_free(w->device.updater, &w->device.image);
    assert_int_equal(wisp_updater_acquire(w->device.updater, &w->device.image, NULL), WISP_OK);
    if (settle(w, false, is_armed, "an acquire"))
        return;
    expect_image(w);
    if (w->model.is_on_trial)
        try_it(w);
    else if (!is_peaceful && w->model.good.is_set && one_in(40)) /* what worked for long fails */
        reject(w, &w->model.good.set);
}

/* By days or by decades, either way; and most of the time it is right. */
static void turn_clock(world *w)
{
    int64_t most = one_in(2) ? 20 * (int64_t)DAY : 10000 * (int64_t)DAY;
    w->clock_skew = one_in(2) ? 0 : (int64_t)(chance(UINT32_MAX) % (uint64_t)(2 * most)) - most;
}

static void do_something(world *w)
{
    world_time += chance(2400);
    set_time(w);
    switch (chance(16)) {
    case 0:
        crash(w);
        break;
    case 1:
        turn_clock(w);
        break;
    case 2:
    case 3:
        check_in_peace(w);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        check(w);
        break;
    default:
        start(w);
        break;
    }
}

/* --- the test ---------------------------------------------------------------------------- */

static void init_world(world *w, int number)
{
    *w = (world){.number = number};
    snprintf(w->id, sizeof w->id, "device-%d", number);
    snprintf(w->host, sizeof w->host, "1.%d", number - 1);
    device_init(&w->device);
    wisp_updater_config *config = &w->device.config;
    w->net = present.repo.net;
    config->net = &w->net;
    config->root = repo_get(&present.repo, "1.root.json");
    config->device_id = w->id;
    config->host_version = number ? w->host : NULL;
    config->accept = accept;
    open_world(w);
}

static void publish_something(void)
{
    if (one_in(20))
        world_time += (int64_t)chance(60) * DAY; /* a publisher on holiday */
    else if (one_in(8))
        publisher_renew();
    else
        publisher_change();
    if (one_in(8))
        thief_copy();
}

/* The publisher stops, and lets everybody have the newest, which works: they all get there, with
 * their clocks right again. */
static void converge(void)
{
    world_time += 50 * DAY; /* beyond any time that a device may have come to believe */
    publisher_calm();
    uint64_t version = present.word.sequence;
    is_peaceful = true;
    for (int i = 0; i < DEVICE_LEN; i++) {
        world *w = &worlds[i];
        w->clock_skew = 0;
        set_time(w);
        crash(w);
        check_in_peace(w);
        start(w);
        assert_true(model_version(&w->model.good, 1) == version);
        check_in_peace(w);
    }
}

static void print_counts(void)
{
    print_message("# %llu releases, %llu calls, %llu checks (%llu as foretold, %llu disturbed, "
                  "%llu of these replays)\n",
                  (unsigned long long)releases, (unsigned long long)counts.calls,
                  (unsigned long long)counts.checks, (unsigned long long)counts.exact,
                  (unsigned long long)counts.disturbed, (unsigned long long)counts.replays);
    print_message("# %llu power cuts within a call, %llu commits, %llu rejections\n",
                  (unsigned long long)counts.cuts, (unsigned long long)counts.commits,
                  (unsigned long long)counts.bans);
}

static void random_releases_go_as_the_model_says(void **state)
{
    (void)state;
    publisher_init(seed);
    for (int i = 0; i < DEVICE_LEN; i++)
        init_world(&worlds[i], i);
    for (uint64_t released = 0; released < releases;) {
        if (one_in(12)) {
            publisher_release();
            released++;
        } else if (one_in(12)) {
            publish_something();
        } else {
            do_something(&worlds[chance(DEVICE_LEN)]);
        }
    }
    converge();
    print_counts();
    for (int i = 0; i < DEVICE_LEN; i++)
        device_deinit(&worlds[i].device);
    publisher_deinit();
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
