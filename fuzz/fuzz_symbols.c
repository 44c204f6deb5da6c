#include "symbols/merge.h"
#include "symbols/sleds.h"
#include "symbols/symbols.h"
#include "symbols/thunks.h"

#include "patch/signature.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/*
 * ELF files with DWARF, which are the publisher's own but may be damaged: whatever they say, the
 * catalogue ends, keeps to its limits and says nothing that makers of patches could not use. And
 * the same bytes as an object file that is to get thunks.
 *
 * libdw itself promises less. What it was found to die of is refused before it sees it.
 */

/* A disk with one file, which cannot be written. */
static wisp_bytes input;

static int f_open(void *user, const char *path, int flags)
{
    (void)user;
    return flags == WISP_OS_READ && strcmp(path, "input") == 0 ? 3 : -ENOENT;
}

static int f_close(void *user, int fd)
{
    (void)user;
    (void)fd;
    return 0;
}

static int64_t f_read_at(void *user, int fd, void *into, size_t size, uint64_t offset)
{
    (void)user;
    (void)fd;
    size_t left = offset < input.size ? input.size - (size_t)offset : 0;
    size_t len = size < left ? size : left;
    if (len)
        memcpy(into, input.data + offset, len);
    return (int64_t)len;
}

static int64_t f_file_size(void *user, int fd)
{
    (void)user;
    (void)fd;
    return (int64_t)input.size;
}

static const wisp_os disk = {
    .open = f_open, .close = f_close, .read_at = f_read_at, .file_size = f_file_size};

static void check_signature(const wisp_symbols_function *function)
{
    wisp_arena arena;
    wisp_patch_signature signature;
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    wisp_status status = wisp_patch_signature_read(&arena, function->signature, &signature, NULL);
    assert(status == WISP_OK && signature.param_count == function->param_count);
    wisp_arena_deinit(&arena);
}

static void check_function(wisp_symbols *symbols, const wisp_symbols_function *function)
{
    assert(function->name && function->linkage && function->file && function->result);
    assert(function->entry.size <= WISP_PATCH_ENTRY_MAX);
    assert(function->verdict == WISP_SYMBOLS_PATCHABLE || function->reason_count);
    assert(function->verdict == WISP_SYMBOLS_REFUSED || function->signature);
    if (function->signature && function->verdict != WISP_SYMBOLS_REFUSED)
        check_signature(function);
    for (uint32_t i = 0; i < function->param_count; i++)
        wisp_symbols_complete(symbols, function->params[i].type, NULL);
    wisp_symbols_complete(symbols, function->result, NULL);
    for (uint32_t i = 0; i < function->site_count; i++)
        assert(function->sites[i].caller && function->sites[i].file);
}

static void check_catalogue(wisp_symbols *symbols)
{
    const wisp_symbols_function *function;
    const wisp_symbols_variable *variable;
    const wisp_symbols_type *type;
    for (size_t i = 0; (function = wisp_symbols_function_at(symbols, i)); i++)
        check_function(symbols, function);
    for (size_t i = 0; (variable = wisp_symbols_variable_at(symbols, i)); i++)
        wisp_symbols_complete(symbols, variable->type, NULL);
    wisp_symbols_find_function(symbols, "a.c:main", &function, NULL);
    wisp_symbols_find_declared(symbols, "puts", &function, NULL);
    wisp_symbols_find_type(symbols, "struct list", &type, NULL);
}

static void take_as_object(wisp_bytes bytes)
{
    wisp_arena arena;
    wisp_bytes changed, again, text;
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    wisp_thunks thunks = {.arena = &arena}, second = {.arena = &arena};
    if (wisp_thunks_take(&thunks, "input", bytes, &changed, NULL) == WISP_OK) {
        wisp_thunks_print(&thunks, &text, NULL);
        wisp_status status = wisp_thunks_take(&second, "input", changed, &again, NULL);
        assert(status == WISP_OK && again.data == changed.data);
        (void)status;
    }
    wisp_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wisp_symbols_config config = {.os = &disk};
    wisp_symbols *symbols;
    wisp_error err = {0};
    input = (wisp_bytes){data, size};
    if (wisp_symbols_open(&config, "input", &symbols, &err) == WISP_OK) {
        check_catalogue(symbols);
        wisp_symbols_close(symbols);
    } else {
        assert(err.status != WISP_OK && err.text[0] != '\0');
    }
    take_as_object(input);
    return 0;
}
