#ifndef TAKES_H
#define TAKES_H

#include <wisp/record.h>

#include "rig.h"

/*
 * A recording in memory, and replays of it as text:
 *
 *     take_begin(&t, &r, NULL);          // records r.guest
 *     …
 *     take_end(&t, &r);
 *     take_expect(&t, "v1", "load; start; message 1; ");
 *
 * An entry is its kind, with its channel if there is one; "!…" follows if it did not end well,
 * "(…)" the difference if there is one.
 */

struct take {
    uint8_t bytes[4 << 20]; /* of the last segment */
    uint8_t older[4 << 20]; /* of the one before */
    size_t size, older_size;
    uint64_t segments;
    size_t writes, fail_at; /* the number of the write that fails, from 1 on; 0: none */
    bool begin_fails, is_closed;
    int ends;
    wisp_status end_status;
    char end_reason[WISP_ERROR_TEXT_MAX];
};

wisp_record_config take_config(struct take *t);

/* [config] may be NULL; sink and on_end are set in it. */
void take_begin(struct take *t, struct rig *r, const wisp_record_config *config);
void take_end(struct take *t, struct rig *r);

/* The recording as text: "life 1; load; start; message 1; ". */
void take_list(const struct take *t, char *into, size_t size);

/* Replays a life (0: as wisp_replay_config has it) with module [name]. */
void take_replay(const struct take *t, uint32_t life, const char *name, char *into, size_t size);

#define take_expect(t, name, text)                                                               \
    do {                                                                                         \
        static char found_[16384];                                                               \
        take_replay(t, 0, name, found_, sizeof found_);                                          \
        assert_string_equal(found_, text);                                                       \
    } while (0)

#endif
