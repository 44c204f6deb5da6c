#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "modules_snapshot.h"
#include "os/shared_bytes.h"

/* ------------------------------------------------------------------ a system that refuses */

/* How many calls of mmap there are until one fails; negative: none does. */
static int until_refusal = -1;

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (until_refusal < 0 || until_refusal-- > 0)
        return __real_mmap(at, size, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

/* What mmap is called where offsets have 64 bits. */
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return __wrap_mmap(at, size, protection, flags, fd, offset);
}

/* ------------------------------------------------------------------ a world with a buffer */

static wisp_status host_three(void *user, wisp_instance *caller, const wisp_value *args,
                              wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)args, (void)err;
    results[0] = wisp_i32(3);
    return WISP_OK;
}

enum { BUFFER = 65536, UNITS = 2 }; /* where the module's buffer is, and what is mapped there */

typedef struct world {
    fixture f;
    wisp_instance *instance;
    wisp_memory *memory;
    wisp_shared_bytes bytes; /* full of 5 */
    wisp_mapping mapping;    /* all of them, shared */
} world;

/* Skips the test where the system has no files to map. */
static void init(world *w, wisp_memory_source source)
{
    wisp_store_config config = {.memory_source = source};
    memset(w, 0, sizeof *w);
    size_t unit = wisp_memory_map_unit();
    if (unit == 0 || unit > 65536 || !wisp_shared_bytes_open(&w->bytes, UNITS * unit))
        skip();
    assert_int_equal(w->bytes.size, UNITS * unit);
    memset(w->bytes.data, 5, w->bytes.size);
    w->mapping = (wisp_mapping){.fd = w->bytes.fd, .size = w->bytes.size};
    fixture_init(&w->f, &config);
    fixture_offer(&w->f, "host", "()i", host_three, NULL);
    w->instance = fixture_instance(&w->f, BYTES(stateful_wasm));
    w->memory = wisp_instance_memory(w->instance, "memory");
    assert_int_equal(fixture_call(&w->f, w->instance, "grow", 3), 1);
}

static void deinit(world *w)
{
    until_refusal = -1;
    fixture_deinit(&w->f);
    wisp_shared_bytes_close(&w->bytes);
}

static wisp_status map(world *w, uint64_t address)
{
    return wisp_memory_map(w->memory, address, &w->mapping, &w->f.err);
}

static int32_t get(world *w, size_t at)
{
    return fixture_call(&w->f, w->instance, "get", (int32_t)(BUFFER + at));
}

static void set(world *w, size_t at)
{
    assert_int_equal(fixture_run(&w->f, w->instance, "set", (int32_t)(BUFFER + at)), WISP_OK);
}

/* The buffer and what is around it. */
static void assert_reads(world *w, int32_t expected)
{
    assert_int_equal(get(w, (size_t)-1), 0);
    assert_int_equal(get(w, 0), expected);
    assert_int_equal(get(w, w->mapping.size - 1), expected);
    assert_int_equal(get(w, w->mapping.size), 0);
}

/* ------------------------------------------------------------------ mapping */

static void what_is_shared_is_seen_and_written_by_both_sides(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    set(&w, 0);
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    assert_reads(&w, 5);
    set(&w, 10);
    assert_int_equal(w.bytes.data[10], 7);
    w.bytes.data[11] = 9;
    assert_int_equal(get(&w, 11), 9);
    deinit(&w);
}

static void what_is_written_in_private_nobody_else_sees(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    w.mapping.is_private = true;
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    assert_reads(&w, 5);
    set(&w, 10);
    assert_int_equal(get(&w, 10), 7);
    assert_int_equal(w.bytes.data[10], 5);
    deinit(&w);
}

static void a_part_of_a_file_is_mapped_from_its_offset_on(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    w.mapping.offset = w.mapping.size = wisp_memory_map_unit();
    w.bytes.data[w.mapping.offset] = 8;
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    assert_int_equal(get(&w, 0), 8);
    assert_int_equal(get(&w, w.mapping.size), 0);
    deinit(&w);
}

static void one_file_is_in_two_memories_at_once(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    wisp_instance *other = fixture_instance(&w.f, BYTES(stateful_wasm));
    wisp_memory *memory = wisp_instance_memory(other, "memory");
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    assert_int_equal(wisp_memory_map(memory, 0, &w.mapping, &w.f.err), WISP_OK);
    set(&w, 3);
    assert_int_equal(fixture_call(&w.f, other, "get", 3), 7);
    deinit(&w);
}

static void the_descriptor_may_be_closed_and_the_bytes_stay(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    w.mapping.fd = dup(w.bytes.fd);
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    close(w.mapping.fd);
    assert_reads(&w, 5);
    deinit(&w);
}

static void a_memory_grows_while_a_file_is_mapped(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    assert_int_equal(map(&w, 4 * 65536 - w.mapping.size), WISP_OK); /* up to the end */
    assert_int_equal(fixture_call(&w.f, w.instance, "grow", 100), 4);
    assert_int_equal(get(&w, 3 * 65536 - 1), 5);
    assert_int_equal(get(&w, 3 * 65536), 0);
    assert_int_equal(map(&w, 4 * 65536), WISP_OK); /* right behind it */
    assert_int_equal(get(&w, 3 * 65536), 5);
    deinit(&w);
}

static void unmapping_leaves_zeros_and_the_file_as_it_is(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    set(&w, 0);
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    assert_int_equal(wisp_memory_unmap(w.memory, BUFFER, w.mapping.size, &w.f.err), WISP_OK);
    assert_reads(&w, 0);
    set(&w, 1);
    assert_int_equal(w.bytes.data[1], 5);
    assert_int_equal(wisp_memory_unmap(w.memory, BUFFER, w.mapping.size, &w.f.err), WISP_OK);
    assert_reads(&w, 0);
    deinit(&w);
}

static void a_mapping_replaces_the_one_that_is_there(void **state)
{
    (void)state;
    world w;
    wisp_shared_bytes other;
    init(&w, WISP_MEMORY_MAPPED);
    assert_true(wisp_shared_bytes_open(&other, w.mapping.size));
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    w.mapping.fd = other.fd;
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    assert_reads(&w, 0);
    assert_int_equal(w.bytes.data[0], 5);
    wisp_shared_bytes_close(&other);
    deinit(&w);
}

/* ------------------------------------------------------------------ refusals */

static void ranges_that_cannot_be_are_refused(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    const uint64_t unit = wisp_memory_map_unit(), end = 4 * 65536;
    const struct {
        uint64_t address, offset, size;
        wisp_status status;
    } cases[] = {
        {BUFFER, 0, 0, WISP_INVALID},
        {BUFFER + 1, 0, unit, WISP_INVALID},
        {BUFFER, 1, unit, WISP_INVALID},
        {BUFFER, 0, unit - 1, WISP_INVALID},
        {BUFFER, 2 * unit, unit, WISP_INVALID},
        {BUFFER, unit, 2 * unit, WISP_INVALID},
        {BUFFER, 0 - unit, unit, WISP_INVALID},
        {BUFFER, 0 - unit, 2 * unit, WISP_INVALID},
        {end, 0, unit, WISP_LIMIT},
        {end - unit, 0, 2 * unit, WISP_LIMIT},
        {0 - unit, 0, unit, WISP_LIMIT},
        {unit, 0, 0 - unit, WISP_LIMIT},
    };
    set(&w, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w.mapping.offset = cases[i].offset;
        w.mapping.size = cases[i].size;
        assert_int_equal(map(&w, cases[i].address), cases[i].status);
        if (cases[i].offset == 0)
            assert_int_equal(wisp_memory_unmap(w.memory, cases[i].address, cases[i].size, NULL),
                             cases[i].status);
        assert_int_equal(get(&w, 0), 7);
    }
    deinit(&w);
}

static void what_is_no_file_that_can_be_written_is_refused(void **state)
{
    (void)state;
    world w;
    char path[] = "/tmp/wisp-mapping-XXXXXX";
    init(&w, WISP_MEMORY_MAPPED);
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)w.mapping.size), 0);
    close(file);
    set(&w, 0);
    w.mapping.fd = -1;
    assert_int_equal(map(&w, BUFFER), WISP_INVALID);
    assert_int_equal(get(&w, 0), 7);
    w.mapping.fd = open(path, O_RDONLY);
    assert_int_equal(map(&w, BUFFER), WISP_IO);
    assert_reads(&w, 0);
    w.mapping.is_private = true;
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    set(&w, 0);
    close(w.mapping.fd);
    unlink(path);
    deinit(&w);
}

static void only_reserved_memory_that_is_not_shared_takes_files(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_ALLOCATED);
    assert_int_equal(map(&w, BUFFER), WISP_UNSUPPORTED);
    assert_int_equal(wisp_memory_unmap(w.memory, BUFFER, w.mapping.size, NULL), WISP_UNSUPPORTED);
    if (wisp_features_built_in() & WISP_FEATURE_THREADS) {
        wisp_shared_memory *shared;
        wisp_memory_type type = {.limits = {4, 4}};
        assert_int_equal(wisp_shared_memory_new(NULL, &type, &shared, NULL), WISP_OK);
        assert_int_equal(wisp_memory_new_shared(w.f.store, shared, &w.memory, NULL), WISP_OK);
        wisp_shared_memory_release(shared);
        assert_int_equal(map(&w, BUFFER), WISP_UNSUPPORTED);
    }
    deinit(&w);
}

static void a_system_that_refuses_leaves_zeros_that_can_be_used(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    set(&w, 0);
    until_refusal = 0;
    assert_int_equal(map(&w, BUFFER), WISP_IO);
    assert_reads(&w, 0);
    set(&w, 0);
    assert_int_equal(map(&w, BUFFER), WISP_OK);
    until_refusal = 0;
    assert_int_equal(wisp_memory_unmap(w.memory, BUFFER, w.mapping.size, NULL), WISP_IO);
    assert_reads(&w, 5);
    deinit(&w);
}

static void a_store_whose_memory_is_not_reserved_after_all_copies(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    until_refusal = 0;
    wisp_limits limits = {1, 1};
    assert_int_equal(wisp_memory_new(w.f.store, limits, &w.memory, NULL), WISP_OK);
    assert_int_equal(map(&w, 0), WISP_UNSUPPORTED);
    deinit(&w);
}

/* ------------------------------------------------------------------ snapshots */

static void a_snapshot_has_what_is_seen_where_a_file_is_mapped(void **state)
{
    static const int32_t grown[] = {0, 30}; /* to less and more than is worth asking the system */
    (void)state;
    for (int i = 0; i < 2; i++) {
        world w;
        wisp_snapshot *snapshot;
        wisp_instance *clone;
        init(&w, WISP_MEMORY_MAPPED);
        fixture_call(&w.f, w.instance, "grow", grown[i]);
        assert_int_equal(map(&w, BUFFER), WISP_OK);
        assert_int_equal(wisp_snapshot_take(w.instance, &snapshot, NULL), WISP_OK);
        assert_int_equal(
            wisp_instance_new_from(w.f.store, w.f.modules[0], w.f.linker, snapshot, &clone, NULL),
            WISP_OK);
        memset(w.bytes.data, 6, w.bytes.size);
        assert_int_equal(fixture_call(&w.f, clone, "get", BUFFER), 5);
        assert_int_equal(fixture_call(&w.f, clone, "get", BUFFER + (int32_t)w.bytes.size - 1), 5);
        assert_int_equal(wisp_snapshot_restore(snapshot, w.instance, NULL), WISP_OK);
        assert_reads(&w, 5);
        assert_int_equal(w.bytes.data[0], 6);
        set(&w, 0);
        assert_int_equal(w.bytes.data[0], 6);
        wisp_snapshot_free(snapshot);
        deinit(&w);
    }
}

static void a_snapshot_is_whole_where_the_system_does_not_say_what_is_used(void **state)
{
    (void)state;
    world w;
    wisp_snapshot *told, *found;
    init(&w, WISP_MEMORY_MAPPED);
    fixture_call(&w.f, w.instance, "grow", 30);
    set(&w, 0);
    assert_int_equal(wisp_snapshot_take(w.instance, &told, NULL), WISP_OK);
    until_refusal = 0; /* of what it takes to believe the system */
    assert_int_equal(wisp_snapshot_take(w.instance, &found, NULL), WISP_OK);
    wisp_bytes one = wisp_snapshot_bytes(told), other = wisp_snapshot_bytes(found);
    assert_int_equal(one.size, other.size);
    assert_memory_equal(one.data, other.data, one.size);
    wisp_snapshot_free(told);
    wisp_snapshot_free(found);
    deinit(&w);
}

/* ------------------------------------------------------------------ shared bytes */

static void shared_bytes_neither_shrink_nor_grow(void **state)
{
    (void)state;
    world w;
    init(&w, WISP_MEMORY_MAPPED);
    assert_int_equal(ftruncate(w.bytes.fd, 0), -1);
    assert_int_equal(ftruncate(w.bytes.fd, (off_t)w.bytes.size * 2), -1);
    deinit(&w);
}

static void shared_bytes_that_the_system_refuses_leave_nothing(void **state)
{
    (void)state;
    world w;
    wisp_shared_bytes bytes;
    init(&w, WISP_MEMORY_MAPPED);
    int next = dup(w.bytes.fd);
    close(next);
    until_refusal = 0;
    assert_false(wisp_shared_bytes_open(&bytes, 1));
    assert_false(wisp_shared_bytes_open(&bytes, 0));
    assert_false(wisp_shared_bytes_open(&bytes, SIZE_MAX));
    assert_false(wisp_shared_bytes_open(&bytes, SIZE_MAX / 2 - 65536));
    int after = dup(w.bytes.fd);
    assert_int_equal(after, next);
    close(after);
    deinit(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shared_is_seen_and_written_by_both_sides),
        cmocka_unit_test(what_is_written_in_private_nobody_else_sees),
        cmocka_unit_test(a_part_of_a_file_is_mapped_from_its_offset_on),
        cmocka_unit_test(one_file_is_in_two_memories_at_once),
        cmocka_unit_test(the_descriptor_may_be_closed_and_the_bytes_stay),
        cmocka_unit_test(a_memory_grows_while_a_file_is_mapped),
        cmocka_unit_test(unmapping_leaves_zeros_and_the_file_as_it_is),
        cmocka_unit_test(a_mapping_replaces_the_one_that_is_there),
        cmocka_unit_test(ranges_that_cannot_be_are_refused),
        cmocka_unit_test(what_is_no_file_that_can_be_written_is_refused),
        cmocka_unit_test(only_reserved_memory_that_is_not_shared_takes_files),
        cmocka_unit_test(a_system_that_refuses_leaves_zeros_that_can_be_used),
        cmocka_unit_test(a_store_whose_memory_is_not_reserved_after_all_copies),
        cmocka_unit_test(a_snapshot_has_what_is_seen_where_a_file_is_mapped),
        cmocka_unit_test(a_snapshot_is_whole_where_the_system_does_not_say_what_is_used),
        cmocka_unit_test(shared_bytes_neither_shrink_nor_grow),
        cmocka_unit_test(shared_bytes_that_the_system_refuses_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
