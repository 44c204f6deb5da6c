#ifndef WISP_WASI_CALL_H
#define WISP_WASI_CALL_H

#include <wisp/wasi.h>

#include "wasi/abi.h"
#include "wasi/descriptor.h"

/*
 * One call of the interface by a module: its arguments, its memory, and the descriptors that it
 * works on. Nothing here trusts a pointer: memory is reached through wisp_wasi_at and what is
 * built on it, which give NULL or false for what is not wholly inside.
 */

enum { WISP_WASI_HELD_MAX = 2 };

typedef struct wisp_wasi_call {
    wisp_wasi *wasi;
    wisp_store *store; /* of the caller */
    wisp_memory *memory;
    const wisp_value *args;
    wisp_wasi_descriptor *held[WISP_WASI_HELD_MAX]; /* given back after the call */
    unsigned held_count;
    wisp_status status; /* not WISP_OK: the call does not return, but traps with *[err] */
    wisp_error *err;
} wisp_wasi_call;

/* ------------------------------------------------------------------ arguments, memory */

static inline uint32_t wisp_wasi_u32(const wisp_wasi_call *c, unsigned index)
{
    return (uint32_t)c->args[index].of.i32;
}

static inline uint64_t wisp_wasi_u64(const wisp_wasi_call *c, unsigned index)
{
    return (uint64_t)c->args[index].of.i64;
}

/* The [size] bytes at [address] in place; NULL where they are not wholly inside. */
static inline uint8_t *wisp_wasi_at(const wisp_wasi_call *c, uint64_t address, uint64_t size)
{
    return wisp_memory_at(c->memory, address, size);
}

/* Little-endian numbers of [size] bytes. */
static inline uint64_t wisp_wasi_load(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static inline void wisp_wasi_store(uint8_t *at, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* The same at an address: EFAULT, or SUCCESS. */
wisp_wasi_errno wisp_wasi_put_u32(const wisp_wasi_call *c, uint32_t address, uint32_t value);
wisp_wasi_errno wisp_wasi_put_u64(const wisp_wasi_call *c, uint32_t address, uint64_t value);

/*
 * Copies the path of [size] bytes at [address]: EFAULT, ENAMETOOLONG, EINVAL where it has a NUL,
 * EILSEQ where it is not UTF-8.
 */
wisp_wasi_errno wisp_wasi_take_path(const wisp_wasi_call *c, uint32_t address, uint32_t size,
                                    char out[WISP_BENEATH_PATH_MAX]);

/*
 * The memory that [count] (pointer, length) pairs at [address] name, without the empty ones: up
 * to WISP_FILE_SLICES_MAX of them, which a short read or write makes right. EINVAL for more than
 * 1,024 pairs, EFAULT where any of those looked at leads outside.
 */
wisp_wasi_errno wisp_wasi_take_slices(const wisp_wasi_call *c, uint32_t address, uint32_t count,
                                      wisp_os_file_slice slices[WISP_FILE_SLICES_MAX],
                                      size_t *len);

/* ------------------------------------------------------------------ the rest */

/* What the module is told of a result of src/os: a count, or a negated errno value. */
wisp_wasi_errno wisp_wasi_errno_of(int64_t result);

/*
 * The descriptor [fd], held until the call ends, if it has all of [rights]: EBADF without it, or
 * where it may not be read or written at all; ENOTCAPABLE where another right is missing.
 */
wisp_wasi_errno wisp_wasi_hold(wisp_wasi_call *c, uint32_t fd, uint64_t rights,
                               wisp_wasi_descriptor **out);

/* The same for a preopened or opened directory: ENOTDIR for others. */
wisp_wasi_errno wisp_wasi_hold_dir(wisp_wasi_call *c, uint32_t fd, uint64_t rights,
                                   wisp_wasi_descriptor **out);

/* Whether waiting must end: the store was interrupted, or the program has exited. */
bool wisp_wasi_must_stop(const wisp_wasi_call *c);

/* How long to wait before wisp_wasi_must_stop is asked again. */
enum { WISP_WASI_SLICE_MS = 20 };

/* The names of the functions and their signatures, as wisp_linker_add_func takes them. Each is
 * wisp_wasi_<name>, which takes the call and gives what it returns. */
#define WISP_WASI_FUNCTIONS(X)                                                                   \
    X(args_get, "(ii)i")                                                                         \
    X(args_sizes_get, "(ii)i")                                                                   \
    X(environ_get, "(ii)i")                                                                      \
    X(environ_sizes_get, "(ii)i")                                                                \
    X(clock_res_get, "(ii)i")                                                                    \
    X(clock_time_get, "(iIi)i")                                                                  \
    X(fd_advise, "(iIIi)i")                                                                      \
    X(fd_allocate, "(iII)i")                                                                     \
    X(fd_close, "(i)i")                                                                          \
    X(fd_datasync, "(i)i")                                                                       \
    X(fd_fdstat_get, "(ii)i")                                                                    \
    X(fd_fdstat_set_flags, "(ii)i")                                                              \
    X(fd_fdstat_set_rights, "(iII)i")                                                            \
    X(fd_filestat_get, "(ii)i")                                                                  \
    X(fd_filestat_set_size, "(iI)i")                                                             \
    X(fd_filestat_set_times, "(iIIi)i")                                                          \
    X(fd_pread, "(iiiIi)i")                                                                      \
    X(fd_prestat_get, "(ii)i")                                                                   \
    X(fd_prestat_dir_name, "(iii)i")                                                             \
    X(fd_pwrite, "(iiiIi)i")                                                                     \
    X(fd_read, "(iiii)i")                                                                        \
    X(fd_readdir, "(iiiIi)i")                                                                    \
    X(fd_renumber, "(ii)i")                                                                      \
    X(fd_seek, "(iIii)i")                                                                        \
    X(fd_sync, "(i)i")                                                                           \
    X(fd_tell, "(ii)i")                                                                          \
    X(fd_write, "(iiii)i")                                                                       \
    X(path_create_directory, "(iii)i")                                                           \
    X(path_filestat_get, "(iiiii)i")                                                             \
    X(path_filestat_set_times, "(iiiiIIi)i")                                                     \
    X(path_link, "(iiiiiii)i")                                                                   \
    X(path_open, "(iiiiiIIii)i")                                                                 \
    X(path_readlink, "(iiiiii)i")                                                                \
    X(path_remove_directory, "(iii)i")                                                           \
    X(path_rename, "(iiiiii)i")                                                                  \
    X(path_symlink, "(iiiii)i")                                                                  \
    X(path_unlink_file, "(iii)i")                                                                \
    X(poll_oneoff, "(iiii)i")                                                                    \
    X(proc_exit, "(i)")                                                                          \
    X(proc_raise, "(i)i")                                                                        \
    X(random_get, "(ii)i")                                                                       \
    X(sched_yield, "()i")                                                                        \
    X(sock_accept, "(iii)i")                                                                     \
    X(sock_recv, "(iiiiii)i")                                                                    \
    X(sock_send, "(iiiii)i")                                                                     \
    X(sock_shutdown, "(ii)i")

#define X(name, signature) wisp_wasi_errno wisp_wasi_##name(wisp_wasi_call *c);
WISP_WASI_FUNCTIONS(X)
#undef X

#endif
