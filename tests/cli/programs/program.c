#include <stdint.h>

#include "wisp.h"

/*
 * A program for the tests of `wisp run`, in plain C against the system interface alone. Its first
 * argument says what it does.
 */

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

struct slice {
    const void *data;
    uint32_t size;
};

WASI(args_get) int args_get(char **list, char *bytes);
WASI(args_sizes_get) int args_sizes_get(uint32_t *count, uint32_t *size);
WASI(environ_get) int environ_get(char **list, char *bytes);
WASI(environ_sizes_get) int environ_sizes_get(uint32_t *count, uint32_t *size);
WASI(fd_read)
int fd_read(uint32_t fd, const struct slice *slices, uint32_t count, uint32_t *size);
WASI(fd_write)
int fd_write(uint32_t fd, const struct slice *slices, uint32_t count, uint32_t *size);
WASI(path_open)
int path_open(uint32_t dir, uint32_t lookup, const char *path, uint32_t size, uint32_t flags,
              uint64_t rights, uint64_t inheriting, uint32_t fd_flags, uint32_t *fd);
WASI(proc_exit) _Noreturn void proc_exit(uint32_t code);

static char *words[32];
static char bytes[4096];
static uint32_t count;

static void print(const char *text)
{
    struct slice slice = {text, strlen(text)};
    uint32_t written;
    fd_write(1, &slice, 1, &written);
}

static void print_all(uint32_t from)
{
    for (uint32_t i = from; i < count; i++) {
        print(words[i]);
        print("\n");
    }
}

static void copy(uint32_t fd)
{
    static char buffer[100];
    struct slice slice = {buffer, sizeof buffer};
    uint32_t size, written;
    while (fd_read(fd, &slice, 1, &size) == 0 && size > 0) {
        struct slice out = {buffer, size};
        fd_write(1, &out, 1, &written);
    }
}

static uint32_t open_file(const char *path, uint32_t flags, uint64_t rights)
{
    uint32_t fd;
    int error = path_open(3, 1, path, strlen(path), flags, rights, 0, 0, &fd);
    if (error)
        proc_exit((uint32_t)error);
    return fd;
}

static void write_file(const char *path, const char *text)
{
    struct slice slice = {text, strlen(text)};
    uint32_t written;
    fd_write(open_file(path, 1, 1 << 6), &slice, 1, &written);
}

static void print_environment(void)
{
    uint32_t size;
    environ_sizes_get(&count, &size);
    environ_get(words, bytes);
    print_all(0);
}

WISP_EXPORT("inner") __attribute__((noinline)) void inner(void)
{
    __builtin_trap();
}

WISP_EXPORT("add") int add(int a, int b)
{
    return a + b;
}

WISP_EXPORT("leave") void leave(int code)
{
    proc_exit((uint32_t)code);
}

WISP_EXPORT("_start") void start(void)
{
    uint32_t size;
    args_sizes_get(&count, &size);
    if (count < 2 || count > 32 || size > sizeof bytes)
        return;
    args_get(words, bytes);
    const char *what = words[1];
    if (memcmp(what, "echo", 5) == 0)
        print_all(2);
    else if (memcmp(what, "cat", 4) == 0)
        copy(0);
    else if (memcmp(what, "read", 5) == 0)
        copy(open_file(words[2], 0, 1 << 1));
    else if (memcmp(what, "write", 6) == 0)
        write_file(words[2], words[3]);
    else if (memcmp(what, "env", 4) == 0)
        print_environment();
    else if (memcmp(what, "exit", 5) == 0)
        proc_exit((uint32_t)(words[2][0] - '0'));
    else if (memcmp(what, "trap", 5) == 0)
        inner();
}
