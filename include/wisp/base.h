#ifndef WISP_BASE_H
#define WISP_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The words that every other header of Wisp uses: how a function says that it failed,
 * where memory comes from, and how bytes travel.
 *
 * Wisp is a guest in your process. It never prints, never exits, never starts a thread
 * that you did not ask for, keeps no global state, and takes all its memory from the
 * allocator that you hand it.
 */

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WISP_API               __attribute__((visibility("default")))
#define WISP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define WISP_API
#define WISP_PRINTF(fmt, args)
#endif

#define WISP_VERSION_MAJOR 0
#define WISP_VERSION_MINOR 1
#define WISP_VERSION_PATCH 0
#define WISP_VERSION       "0.1.0"

/*
 * Every outcome of a function that can fail, with the name that tools print.
 * The numbers are part of the interface and are never reused.
 */
#define WISP_STATUSES(X)                                                                         \
    X(0, OK, "ok")                                                                               \
    X(1, NO_MEMORY, "no-memory")     /* the allocator refused */                                 \
    X(2, INVALID, "invalid")         /* an argument or a call that the interface forbids */      \
    X(3, MALFORMED, "malformed")     /* foreign bytes that do not follow their format */         \
    X(4, UNSUPPORTED, "unsupported") /* well formed, but not something Wisp does */              \
    X(5, LIMIT, "limit")             /* a limit that you or Wisp set was reached */              \
    X(6, NOT_FOUND, "not-found")     /* no such file, export, import, target … */              \
    X(7, MISMATCH, "mismatch")       /* found, but of another type, size or version */           \
    X(8, TRAP, "trap")               /* the module trapped; see wisp_store_trap */               \
    X(9, IO, "io")                   /* the system refused */                                    \
    X(10, NETWORK, "network")        /* the server could not be reached or broke off */          \
    X(11, UNTRUSTED, "untrusted")    /* a signature, hash, version or expiry says no */          \
    X(12, BANNED, "banned")          /* content that failed on this device before */             \
    X(13, BUSY, "busy")              /* another call or process is at it */

typedef enum wisp_status {
#define X(number, name, text) WISP_##name = number,
    WISP_STATUSES(X)
#undef X
} wisp_status;

/* The name of [status] in lower case ("not-found"). Static; never NULL. Any thread. */
WISP_API const char *wisp_status_name(wisp_status status);

#define WISP_ERROR_TEXT_MAX 240

/*
 * What went wrong, in words. Functions that can fail take a `wisp_error *` last; NULL is
 * allowed where the words are not wanted. It is written only on failure, once, where the
 * fault is seen. It owns nothing and needs no cleaning up.
 */
typedef struct wisp_error {
    wisp_status status;
    uint64_t offset;                /* the byte of the input at fault, or WISP_NO_OFFSET */
    char text[WISP_ERROR_TEXT_MAX]; /* lower case, says what was found and what was expected */
} wisp_error;

#define WISP_NO_OFFSET UINT64_MAX

/*
 * Where memory comes from. [alloc] follows realloc with the old size told: [old] is NULL
 * with [old_size] 0 for new memory; [new_size] 0 frees and returns NULL. Memory is aligned
 * for any type and not cleared. A NULL return for a non-zero [new_size] means refused; the
 * old block is then still valid.
 *
 * Wherever Wisp takes a `const wisp_allocator *`, NULL means malloc and free, and the
 * struct must stay valid as long as the object that took it. It is called only on the
 * threads that call into Wisp with that object.
 */
typedef struct wisp_allocator {
    void *(*alloc)(void *user, void *old, size_t old_size, size_t new_size);
    void *user;
} wisp_allocator;

/* Bytes that somebody else owns. */
typedef struct wisp_bytes {
    const uint8_t *data;
    size_t size;
} wisp_bytes;

#ifdef __cplusplus
}
#endif

#endif
