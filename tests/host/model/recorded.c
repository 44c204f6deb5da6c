#include "pair.h"

#include <stdlib.h>
#include <string.h>

/*
 * One guest at a time is recorded, which the model need not know. When that is over, each module
 * is made to do once more what it did, and must do the same.
 */

/* ------------------------------------------------------------------ the sink */

/* Each segment is a recording of its own; of a ring, the last one is enough. */
static wisp_status begin_segment(void *user, uint64_t number, wisp_error *err)
{
    (void)number, (void)err;
    struct pair_tape *tape = user;
    tape->size = 0;
    return WISP_OK;
}

static wisp_status append(void *user, wisp_bytes bytes, wisp_error *err)
{
    (void)err;
    struct pair_tape *tape = user;
    if (bytes.size > tape->capacity - tape->size) {
        tape->capacity = 2 * (tape->size + bytes.size);
        tape->bytes = realloc(tape->bytes, tape->capacity);
        assert_non_null(tape->bytes);
    }
    memcpy(tape->bytes + tape->size, bytes.data, bytes.size);
    tape->size += bytes.size;
    return WISP_OK;
}

static void on_end(void *user, wisp_guest *guest, wisp_status status, const char *reason)
{
    (void)guest, (void)reason;
    struct pair_tape *tape = user;
    assert_true(status == WISP_OK || status == WISP_LIMIT);
    assert_int_equal(tape->state, PAIR_TAPE_RUNS);
    tape->state = PAIR_TAPE_ENDED;
}

static void discard(struct pair_tape *tape)
{
    free(tape->bytes);
    *tape = (struct pair_tape){.state = PAIR_TAPE_NONE};
}

bool pair_record(struct pair *p, wisp_guest *guest, uint64_t size_max, bool is_ring)
{
    struct pair_tape *tape = &p->tape;
    wisp_record_config config = {.sink = {begin_segment, append, NULL, tape},
                                 .size_max = size_max,
                                 .is_ring = is_ring,
                                 .on_end = on_end,
                                 .user = tape};
    assert_int_equal(tape->state, PAIR_TAPE_NONE);
    wisp_status status = wisp_guest_record(guest, &config, NULL);
    assert_true(status == WISP_OK || status == WISP_LIMIT); /* the snapshot is too large */
    if (status != WISP_OK) {
        discard(tape);
        return false;
    }
    tape->state = PAIR_TAPE_RUNS;
    tape->guest = wisp_guest_id(guest);
    return true;
}

/* ------------------------------------------------------------------ once more */

static wisp_recording *open_tape(const struct pair_tape *tape)
{
    wisp_recording *recording;
    wisp_error err;
    if (wisp_recording_open(NULL, (wisp_bytes){tape->bytes, tape->size}, &recording, &err) !=
        WISP_OK)
        fail_msg("%s", err.text);
    return recording;
}

static void check_step(const wisp_replay_step *step)
{
    if (step->difference)
        fail_msg("entry %llu, %s: %s", (unsigned long long)step->recorded.number,
                 step->recorded.kind, step->difference);
    assert_int_equal(step->status, step->recorded.status);
    assert_int_equal(step->fuel, step->recorded.fuel);
}

/* How many entries there were. */
static uint32_t replay(const struct pair_tape *tape, uint32_t life, const wisp_module *module)
{
    wisp_recording *recording = open_tape(tape);
    wisp_replay_config config = {.life = life};
    wisp_replay *it;
    wisp_replay_step step;
    wisp_error err;
    wisp_status status;
    uint32_t entries = 0;
    if (wisp_replay_new(&config, recording, module, &it, &err) != WISP_OK)
        fail_msg("%s", err.text);
    assert_true(wisp_replay_is_same(it));
    for (; (status = wisp_replay_next(it, &step, &err)) == WISP_OK; entries++)
        check_step(&step);
    if (status != WISP_NOT_FOUND || err.offset != tape->size)
        fail_msg("%s", err.text);
    wisp_replay_free(it);
    wisp_recording_close(recording);
    return entries;
}

static const wisp_module *module_of(const wisp_recorded_life *life)
{
    for (uint32_t number = 1; number <= PAIR_VERSIONS; number++)
        if (wisp_recorded_is_of(life, pair_module(number)))
            return pair_module(number);
    fail_msg("a life of no module");
    return NULL;
}

/* The lives of a tape, one after the other: each is looked for in a reading of its own. */
static void replay_all(struct pair *p)
{
    wisp_recording *recording = open_tape(&p->tape);
    wisp_recorded item;
    while (wisp_recording_next(recording, &item, NULL) == WISP_OK)
        if (item.kind == WISP_RECORDED_LIFE)
            p->replayed += replay(&p->tape, item.of.life.number, module_of(&item.of.life));
    wisp_recording_close(recording);
}

void pair_replay(struct pair *p)
{
    if (p->tape.state != PAIR_TAPE_ENDED)
        return;
    replay_all(p);
    discard(&p->tape);
}
