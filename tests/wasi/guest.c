#include "guest.h"

#include "../scratch.h"
#include "os/clock.h"
#include "proxy.h"
#include "wasi/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t read_clock(void *user)
{
    (void)user;
    return wisp_clock_now_ns(WISP_CLOCK_MONOTONIC);
}

void guest_init(guest *g, const wisp_wasi_config *config)
{
    static uint8_t bytes[PROXY_SIZE_MAX];
    memset(g, 0, sizeof *g);
    strcpy(g->root, "/tmp/wisp-wasi-XXXXXX");
    assert_non_null(mkdtemp(g->root));
    wisp_wasi_preopen folder = {.host = g->root, .guest = "/"};
    wisp_wasi_config full = config ? *config : (wisp_wasi_config){0};
    if (!full.preopen_count) {
        full.preopens = &folder;
        full.preopen_count = 1;
    }
    assert_int_equal(wisp_wasi_new(&full, &g->wasi, &g->err), WISP_OK);
    wisp_store_config timed = {.now_ns = read_clock};
    assert_int_equal(wisp_store_new(&timed, &g->store, &g->err), WISP_OK);
    assert_int_equal(wisp_linker_new(g->store, &g->linker, &g->err), WISP_OK);
    assert_int_equal(wisp_wasi_link(g->wasi, g->linker, &g->err), WISP_OK);
    wisp_bytes module = {bytes, proxy_write(bytes)};
    assert_int_equal(wisp_module_new(NULL, module, &g->module, &g->err), WISP_OK);
    assert_int_equal(wisp_instance_new(g->store, g->module, g->linker, &g->instance, &g->err),
                     WISP_OK);
    g->memory = wisp_instance_memory(g->instance, "memory");
}

void guest_deinit(guest *g)
{
    wisp_store_free(g->store);
    wisp_module_free(g->module);
    wisp_wasi_free(g->wasi);
    assert_int_equal(scratch_remove(g->root), 0);
}

uint32_t guest_try(guest *g, const char *name, const uint64_t *args, size_t len)
{
    wisp_value values[9], result = wisp_i32(0);
    wisp_func *func = wisp_instance_func(g->instance, name);
    assert_non_null(func);
    wisp_functype type = wisp_func_type(func);
    assert_int_equal(type.param_count, len);
    for (size_t i = 0; i < len; i++)
        values[i] = type.params[i] == WISP_I64 ? wisp_i64((int64_t)args[i])
                                               : wisp_i32((int32_t)(uint32_t)args[i]);
    g->status = wisp_call(func, values, (uint32_t)len, &result, type.result_count, &g->err);
    return (uint32_t)result.of.i32;
}

uint32_t guest_call(guest *g, const char *name, const uint64_t *args, size_t len)
{
    uint32_t result = guest_try(g, name, args, len);
    assert_int_equal(g->status, WISP_OK);
    return result;
}

uint8_t *guest_at(guest *g, uint32_t address, uint32_t size)
{
    uint8_t *at = wisp_memory_at(g->memory, address, size);
    assert_non_null(at);
    return at;
}

uint64_t guest_load(guest *g, uint32_t address, unsigned size)
{
    return wisp_wasi_load(guest_at(g, address, size), size);
}

void guest_store(guest *g, uint32_t address, unsigned size, uint64_t value)
{
    wisp_wasi_store(guest_at(g, address, size), size, value);
}

uint32_t guest_text(guest *g, uint32_t address, const char *text)
{
    memcpy(guest_at(g, address, (uint32_t)strlen(text) + 1), text, strlen(text) + 1);
    return address;
}

int guest_open_at(guest *g, int dir, const char *path, unsigned lookup, unsigned flags,
                  uint64_t rights, unsigned fd_flags)
{
    uint32_t result = CALL(g, "path_open", (uint32_t)dir, lookup, A(path), flags, rights,
                           ALL_RIGHTS, fd_flags, RESULT);
    return result ? -(int)result : (int)guest_load(g, RESULT, 4);
}

int guest_open(guest *g, const char *path, unsigned flags)
{
    bool creates = flags & (WISP_WASI_OPEN_CREATE | WISP_WASI_OPEN_TRUNCATE);
    uint64_t rights = creates ? ALL_RIGHTS
                              : ALL_RIGHTS & ~(uint64_t)(WISP_WASI_RIGHT_FD_WRITE |
                                                         WISP_WASI_RIGHT_FD_ALLOCATE |
                                                         WISP_WASI_RIGHT_FD_FILESTAT_SET_SIZE);
    return guest_open_at(g, ROOT, path, WISP_WASI_SYMLINK_FOLLOW, flags, rights, 0);
}

static void put_slice(guest *g, uint32_t size)
{
    guest_store(g, SLICES, 4, BUFFER);
    guest_store(g, SLICES + 4, 4, size);
}

int guest_write(guest *g, int fd, const char *text)
{
    guest_text(g, BUFFER, text);
    put_slice(g, (uint32_t)strlen(text));
    uint32_t result = CALL(g, "fd_write", (uint32_t)fd, SLICES, 1, RESULT);
    return result ? -(int)result : (int)guest_load(g, RESULT, 4);
}

int guest_read(guest *g, int fd, char *into, uint32_t size)
{
    put_slice(g, size);
    uint32_t result = CALL(g, "fd_read", (uint32_t)fd, SLICES, 1, RESULT);
    if (result)
        return -(int)result;
    uint32_t len = (uint32_t)guest_load(g, RESULT, 4);
    memcpy(into, guest_at(g, BUFFER, size), len);
    return (int)len;
}

int guest_close(guest *g, int fd)
{
    return -(int)CALL(g, "fd_close", (uint32_t)fd);
}

const char *host_path(guest *g, const char *path)
{
    static char text[4][4200];
    static unsigned next;
    char *at = text[next++ % 4];
    snprintf(at, sizeof text[0], "%s/%s", g->root, path);
    return at;
}

void host_write(guest *g, const char *path, const char *text)
{
    FILE *file = fopen(host_path(g, path), "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

const char *host_read(guest *g, const char *path)
{
    static char text[4096];
    FILE *file = fopen(host_path(g, path), "rb");
    if (!file)
        return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}
