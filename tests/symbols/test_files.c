#include "faulty_os.h"
#include "publish/permission.h"
#include "symbols/merge.h"
#include "symbols/sleds.h"
#include "symbols/store.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What becomes of a program, and of the store, when the disk fails at any call: on a disk in
 * memory, with a program that gcc has made.
 */

#define PROGRAM "/build/app"

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

static void read_program(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s/gcc_live", folder);
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    fseek(file, 0, SEEK_END);
    program_size = (size_t)ftell(file);
    rewind(file);
    program = malloc(program_size);
    if (!program || fread(program, 1, program_size, file) != program_size)
        abort();
    fclose(file);
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

/* After any failure, and power loss, the file is the old one or the merged one. */
static void no_failure_leaves_half_a_program(void **state)
{
    (void)state;
    const fault faults[] = {FAULT_EIO, FAULT_ENOSPC, FAULT_CRASH};
    uint32_t merged;
    wisp_error err;
    if (!program || count_places().raw == 0)
        skip();
    for (size_t kind = 0; kind < 3; kind++) {
        for (uint64_t n = 1;; n++) {
            stop_disk(NULL);
            start_disk(NULL);
            faulty_os_arm(&disk, faults[kind], n);
            wisp_status status = merge(&merged, &err);
            bool has_struck = faulty_os_struck(&disk);
            faulty_os_reboot(&disk, SURVIVES_SYNCED);
            wisp_sled_counts counts = count_places();
            assert_true(counts.raw == 0 || counts.ready == 0);
            /* To close a file that was read may fail unseen. */
            assert_true(status == WISP_IO || (status == WISP_OK && counts.raw == 0));
            if (!has_struck)
                break;
        }
    }
}

/* ------------------------------------------------------------------ the store */

static wisp_status open_and_keep(wisp_error *err)
{
    const wisp_symbols_config config = {.os = &disk.os, .store = "store"};
    wisp_symbols *symbols;
    wisp_arena arena;
    const char *path;
    wisp_status status = wisp_symbols_open(&config, PROGRAM, &symbols, err);
    if (status)
        return status;
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    status = wisp_symbols_keep(symbols, "store", &arena, &path, err);
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
    const wisp_symbols_config config = {.os = &disk.os, .store = "store"};
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
    snprintf(path, sizeof path, "store/.build-id/%.2s/%.6sffff.debug", id, id + 2);
    faulty_os_lay(&disk, path, program, program_size);
    id[8] = '\0';
    assert_int_equal(open_build(id, &err), WISP_MISMATCH);
}

static void no_failure_of_the_disk_is_missed(void **state)
{
    (void)state;
    char id[WISP_BUILD_ID_TEXT_SIZE];
    wisp_error err;
    if (!program)
        skip();
    build_id(id);
    for (uint64_t n = 1;; n++) {
        stop_disk(NULL);
        start_disk(NULL);
        faulty_os_arm(&disk, FAULT_EIO, n);
        wisp_status status = open_and_keep(&err);
        assert_int_equal(faulty_os_open_len(&disk), 0);
        bool has_struck = faulty_os_struck(&disk);
        faulty_os_arm(&disk, FAULT_NONE, 0);
        wisp_status found = open_build(id, &err);
        assert_true(status == WISP_OK
                        ? found == WISP_OK
                        : status == WISP_IO && (found == WISP_OK || found == WISP_NOT_FOUND));
        if (!has_struck)
            break;
    }
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
    read_program();
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_disk, stop_disk)
    const struct CMUnitTest tests[] = {
        TEST(merging_changes_the_places_and_nothing_else),
        TEST(merging_twice_writes_once),
        TEST(no_failure_leaves_half_a_program),
        TEST(what_is_kept_is_found_by_its_build_id),
        TEST(a_beginning_of_two_builds_is_refused),
        TEST(no_failure_of_the_disk_is_missed),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(program);
    return failed;
}
