#ifndef RIG_H
#define RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <wisp/host.h>

#include "guests/commands.h"

/*
 * A host with one guest whose clock, memory and handlers are the test's. What the handlers
 * hear is kept as text, so that a test says all that it expects in one line:
 *
 *     rig_expect(&r, "v1 #1 =7; ");              // the answers of guests/counter.c
 *     rig_expect_events(&r, "started 1; ");
 *
 * Both forget what they have compared.
 */

/* An allocator that counts, and refuses the calls that a test wants refused. */
struct ledger {
    wisp_allocator allocator;
    size_t live_bytes, live_blocks;
    size_t calls;       /* that asked for memory */
    size_t refuse_from; /* the number of the first call to refuse, from 1; 0: none */
    size_t refuse_to;   /* the number of the last one */
    size_t bytes_max;   /* refuses what would make it more; 0: no limit */
};

struct rig {
    struct ledger ledger;
    wisp_os os;
    uint64_t now_ns;  /* what the clock says */
    uint64_t tick_ns; /* … and how far it goes each time that it is read */
    wisp_host *host;
    wisp_guest *guest;
    char heard[8192], events[4096], logs[4096];
    size_t heard_len, events_len, logs_len;
    wisp_guest_event last_event; /* without [reason] and [trap] */
    wisp_trap last_trap;         /* of the last event that had one */
    char last_reason[WISP_ERROR_TEXT_MAX];
    size_t echo_size;                 /* of the last message on channel ECHO */
    void (*in_handler)(struct rig *); /* called by on_message, if not NULL */
    void (*in_event)(struct rig *, const wisp_guest_event *);
};

void ledger_init(struct ledger *ledger);

/* Fills in handlers, allocator and clock, and makes host and guest. [config] may be NULL;
 * its fuel, if 0, becomes 100,000. */
void rig_init(struct rig *r, const wisp_guest_config *config);

/* Frees all, and fails if memory is left. */
void rig_deinit(struct rig *r);

/* rig_init, and starts module [name]. */
void rig_start(struct rig *r, const wisp_guest_config *config, const char *name);

/* The module guests/[name].wasm. Kept until rig_free_modules. */
const wisp_module *rig_module(const char *name);
int rig_free_modules(void **state);

/* Sends a command, which must be taken; steps; delivers a command. */
void rig_send(struct rig *r, enum channel channel, uint32_t version, uint32_t a, uint32_t b);
void rig_step(struct rig *r);
wisp_status rig_deliver(struct rig *r, enum channel channel, uint32_t version, uint32_t a,
                        uint32_t b);

/* wisp_guest_swap, which must give [expected]. */
void rig_swap(struct rig *r, const char *name, wisp_status expected);

#define rig_expect(r, text)        rig_compare((r)->heard, &(r)->heard_len, text)
#define rig_expect_events(r, text) rig_compare((r)->events, &(r)->events_len, text)
#define rig_expect_logs(r, text)   rig_compare((r)->logs, &(r)->logs_len, text)
#define rig_compare(found, len, expected)                                                        \
    do {                                                                                         \
        assert_string_equal(found, expected);                                                    \
        (found)[0] = '\0';                                                                       \
        *(len) = 0;                                                                              \
    } while (0)

wisp_guest_status rig_status(const struct rig *r);

#endif
