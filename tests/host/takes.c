#include "takes.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ the sink */

static wisp_status begin(void *user, uint64_t number, wisp_error *err)
{
    struct take *t = user;
    assert_int_equal(number, t->segments);
    assert_false(t->is_closed);
    if (t->begin_fails) {
        snprintf(err->text, sizeof err->text, "no room for a segment");
        return WISP_IO;
    }
    memcpy(t->older, t->bytes, t->size);
    t->older_size = t->size;
    t->size = 0;
    t->segments++;
    return WISP_OK;
}

static wisp_status append(void *user, wisp_bytes bytes, wisp_error *err)
{
    struct take *t = user;
    assert_false(t->is_closed);
    if (++t->writes == t->fail_at) {
        snprintf(err->text, sizeof err->text, "the sink is full");
        return WISP_IO;
    }
    assert_true(bytes.size <= sizeof t->bytes - t->size);
    memcpy(t->bytes + t->size, bytes.data, bytes.size);
    t->size += bytes.size;
    return WISP_OK;
}

static void close_take(void *user)
{
    struct take *t = user;
    assert_false(t->is_closed);
    t->is_closed = true;
}

static void on_end(void *user, wisp_guest *guest, wisp_status status, const char *reason)
{
    struct take *t = user;
    assert_non_null(guest);
    assert_true(t->is_closed);
    t->ends++;
    t->end_status = status;
    snprintf(t->end_reason, sizeof t->end_reason, "%s", reason);
}

wisp_record_config take_config(struct take *t)
{
    return (wisp_record_config){
        .sink = {begin, append, close_take, t}, .on_end = on_end, .user = t};
}

void take_begin(struct take *t, struct rig *r, const wisp_record_config *config)
{
    wisp_record_config own = take_config(t), full = config ? *config : own;
    memset(t, 0, sizeof *t);
    full.sink = own.sink;
    full.on_end = own.on_end;
    full.user = t;
    wisp_error err;
    if (wisp_guest_record(r->guest, &full, &err) != WISP_OK)
        fail_msg("%s", err.text);
}

void take_end(struct take *t, struct rig *r)
{
    wisp_guest_record_end(r->guest);
    assert_int_equal(t->ends, 1);
    assert_int_equal(t->end_status, WISP_OK);
}

/* ------------------------------------------------------------------ as text */

#define print(into, size, ...) snprintf((into) + strlen(into), (size)-strlen(into), __VA_ARGS__)

static void print_entry(const wisp_recorded_entry *entry, char *into, size_t size)
{
    bool has_type = strcmp(entry->kind, "message") == 0 || strcmp(entry->kind, "event") == 0;
    print(into, size, "%s", entry->kind);
    if (has_type)
        print(into, size, " %u", entry->type);
}

static wisp_recording *open_take(const struct take *t)
{
    wisp_recording *recording;
    wisp_error err;
    if (wisp_recording_open(NULL, (wisp_bytes){t->bytes, t->size}, &recording, &err) != WISP_OK)
        fail_msg("%s", err.text);
    return recording;
}

void take_list(const struct take *t, char *into, size_t size)
{
    wisp_recording *recording = open_take(t);
    wisp_recorded item;
    wisp_error err;
    wisp_status status;
    *into = '\0';
    while ((status = wisp_recording_next(recording, &item, &err)) == WISP_OK) {
        if (item.kind == WISP_RECORDED_LIFE)
            print(into, size, "life %u", item.of.life.number);
        else
            print_entry(&item.of.entry, into, size);
        print(into, size, "; ");
    }
    assert_int_equal(status, WISP_NOT_FOUND);
    assert_int_equal(err.offset, t->size);
    wisp_recording_close(recording);
}

void take_replay(const struct take *t, uint32_t life, const char *name, char *into, size_t size)
{
    wisp_recording *recording = open_take(t);
    wisp_replay_config config = {.life = life};
    wisp_replay *replay;
    wisp_replay_step step;
    wisp_error err;
    wisp_status status;
    *into = '\0';
    if (wisp_replay_new(&config, recording, rig_module(name), &replay, &err) != WISP_OK)
        fail_msg("%s", err.text);
    while ((status = wisp_replay_next(replay, &step, &err)) == WISP_OK) {
        print_entry(&step.recorded, into, size);
        if (step.trap)
            print(into, size, " !%s", step.trap->text);
        else if (step.status != WISP_OK)
            print(into, size, " !%s", wisp_status_name(step.status));
        if (step.difference)
            print(into, size, " (%s)", step.difference);
        print(into, size, "; ");
    }
    if (status != WISP_NOT_FOUND)
        print(into, size, "%s", err.text);
    wisp_replay_free(replay);
    wisp_recording_close(recording);
}
