#ifndef WISP_WASI_DESCRIPTOR_H
#define WISP_WASI_DESCRIPTOR_H

#include <pthread.h>
#include <stdatomic.h>

#include <wisp/wasi.h>

#include "os/file.h"
#include "wasi/abi.h"

/*
 * Descriptors as modules see them, by small numbers. A descriptor lives as long as its number or
 * a call holds it, so that one thread may close what another reads from.
 */

typedef struct wisp_wasi_descriptor {
    atomic_uint holders;
    wisp_wasi_stream_kind kind;
    int fd;         /* kind FD: the host's … */
    bool is_owned;  /* … and whether to close it */
    bool read_only; /* directories: nothing below it may be changed */
    wisp_wasi_filetype type;
    wisp_wasi_stream stream; /* kind CALLBACK */
    _Atomic uint64_t rights, inheriting;
    atomic_uint flags;
    char *preopen;        /* of a preopened folder: its name */
    pthread_mutex_t lock; /* for what follows */
    wisp_listing listing; /* of a directory that has been read */
} wisp_wasi_descriptor;

typedef struct wisp_wasi_table {
    const wisp_allocator *allocator;
    pthread_mutex_t lock;
    wisp_wasi_descriptor **items;
    size_t len, capacity; /* numbers up to len - 1 may be in use */
    size_t max;
} wisp_wasi_table;

/* Rights that a regular file, a directory, and what is opened below a directory can have. */
extern const uint64_t wisp_wasi_file_rights, wisp_wasi_dir_rights, wisp_wasi_all_rights;

void wisp_wasi_table_init(wisp_wasi_table *table, const wisp_allocator *allocator, size_t max);
void wisp_wasi_table_deinit(wisp_wasi_table *table);

/*
 * Gives [descriptor], which is copied, the lowest free number. Takes over the host's descriptor
 * and the name in it, and closes and frees them where it fails: EMFILE, ENOMEM.
 */
wisp_wasi_errno wisp_wasi_table_add(wisp_wasi_table *table, wisp_wasi_descriptor descriptor,
                                    uint32_t *number);

/* The descriptor [number], which is now held once more; NULL without it. */
wisp_wasi_descriptor *wisp_wasi_table_take(wisp_wasi_table *table, uint32_t number);
void wisp_wasi_table_drop(wisp_wasi_table *table, wisp_wasi_descriptor *descriptor);

/* Frees [number]; EBADF without it. */
wisp_wasi_errno wisp_wasi_table_close(wisp_wasi_table *table, uint32_t number);
/* Gives the descriptor [from] the number [to], whose own is closed; EBADF without either. */
wisp_wasi_errno wisp_wasi_table_renumber(wisp_wasi_table *table, uint32_t from, uint32_t to);

wisp_wasi_filetype wisp_wasi_filetype_of(wisp_os_file_kind kind);

#endif
