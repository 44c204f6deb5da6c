#include "faulty_os.h"
#include "publish/permission.h"
#include "ration.h"
#include "symbols/merge.h"
#include "symbols/sleds.h"
#include "symbols/store.h"
#include "symbols/thunks.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What becomes of a program, and of the store, when the disk fails at any call: on a disk in
 * memory, with a program that gcc has made.
 */

#define PROGRAM "/build/app"
#define STORE   "/build/store"

static const char *folder;
static faulty_os disk;
static uint8_t *program; /* its bytes, as the compiler made them */
static size_t program_size;

/* The disk in memory knows no permissions. */
int wisp_permission_set(const char *path, unsigned mode)
{
    (void)path;
    (void)mode;
    return 0;
}

int wisp_permission_get(const char *path, unsigned *mode)
{
    (void)path;
    *mode = 0755;
    return 0;
}

bool wisp_path_lies_in(const char *path, const char *dir)
{
    (void)path;
    (void)dir;
    return false;
}

/* The file [name] of the folder; NULL where its compiler is missing. Free it. */
static uint8_t *read_built(const char *name, size_t *size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        abort();
    fclose(file);
    return bytes;
}

static int start_disk(void **state)
{
    (void)state;
    faulty_os_init(&disk);
    assert_int_equal(disk.os.make_dir(disk.os.user, "/build"), 0);
    assert_int_equal(disk.os.sync_dir(disk.os.user, "/"), 0);
    if (program)
        faulty_os_lay(&disk, PROGRAM, program, program_size);
    return 0;
}

static int stop_disk(void **state)
{
    (void)state;
    faulty_os_deinit(&disk);
    return 0;
}

/* The places in the file PROGRAM that are raw, and those that are one instruction. */
static wisp_sled_counts count_places(void)
{
    wisp_arena arena;
    wisp_object object;
    wisp_error err;
    const faulty_bytes *file = faulty_os_file(&disk, PROGRAM);
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    assert_int_equal(
        wisp_object_open(&arena, PROGRAM, (wisp_bytes){file->data, file->size}, &object, &err),
        WISP_OK);
    wisp_sled_counts counts = wisp_sled_count(&object);
    wisp_object_close(&object);
    wisp_arena_deinit(&arena);
    return counts;
}

static wisp_status merge(uint32_t *merged, wisp_error *err)
{
    return wisp_symbols_merge(NULL, &disk.os, PROGRAM, merged, err);
}

static void merging_changes_the_places_and_nothing_else(void **state)
{
    (void)state;
    uint32_t merged;
    wisp_error err;
    if (!program || count_places().raw == 0)
        skip();
    wisp_sled_counts before = count_places();
    assert_int_equal(merge(&merged, &err), WISP_OK);
    assert_int_equal(merged, before.raw);
    assert_int_equal(count_places().ready, before.raw + before.ready);
    const faulty_bytes *file = faulty_os_file(&disk, PROGRAM);
    size_t changed = 0;
    assert_int_equal(file->size, program_size);
    for (size_t i = 0; i < program_size; i++)
        changed += file->data[i] != program[i];
    assert_int_equal(changed, WISP_SLED_X86_64 * merged);
}

static void merging_twice_writes_once(void **state)
{
    (void)state;
    uint32_t merged;
    wisp_error err;
    if (!program)
        skip();
    assert_int_equal(merge(&merged, &err), WISP_OK);
    faulty_os_arm(&disk, FAULT_NONE, 0);
    const uint8_t *data = faulty_os_file(&disk, PROGRAM)->data;
    assert_int_equal(merge(&merged, &err), WISP_OK);
    assert_int_equal(merged, 0);
    assert_ptr_equal(faulty_os_file(&disk, PROGRAM)->data, data); /* the same file */
}

/* What can happen to whoever writes: a call fails, the disk is full, or at that call it is killed
 * or the power is cut. */
static const struct {
    fault fault;
    survival survival;
} accidents[] = {{FAULT_EIO, SURVIVES_ALL},
                 {FAULT_ENOSPC, SURVIVES_ALL},
                 {FAULT_CRASH, SURVIVES_ALL},
                 {FAULT_CRASH, SURVIVES_SYNCED},
                 {FAULT_CRASH, SURVIVES_NAMES}};
enum { ACCIDENTS_LEN = sizeof accidents / sizeof *accidents };

/* Merges, with accident [kind] at call [n]: the file is the old one or the merged one. False if
 * there were fewer calls. */
static bool survives_merging(size_t kind, uint64_t n)
{
    uint32_t merged;
    wisp_error err;
    stop_disk(NULL);
    start_disk(NULL);
    faulty_os_arm(&disk, accidents[kind].fault, n);
    wisp_status status = merge(&merged, &err);
    bool has_struck = faulty_os_struck(&disk);
    faulty_os_reboot(&disk, accidents[kind].survival);
    wisp_sled_counts counts = count_places();
    assert_true(counts.raw == 0 || counts.ready == 0);
    /* To close a file that was read may fail unseen. */
    assert_true(status == WISP_IO || (status == WISP_OK && counts.raw == 0));
    return has_struck;
}

static void no_accident_leaves_half_a_program(void **state)
{
    (void)state;
    if (!program || count_places().raw == 0)
        skip();
    for (size_t kind = 0; kind < ACCIDENTS_LEN; kind++) {
        for (uint64_t n = 1; survives_merging(kind, n);)
            n++;
    }
}

/* ------------------------------------------------------------------ the store */

static wisp_status open_and_keep(wisp_error *err)
{
    const wisp_symbols_config config = {.os = &disk.os, .store = STORE};
    wisp_symbols *symbols;
    wisp_arena arena;
    const char *path;
    wisp_status status = wisp_symbols_open(&config, PROGRAM, &symbols, err);
    if (status)
        return status;
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    status = wisp_symbols_keep(symbols, STORE, &arena, &path, err);
    wisp_arena_deinit(&arena);
    wisp_symbols_close(symbols);
    return status;
}

/* The build-id of the program, in hexadecimal. */
static void build_id(char text[WISP_BUILD_ID_TEXT_SIZE])
{
    wisp_arena arena;
    wisp_object object;
    wisp_error err;
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    assert_int_equal(
        wisp_object_open(&arena, PROGRAM, (wisp_bytes){program, program_size}, &object, &err),
        WISP_OK);
    wisp_build_id_print(object.build_id, text);
    wisp_object_close(&object);
    wisp_arena_deinit(&arena);
}

static wisp_status open_build(const char *id, wisp_error *err)
{
    const wisp_symbols_config config = {.os = &disk.os, .store = STORE};
    wisp_symbols *symbols;
    wisp_status status = wisp_symbols_open_build(&config, id, &symbols, err);
    wisp_symbols_close(symbols);
    return status;
}

static void what_is_kept_is_found_by_its_build_id(void **state)
{
    (void)state;
    char id[WISP_BUILD_ID_TEXT_SIZE];
    wisp_error err;
    if (!program)
        skip();
    build_id(id);
    assert_int_equal(open_build(id, &err), WISP_NOT_FOUND);
    assert_int_equal(open_and_keep(&err), WISP_OK);
    assert_int_equal(open_build(id, &err), WISP_OK);
    id[8] = '\0';
    assert_int_equal(open_build(id, &err), WISP_OK);
    id[7] = '\0';
    assert_int_equal(open_build(id, &err), WISP_INVALID);
    assert_int_equal(open_build("../../../etc", &err), WISP_INVALID);
    assert_int_equal(open_build("0123456789", &err), WISP_NOT_FOUND);
}

static void a_beginning_of_two_builds_is_refused(void **state)
{
    (void)state;
    char id[WISP_BUILD_ID_TEXT_SIZE], path[300];
    wisp_error err;
    if (!program)
        skip();
    build_id(id);
    assert_int_equal(open_and_keep(&err), WISP_OK);
    snprintf(path, sizeof path, STORE "/.build-id/%.2s/%.6sffff.debug", id, id + 2);
    faulty_os_lay(&disk, path, program, program_size);
    id[8] = '\0';
    assert_int_equal(open_build(id, &err), WISP_MISMATCH);
}

/* Keeps the program, [is_again] where it is kept already, with accident [kind] at call [n]: what
 * is in the store is whole. False if there were fewer calls. */
static bool survives_keeping(size_t kind, uint64_t n, bool is_again)
{
    char id[WISP_BUILD_ID_TEXT_SIZE];
    wisp_error err;
    stop_disk(NULL);
    start_disk(NULL);
    build_id(id);
    if (is_again)
        assert_int_equal(open_and_keep(&err), WISP_OK);
    faulty_os_arm(&disk, accidents[kind].fault, n);
    wisp_status status = open_and_keep(&err);
    bool has_struck = faulty_os_struck(&disk);
    if (accidents[kind].fault != FAULT_CRASH)
        assert_int_equal(faulty_os_open_len(&disk), 0);
    faulty_os_reboot(&disk, accidents[kind].survival);
    wisp_status found = open_build(id, &err);
    assert_true(status == WISP_OK || status == WISP_IO);
    assert_true(found == WISP_OK || (found == WISP_NOT_FOUND && status && !is_again));
    return has_struck;
}

static void no_accident_leaves_half_a_build_in_the_store(void **state)
{
    (void)state;
    if (!program)
        skip();
    for (size_t kind = 0; kind < ACCIDENTS_LEN; kind++) {
        for (uint64_t n = 1; survives_keeping(kind, n, false);)
            n++;
        for (uint64_t n = 1; survives_keeping(kind, n, true);)
            n++;
    }
}

/* ------------------------------------------------------------------ what sections claim */

/* The program with a thousand sections more, all of which are its table of symbols. */
static uint8_t *repeat_symbols(size_t *size)
{
    enum { REPEATED = 1000 };
    Elf64_Ehdr header;
    Elf64_Shdr section;
    memcpy(&header, program, sizeof header);
    size_t table = header.e_shnum * sizeof section;
    *size = program_size + table + REPEATED * sizeof section;
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    memcpy(bytes, program, program_size);
    memcpy(bytes + program_size, program + header.e_shoff, table);
    for (size_t i = 0; i < header.e_shnum; i++) {
        memcpy(&section, program + header.e_shoff + i * sizeof section, sizeof section);
        for (size_t k = 0; section.sh_type == SHT_SYMTAB && k < REPEATED; k++)
            memcpy(bytes + program_size + table + k * sizeof section, &section, sizeof section);
    }
    header.e_shoff = program_size;
    header.e_shnum = (Elf64_Half)(header.e_shnum + REPEATED);
    memcpy(bytes, &header, sizeof header);
    return bytes;
}

static void there_are_no_more_symbols_than_have_room_in_the_file(void **state)
{
    (void)state;
    size_t size;
    wisp_arena arena;
    wisp_object object;
    wisp_error err;
    if (!program)
        skip();
    uint8_t *bytes = repeat_symbols(&size);
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    assert_int_equal(wisp_object_open(&arena, PROGRAM, (wisp_bytes){bytes, size}, &object, &err),
                     WISP_OK);
    assert_true(object.symbol_count > 0);
    assert_true(object.symbol_count <= size / sizeof(Elf64_Sym));
    wisp_object_close(&object);
    wisp_arena_deinit(&arena);
    free(bytes);
}

/* ------------------------------------------------------------------ memory */

/* All that makers of patches do, with memory that may be refused. */
static wisp_status work(wisp_allocator *allocator, wisp_error *err)
{
    const wisp_symbols_config config = {.allocator = allocator, .os = &disk.os, .store = STORE};
    const wisp_symbols_function *function;
    const wisp_symbols_type *type;
    const char *path;
    uint32_t merged;
    wisp_arena arena;
    wisp_symbols *symbols = NULL;
    wisp_arena_init(&arena, allocator, 4096);
    wisp_status status = wisp_symbols_merge(allocator, &disk.os, PROGRAM, &merged, err);
    if (!status)
        status = wisp_symbols_open(&config, PROGRAM, &symbols, err);
    if (!status)
        status = wisp_symbols_keep(symbols, STORE, &arena, &path, err);
    if (!status)
        status = wisp_symbols_find_declared(symbols, "system", &function, err);
    if (!status)
        status = wisp_symbols_find_type(symbols, "struct list", &type, err);
    if (!status)
        status = wisp_symbols_complete(symbols, type, err);
    wisp_symbols_close(symbols);
    wisp_arena_deinit(&arena);
    return status;
}

static void no_refused_memory_is_missed(void **state)
{
    (void)state;
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_error err;
    if (!program)
        skip();
    uint64_t n = 1;
    for (;; n++) {
        stop_disk(NULL);
        start_disk(NULL);
        ration_refuse(&r, n);
        wisp_status status = work(&allocator, &err);
        assert_int_equal(r.live, 0);
        if (!ration_struck(&r)) {
            assert_int_equal(status, WISP_OK);
            break;
        }
        assert_int_equal(status, WISP_NO_MEMORY);
        assert_true(count_places().raw == 0 || count_places().ready == 0);
    }
    assert_true(n > 10);
}

/* Makes thunks of the object file [bytes]. */
static wisp_status make_thunks(const wisp_allocator *allocator, wisp_bytes bytes, wisp_error *err)
{
    wisp_bytes changed, text;
    wisp_arena arena;
    wisp_arena_init(&arena, allocator, 256);
    wisp_thunks thunks = {.arena = &arena};
    wisp_status status = wisp_thunks_take(&thunks, "subjects.o", bytes, &changed, err);
    if (!status)
        status = wisp_thunks_print(&thunks, &text, err);
    wisp_arena_deinit(&arena);
    return status;
}

static void no_refused_memory_is_missed_by_thunks(void **state)
{
    (void)state;
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_error err;
    wisp_bytes bytes;
    uint8_t *object = read_built("gcc_object", &bytes.size);
    if (!object)
        skip();
    bytes.data = object;
    for (uint64_t n = 1;; n++) {
        ration_refuse(&r, n);
        wisp_status status = make_thunks(&allocator, bytes, &err);
        assert_int_equal(r.live, 0);
        assert_int_equal(status, ration_struck(&r) ? WISP_NO_MEMORY : WISP_OK);
        if (!ration_struck(&r))
            break;
    }
    free(object);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
    program = read_built("gcc_O2", &program_size);
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_disk, stop_disk)
    const struct CMUnitTest tests[] = {
        TEST(merging_changes_the_places_and_nothing_else),
        TEST(merging_twice_writes_once),
        TEST(no_accident_leaves_half_a_program),
        TEST(what_is_kept_is_found_by_its_build_id),
        TEST(a_beginning_of_two_builds_is_refused),
        TEST(no_accident_leaves_half_a_build_in_the_store),
        TEST(there_are_no_more_symbols_than_have_room_in_the_file),
        TEST(no_refused_memory_is_missed),
        TEST(no_refused_memory_is_missed_by_thunks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(program);
    return failed;
}
