#include "model.h"

#include "release/decide.h"
#include "release/draw.h"
#include "update/entry.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

model model_steps[MODEL_STEPS_MAX];
int model_step_len;

void model_begin(const model *from)
{
    model_steps[0] = *from;
    model_step_len = 1;
}

model *model_last(void)
{
    return &model_steps[model_step_len - 1];
}

/* --- states --------------------------------------------------------------------------- */

static model *next_step(void)
{
    assert_true(model_step_len < MODEL_STEPS_MAX);
    model_steps[model_step_len] = model_steps[model_step_len - 1];
    return &model_steps[model_step_len++];
}

static int find_ban(const model *m, const wisp_hash *hash)
{
    for (int i = 0; i < m->ban_len; i++)
        if (wisp_hash_equal(&m->bans[i], hash))
            return i;
    return -1;
}

static void remove_ban(model *m, int at)
{
    memmove(m->bans + at, m->bans + at + 1, (size_t)(--m->ban_len - at) * sizeof *m->bans);
}

bool model_has_ban(const model *m, const module_set *set)
{
    bool is_banned = find_ban(m, &set->hash) >= 0;
    for (uint32_t i = 0; i < set->len; i++)
        is_banned |= find_ban(m, &set->modules[i]) >= 0;
    return is_banned;
}

static void drop_candidate(model *m)
{
    m->candidate.is_set = m->is_on_trial = false;
}

/* Where there is no room the oldest ban is written over, and may be gone before the new one is
 * there. */
void model_ban(const wisp_hash *what)
{
    const wisp_hash hash = *what;
    model *m = next_step();
    if (m->ban_len == WISP_UPDATE_BANS_MAX)
        remove_ban(m, 0);
    m = next_step();
    m->bans[m->ban_len++] = hash;
    m = next_step();
    if (m->candidate.is_set && model_has_ban(m, &m->candidate.set))
        drop_candidate(m);
    if (m->good.is_set && model_has_ban(m, &m->good.set))
        m->good.is_set = false;
}

uint64_t model_version(const slot *s, uint64_t otherwise)
{
    return s->is_set ? s->version : otherwise;
}

/* A new process: what was on trial waits, or has used up its attempts. */
void model_open(void)
{
    model_last()->is_on_trial = false;
    if (model_last()->candidate.is_set && model_last()->candidate.attempts >= MODEL_ATTEMPTS_MAX)
        model_ban(&model_last()->candidate.set.hash);
}

void model_acquire(void)
{
    if (!model_last()->candidate.is_set)
        return;
    if (model_last()->candidate.attempts >= MODEL_ATTEMPTS_MAX) {
        model_ban(&model_last()->candidate.set.hash);
    } else {
        model *m = next_step();
        m->candidate.attempts++;
        m->is_on_trial = true;
    }
}

void model_commit(void)
{
    model *m = next_step();
    m->good = m->candidate;
    drop_candidate(m);
}

/* --- what a check must come to ----------------------------------------------------------- */

static bool is_same_list(const model *m, const word *said)
{
    return m->lifted_len == said->lifted_len &&
           memcmp(m->lifted, said->lifted, m->lifted_len * sizeof *m->lifted) == 0;
}

static void lift(const word *said)
{
    for (uint32_t i = 0; i < said->lifted_len; i++)
        if (find_ban(model_last(), &said->lifted[i]) >= 0) {
            model *m = next_step();
            remove_ban(m, find_ban(m, &said->lifted[i]));
        }
}

static void heed(const word *said)
{
    if (!is_same_list(model_last(), said))
        lift(said);
    model *m = next_step();
    memcpy(m->lifted, said->lifted, sizeof m->lifted);
    m->lifted_len = said->lifted_len;
    m->sequence = said->sequence;
    m->floor = said->floor;
    if (m->good.version < m->floor)
        m->good.is_set = false;
    if (m->candidate.version < m->floor)
        drop_candidate(m);
}

/* Which part of [o] is for the device; -1 where there are no variants. */
static int draw_variant(const offer *o, const client *asker)
{
    uint64_t number;
    const char *const texts[] = {"wisp variant", asker->id, PUBLISHER_TARGET};
    if (!o->variant_len)
        return -1;
    assert_true(wisp_draw(texts, 3, &number));
    return number % (o->parts[0].weight + o->parts[1].weight) >= o->parts[0].weight;
}

static slot slot_of(const offer *o, const client *asker)
{
    int variant = draw_variant(o, asker);
    const offer_part *part = &o->parts[variant < 0 ? 0 : variant];
    return (slot){.is_set = true,
                  .version = o->version,
                  .set = part->set,
                  .variant = variant,
                  .flag = part->flag};
}

bool model_has_turn(const offer *o, const client *asker, int64_t now)
{
    uint32_t bucket;
    assert_true(wisp_rollout_bucket(asker->id, PUBLISHER_TARGET, o->version, &bucket));
    return bucket < wisp_rollout_share(&o->rollout, now);
}

static bool is_for_host(const offer *o, const client *asker)
{
    return !o->has_host || (asker->host >= (int)o->host_min && asker->host < (int)o->host_below);
}

/* What keeps [o] from the device; NONE if nothing does. */
static wisp_update_code hold(const offer *o, const client *asker, bool is_urgent)
{
    slot s = slot_of(o, asker);
    if (model_has_ban(model_last(), &s.set))
        return WISP_UPDATE_CODE_BANNED;
    if (!is_for_host(o, asker))
        return WISP_UPDATE_CODE_HOST_VERSION;
    if (o->is_paused && !is_urgent)
        return WISP_UPDATE_CODE_PAUSED;
    if (o->has_rollout && !is_urgent && !model_has_turn(o, asker, asker->now))
        return WISP_UPDATE_CODE_ROLLOUT;
    return WISP_UPDATE_CODE_NONE;
}

/* The newest release that is for the device; NULL if none. What is held back goes to [told]. */
static const offer *choose(const word *said, const client *asker, answer *told)
{
    uint64_t current = model_version(&model_last()->good, 1),
             waits = model_version(&model_last()->candidate, 0);
    uint64_t have = current > waits ? current : waits, least = model_last()->floor;
    for (int i = 0; i < said->offer_len; i++) {
        const offer *o = &said->offers[i];
        if (o->version < have || o->version < least)
            break;
        wisp_update_code code = hold(o, asker, have < least);
        if (code == WISP_UPDATE_CODE_NONE)
            return o;
        if (!told->held && o->version > have)
            *told = (answer){WISP_UPDATE_DEFERRED, code, o->version, o};
    }
    return NULL;
}

static bool is_base(const slot *s)
{
    return s->set.ids[0] == 0 && s->variant < 0 && s->flag == 0;
}

static bool has_content(const slot *have, const slot *s)
{
    return have->is_set && wisp_hash_equal(&have->set.hash, &s->set.hash);
}

static bool is_here(const slot *s)
{
    const model *m = model_last();
    return has_content(&m->good, s) || has_content(&m->candidate, s) ||
           (!m->good.is_set && is_base(s));
}

static bool take_over(slot *have, const slot *s)
{
    if (!has_content(have, s) || s->version < have->version)
        return false;
    bool has_changed =
        s->version > have->version || have->flag != s->flag || have->variant != s->variant;
    have->version = s->version;
    have->flag = s->flag;
    have->variant = s->variant;
    return has_changed;
}

/* New words for content that is here; what waits in vain goes. */
static void confirm(const slot *s)
{
    model *m = next_step();
    if (!take_over(&m->good, s))
        take_over(&m->candidate, s);
    if (m->candidate.is_set && !has_content(&m->candidate, s) && !m->is_on_trial &&
        m->candidate.version < s->version)
        drop_candidate(m);
}

static answer settled(void)
{
    bool waits = model_last()->candidate.is_set && !model_last()->is_on_trial;
    return (answer){.outcome = waits ? WISP_UPDATE_STAGED : WISP_UPDATE_UP_TO_DATE};
}

static answer take_new(const slot *s)
{
    if (model_last()->is_on_trial)
        return (answer){WISP_UPDATE_DEFERRED, WISP_UPDATE_CODE_ON_TRIAL, s->version, NULL};
    if (s->set.nature == REFUSED) {
        model_ban(&s->set.hash);
        return (answer){WISP_UPDATE_FAILED, WISP_UPDATE_CODE_REFUSED, s->version, NULL};
    }
    next_step()->candidate = *s;
    return (answer){WISP_UPDATE_STAGED, WISP_UPDATE_CODE_NONE, s->version, NULL};
}

answer model_check(const word *said, const client *asker)
{
    answer told = {.outcome = WISP_UPDATE_UP_TO_DATE};
    if (said->sequence < model_last()->sequence || asker->now >= word_expires(said))
        return (answer){WISP_UPDATE_FAILED, WISP_UPDATE_CODE_UNTRUSTED, 0, NULL};
    next_step()->time_floor = asker->now;
    heed(said);
    const offer *o = choose(said, asker, &told);
    if (!o)
        return told.held ? told : settled();
    slot s = slot_of(o, asker);
    if (!is_here(&s))
        return take_new(&s);
    confirm(&s);
    return told.held ? told : settled();
}
