#ifndef TESTS_WASI_GUEST_H
#define TESTS_WASI_GUEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include <wisp/wasi.h>

#include "wasi/abi.h"

/*
 * A module that calls the system interface, from a test's side: functions by name, texts and
 * results at fixed places of its memory, and a folder of the host's that it has as descriptor 3.
 */

typedef struct guest {
    char root[64]; /* the host's name of the folder; it is removed with the guest */
    wisp_wasi *wasi;
    wisp_module *module;
    wisp_store *store;
    wisp_linker *linker;
    wisp_instance *instance;
    wisp_memory *memory;
    wisp_status status; /* of the last call */
    wisp_error err;
} guest;

enum {
    ROOT = 3,       /* the folder */
    RESULT = 256,   /* where functions put what they give … */
    RESULT_2 = 264, /* … and the second of it */
    SLICES = 512,   /* room for (pointer, length) pairs */
    TEXT_A = 1024,  /* the first text */
    TEXT_B = 8192,  /* the second */
    BUFFER = 16384, /* bytes */
    BUFFER_SIZE = 8192,
    ALL_RIGHTS = (1 << 30) - 1
};

/* Makes the folder and the guest; [config] (NULL: nothing) gets the folder as its only one,
 * unless it has some. */
void guest_init(guest *g, const wisp_wasi_config *config);
void guest_deinit(guest *g);

/* Calls a function; what it returned. Everything but WISP_OK is asserted not to be. */
#define CALL(g, name, ...)                                                                       \
    guest_call(g, name, (const uint64_t[]){__VA_ARGS__},                                         \
               sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
uint32_t guest_call(guest *g, const char *name, const uint64_t *args, size_t len);
/* The same without the assertion; g->status says how it went. */
uint32_t guest_try(guest *g, const char *name, const uint64_t *args, size_t len);

/* The memory at [address]; numbers in it. */
uint8_t *guest_at(guest *g, uint32_t address, uint32_t size);
uint64_t guest_load(guest *g, uint32_t address, unsigned size);
void guest_store(guest *g, uint32_t address, unsigned size, uint64_t value);

/* Puts [text] at [address] and gives "address, length" as two arguments of CALL. */
uint32_t guest_text(guest *g, uint32_t address, const char *text);
#define A(text) guest_text(g, TEXT_A, text), strlen(text)
#define B(text) guest_text(g, TEXT_B, text), strlen(text)

/* path_open in the folder with all rights; the descriptor or a negated error. */
int guest_open(guest *g, const char *path, unsigned flags);
/* The same with everything told. */
int guest_open_at(guest *g, int dir, const char *path, unsigned lookup, unsigned flags,
                  uint64_t rights, unsigned fd_flags);
/* fd_write and fd_read of one slice; how much, or a negated error. */
int guest_write(guest *g, int fd, const char *text);
int guest_read(guest *g, int fd, char *into, uint32_t size);
int guest_close(guest *g, int fd);

/* On the host's side: paths in the folder. */
const char *host_path(guest *g, const char *path);
void host_write(guest *g, const char *path, const char *text);
const char *host_read(guest *g, const char *path); /* static; NULL if there is none */

#endif
