#ifndef WISP_RECORD_H
#define WISP_RECORD_H

#include <wisp/host.h>

/*
 * Recording: all that enters the modules of a guest, written down on the device, so that a
 * developer can have the same module do the same once more, up to the same trap, or try another
 * version on what the first one met in the field.
 *
 *     wisp_record_sink sink;                                // on the device
 *     wisp_record_open_file(NULL, NULL, "hub.rec", &sink, &err);
 *     wisp_record_config config = {.sink = sink, .size_max = 1 << 20, .is_ring = true};
 *     wisp_guest_record(guest, &config, &err);
 *
 *     $ wisp replay hub.rec hub.wasm                        # at the desk
 *
 * What is written: every entry into a module, with its bytes; every answer of the host to what
 * the module asked, time and randomness included; what came of each entry, the fuel that it used
 * and where it trapped. A module has no other way to learn anything, so that this is all that it
 * takes: an entry that was broken off by its deadline is broken off at the same instruction.
 *
 * A recording follows the guest through swaps, reverts and restarts. Each version that runs in
 * it has a *life* of its own there, which begins with its start, or, if it ran already when the
 * recording began, with a snapshot of its memory; and with the state that wisp_save gives, from
 * which another version can begin.
 *
 * Of what it costs: an entry is copied into a buffer of a few KiB, as what differs from the one
 * before of the same kind, and handed to the sink when the buffer is full and at the end of each
 * call of the program's into the host. So a process that crashes has recorded all but the call
 * that it crashed in, and a file that was cut off can be read to its last whole frame.
 *
 * What cannot be recorded is refused with WISP_UNSUPPORTED: natively compiled modules, which may
 * look at anything, and modules that import what on_link adds. A recording never harms what it
 * records: if the sink fails, it ends.
 *
 * Threads: as for the host. What reads recordings belongs to one thread at a time, whichever.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ recording */

/*
 * Where a recording goes: bytes in pieces, to be appended to each other. Each function but
 * [close] may fail; the recording then ends with that reason. They are called with an entry just
 * over, and must not call into the host.
 */
typedef struct wisp_record_sink {
    /* Segment [number] begins, from 0 on. Each can be read without the others, from its own
     * snapshot on; of a ring, all before the last whole one may be thrown away. */
    wisp_status (*begin)(void *user, uint64_t number, wisp_error *err);
    wisp_status (*write)(void *user, wisp_bytes bytes, wisp_error *err);
    /* The recording is over. Called once, last; may be NULL. */
    void (*close)(void *user);
    void *user;
} wisp_record_sink;

/*
 * A sink that writes to file [path], through [os] (NULL: wisp_os_posix()). Where a ring begins a
 * new segment, the one before is renamed to "[path].old", in place of what was there. Nothing is
 * synced: bytes survive the process, not a power loss.
 *
 * The file is made when the recording begins. *[out] belongs to wisp_guest_record from its
 * success on; otherwise call its close. [path] is copied. WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_record_open_file(const wisp_allocator *allocator, const wisp_os *os,
                                           const char *path, wisp_record_sink *out,
                                           wisp_error *err);

/* Zero means the default in brackets. */
typedef struct wisp_record_config {
    wisp_record_sink sink;
    uint64_t size_max; /* bytes, after which the recording ends, or … [64 MiB] */
    bool is_ring; /* … begins a new segment at one half of it: what is kept never takes more
                   * than that, and goes back at least as far as one half */
    size_t buffer_size; /* bytes that are gathered, 1 for none [4,096] */

    /* It is over: WISP_OK if the program ended it, WISP_LIMIT at size_max, else what failed. May
     * be NULL. As the handlers in wisp_guest_config. */
    void (*on_end)(void *user, wisp_guest *guest, wisp_status status, const char *reason);
    void *user;
} wisp_record_config;

/*
 * Records [guest] from now on: what it runs, after a snapshot of it, and what it will run. A
 * version that runs is asked to save its state. [config] is copied.
 *
 * WISP_INVALID if it is recorded already; WISP_UNSUPPORTED for a version or an import that cannot
 * be, whose text names it; WISP_LIMIT where the snapshot alone takes too much; what the sink
 * gave; WISP_NO_MEMORY. WISP_BUSY from inside a handler. If it fails, nothing is recorded, and
 * the sink is still the caller's.
 */
WISP_API wisp_status wisp_guest_record(wisp_guest *guest, const wisp_record_config *config,
                                       wisp_error *err);

/* Ends it; nothing if there is none, or from inside a handler. */
WISP_API void wisp_guest_record_end(wisp_guest *guest);

typedef struct wisp_record_status {
    uint64_t entries;  /* recorded */
    uint64_t size;     /* bytes handed to the sink, of all segments */
    uint64_t segments; /* begun */
} wisp_record_status;

/* False if [guest] is not recorded. */
WISP_API bool wisp_guest_record_status(const wisp_guest *guest, wisp_record_status *out);

/* ------------------------------------------------------------------ reading */

typedef struct wisp_recording wisp_recording;

/* One that is recorded: a version from its start, or from a snapshot on. */
typedef struct wisp_recorded_life {
    uint32_t number;                   /* from 1 on */
    uint64_t module_size, module_hash; /* of the module's bytes; see wisp_recording_is_of */
    uint32_t version;                  /* if it ran already, else 0 */
    bool has_snapshot;                 /* it did, and was as in this one */
    bool has_state;                    /* and had a state to save */
    wisp_bytes snapshot, state;
} wisp_recorded_life;

/* An entry, and what came of it. */
typedef struct wisp_recorded_entry {
    uint64_t number;  /* of all in the recording, from 1 on */
    uint32_t life;    /* that it was made into */
    const char *kind; /* "load" for the making of the instance; "start", "message", … */
    uint32_t sender, type, request, id; /* as the module got them, 0 where it gets none: the type
                                         * is a message's channel, the id that of a task */
    uint64_t argument;                  /* a number in place of bytes, or a task's context */
    wisp_bytes bytes;
    wisp_status status; /* WISP_TRAP: the next three say how */
    wisp_trap_code trap;
    uint32_t trap_func, trap_offset; /* of the innermost frame; see wisp_frame */
    int32_t answer;                  /* of start and restore */
    uint64_t fuel;                   /* used */
    uint32_t call_count;             /* of imports: see wisp_recording_call */
} wisp_recorded_entry;

typedef enum wisp_recorded_kind { WISP_RECORDED_LIFE, WISP_RECORDED_ENTRY } wisp_recorded_kind;

/* One thing in a recording. Borrowed until the next is read. */
typedef struct wisp_recorded {
    wisp_recorded_kind kind;
    uint64_t time_us; /* since the recording began, about */
    union {
        wisp_recorded_life life;
        wisp_recorded_entry entry;
    } of;
} wisp_recorded;

/*
 * Opens a recording in [bytes], a file as the sink has it, which are borrowed until it is closed.
 * They may be anything. WISP_MALFORMED where they are none, WISP_UNSUPPORTED for a format that
 * this version of Wisp does not know; WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_recording_open(const wisp_allocator *allocator, wisp_bytes bytes,
                                         wisp_recording **out, wisp_error *err);
WISP_API void wisp_recording_close(wisp_recording *recording);

/* The guest's name, and the time when this segment began, in seconds since 1970. */
WISP_API const char *wisp_recording_name(const wisp_recording *recording);
WISP_API int64_t wisp_recording_time(const wisp_recording *recording);

/*
 * Reads on. WISP_NOT_FOUND behind the last: offset is the byte where the recording ends, before
 * that of [bytes] if it was cut off or damaged there, which is then what the text says.
 * WISP_MALFORMED for a frame that is whole and yet makes no sense; WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_recording_next(wisp_recording *recording, wisp_recorded *out,
                                         wisp_error *err);

/* The [index]-th call in the entry that was read last, as text: "wisp.send(1, 4 bytes) -> 0", cut
 * where it does not fit. False if it has not so many. */
WISP_API bool wisp_recording_call(const wisp_recording *recording, uint32_t index, char *into,
                                  size_t size);

/* Whether [life] was one of [module]. */
WISP_API bool wisp_recorded_is_of(const wisp_recorded_life *life, const wisp_module *module);

/* ------------------------------------------------------------------ replaying */

typedef struct wisp_replay wisp_replay;

/* Zero means the default in brackets. */
typedef struct wisp_replay_config {
    const wisp_allocator *allocator;
    uint32_t life; /* to be replayed [the first of the module; if there is none, the first] */
    const wisp_shadow_ignore *ignore; /* not compared; borrowed */
    size_t ignore_len;
} wisp_replay_config;

/* What became of one entry. Borrowed until the next. */
typedef struct wisp_replay_step {
    wisp_recorded_entry recorded;
    wisp_status status;    /* now */
    uint64_t fuel;         /* now */
    const wisp_trap *trap; /* now; NULL without one */
    const char
        *difference; /* the first one in this entry, one line; NULL if all is as recorded */
} wisp_replay_step;

/*
 * Makes [module] ready to do once more what a life of [recording] was told. The recording is
 * read from its beginning and belongs to the replay; close it after. Both outlive it.
 *
 * If the module is the one that was recorded, everything must come out as it was, to the unit of
 * fuel. If it is another one, this is a test of an upgrade: it is started, takes over the state
 * if the life begins with a snapshot, and gets the same entries and answers; compared is what it
 * does to the outside, as in the shadow (host.h), and that it traps and fails where the recorded
 * did.
 *
 * WISP_NOT_FOUND if there is no such life. Failures of the module to start are steps.
 */
WISP_API wisp_status wisp_replay_new(const wisp_replay_config *config, wisp_recording *recording,
                                     const wisp_module *module, wisp_replay **out,
                                     wisp_error *err);
WISP_API void wisp_replay_free(wisp_replay *replay);

/* The life that is replayed, and whether it is of the same module. */
WISP_API const wisp_recorded_life *wisp_replay_life(const wisp_replay *replay);
WISP_API bool wisp_replay_is_same(const wisp_replay *replay);

/*
 * Makes the next entry. WISP_NOT_FOUND if there is none any more, as from wisp_recording_next; or
 * WISP_MALFORMED, WISP_NO_MEMORY. After a trap of another module than the recorded it makes no
 * sense to go on.
 */
WISP_API wisp_status wisp_replay_next(wisp_replay *replay, wisp_replay_step *out,
                                      wisp_error *err);

#ifdef __cplusplus
}
#endif

#endif
