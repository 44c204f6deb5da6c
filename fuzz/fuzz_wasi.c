#define _XOPEN_SOURCE 700 /* nftw */

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tests/wasi/proxy.h"

#include <wisp/wasi.h>

/*
 * Any bytes as calls of the system interface, by a module that has a folder with files,
 * directories and links of all kinds, one of them leading out. What must hold: no crash, no call
 * that waits, every answer an error of the interface, and the file beside the folder as it was.
 *
 * A call is one byte for the function, and for each argument one byte: a number of [values], or a
 * byte of its own from 128 on. Byte 255 as the function copies bytes into the memory.
 */

enum { CALLS_MAX = 64, TEXTS_AT = 1024, TEXT_SIZE = 32, DATA_AT = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const texts[] = {
    "file",        "dir", "dir/inner", "link", "out", "out/secret", "../secret", "/etc", "loop",
    "dir/../file", ".",   "..",        "dir/", "new", "dir/new",    "up/../..",  "",
};

static const uint64_t values[] = {
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    15,
    16,
    24,
    31,
    48,
    64,
    255,
    1024,
    1056,
    1088,
    1120,
    1152,
    1184,
    1216,
    1248,
    1280,
    1312,
    1344,
    4096,
    4104,
    8192,
    PROXY_MEMORY_SIZE - 1,
    PROXY_MEMORY_SIZE,
    INT32_MAX,
    UINT32_MAX,
    UINT64_MAX,
    (1 << 30) - 1,
    1 << 6,
    1000,
};

typedef struct world {
    char outer[32], root[40], secret[48];
    wisp_wasi *wasi;
    wisp_module *module;
    wisp_store *store;
    wisp_instance *instance;
    wisp_memory *memory;
} world;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert(file);
    fputs(text, file);
    fclose(file);
}

static void make_link(const char *folder, const char *target, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int made = symlink(target, path);
    assert(made == 0);
    (void)made;
}

static void make_dir(const char *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int made = mkdir(path, 0755);
    assert(made == 0);
    (void)made;
}

static void make_folder(world *w)
{
    strcpy(w->outer, "/tmp/wisp-fuzz-XXXXXX");
    char *made = mkdtemp(w->outer);
    assert(made);
    (void)made;
    snprintf(w->root, sizeof w->root, "%s/root", w->outer);
    snprintf(w->secret, sizeof w->secret, "%s/secret", w->outer);
    write_file(w->outer, "secret", "secret");
    make_dir(w->outer, "root");
    make_dir(w->root, "dir");
    write_file(w->root, "file", "some content");
    write_file(w->root, "dir/inner", "inner");
    make_link(w->root, "file", "link");
    make_link(w->root, "..", "out");
    make_link(w->root, "loop", "loop");
    make_link(w->root, "dir/..", "up");
}

static void make(world *w)
{
    static uint8_t bytes[PROXY_SIZE_MAX];
    make_folder(w);
    wisp_wasi_config config = {.args = (const char *[]){"fuzz"},
                               .arg_count = 1,
                               .env = (const char *[]){"A=1"},
                               .env_count = 1,
                               .preopens = &(wisp_wasi_preopen){.host = w->root, .guest = "/"},
                               .preopen_count = 1,
                               .descriptor_max = 16};
    wisp_linker *linker;
    wisp_status status = wisp_wasi_new(&config, &w->wasi, NULL);
    status = status ? status : wisp_store_new(NULL, &w->store, NULL);
    status = status ? status : wisp_linker_new(w->store, &linker, NULL);
    status = status ? status : wisp_wasi_link(w->wasi, linker, NULL);
    wisp_bytes module = {bytes, proxy_write(bytes)};
    status = status ? status : wisp_module_new(NULL, module, &w->module, NULL);
    status = status ? status : wisp_instance_new(w->store, w->module, linker, &w->instance, NULL);
    assert(status == WISP_OK);
    w->memory = wisp_instance_memory(w->instance, "memory");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        wisp_memory_write(w->memory, TEXTS_AT + TEXT_SIZE * i, texts[i], strlen(texts[i]), NULL);
}

static void check_and_remove(world *w)
{
    char text[16] = "";
    wisp_store_free(w->store);
    wisp_module_free(w->module);
    wisp_wasi_free(w->wasi);
    FILE *file = fopen(w->secret, "rb");
    assert(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert(size == 6 && strcmp(text, "secret") == 0);
    (void)size;
    nftw(w->outer, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Functions that would wait, take long or end the module. */
static bool is_left_out(const char *name)
{
    return strcmp(name, "poll_oneoff") == 0 || strcmp(name, "fd_allocate") == 0 ||
           strcmp(name, "fd_filestat_set_size") == 0 || strcmp(name, "proc_exit") == 0;
}

static uint64_t value_of(uint8_t byte)
{
    return byte < sizeof values / sizeof *values ? values[byte] : byte;
}

/* Calls the function that [data] begins with; how many bytes that took, 0 at the end. */
static size_t call_one(world *w, const uint8_t *data, size_t size)
{
    wisp_export export;
    wisp_value args[9], result = wisp_i32(0);
    wisp_module_export(w->module, data[0] % (wisp_module_export_count(w->module) - 1), &export);
    uint32_t params = export.type.func.param_count;
    if (size < 1 + params)
        return 0;
    for (uint32_t i = 0; i < params; i++) {
        uint64_t value = value_of(data[1 + i]);
        args[i] = export.type.func.params[i] == WISP_I64 ? wisp_i64((int64_t)value)
                                                         : wisp_i32((int32_t)(uint32_t)value);
    }
    if (!is_left_out(export.name)) {
        wisp_func *func = wisp_instance_func(w->instance, export.name);
        wisp_status status =
            wisp_call(func, args, params, &result, export.type.func.result_count, NULL);
        assert(status == WISP_OK);
        assert(result.of.i32 >= 0 && result.of.i32 <= 76);
        (void)status;
    }
    return 1 + params;
}

/* Byte 255, where to, how many, and these bytes. */
static size_t copy_bytes(world *w, const uint8_t *data, size_t size)
{
    if (size < 3 || size - 3 < data[2])
        return 0;
    wisp_memory_write(w->memory, DATA_AT + data[1] * 8u, data + 3, data[2], NULL);
    return 3u + data[2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world w = {0};
    make(&w);
    for (int calls = 0; size > 0 && calls < CALLS_MAX; calls++) {
        size_t taken = data[0] == 255 ? copy_bytes(&w, data, size) : call_one(&w, data, size);
        if (taken == 0)
            break;
        data += taken;
        size -= taken;
    }
    check_and_remove(&w);
    return 0;
}
