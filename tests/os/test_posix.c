#include <wisp/os.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* Each test gets a folder of its own, and is in it. */
typedef struct fixture {
    const wisp_os *os;
    char folder[64];
    char before[4096]; /* where the process was */
} fixture;

static int enter_folder(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->os = wisp_os_posix();
    strcpy(f->folder, "/tmp/wisp-os-XXXXXX");
    *state = f;
    return !getcwd(f->before, sizeof f->before) || !mkdtemp(f->folder) || chdir(f->folder) < 0;
}

static bool remove_name(void *context, const char *name)
{
    (void)context;
    if (unlink(name) < 0)
        rmdir(name);
    return true;
}

static int leave_folder(void **state)
{
    fixture *f = *state;
    f->os->list_dir(f->os->user, ".", remove_name, NULL);
    int result = chdir(f->before) < 0 || rmdir(f->folder) < 0;
    free(f);
    return result;
}

static int open_file(const fixture *f, const char *path, int flags)
{
    int fd = f->os->open(f->os->user, path, flags);
    assert_true(fd >= 0);
    return fd;
}

static void close_file(const fixture *f, int fd)
{
    assert_int_equal(f->os->close(f->os->user, fd), 0);
}

static void write_file(const fixture *f, const char *path, const char *text)
{
    int fd = open_file(f, path, WISP_OS_WRITE);
    int64_t size = (int64_t)strlen(text);
    assert_int_equal(f->os->write_at(f->os->user, fd, text, (size_t)size, 0), size);
    close_file(f, fd);
}

static void assert_file_holds(const fixture *f, const char *path, const char *text)
{
    char found[64] = {0};
    int fd = open_file(f, path, WISP_OS_READ);
    assert_int_equal(f->os->read_at(f->os->user, fd, found, sizeof found - 1, 0), strlen(text));
    assert_string_equal(found, text);
    close_file(f, fd);
}

/* ------------------------------------------------------------------ files */

static void what_is_written_is_read(void **state)
{
    const fixture *f = *state;
    char found[8] = {0};
    int fd = open_file(f, "file", WISP_OS_WRITE);
    assert_int_equal(f->os->write_at(f->os->user, fd, "wisp", 4, 0), 4);
    assert_int_equal(f->os->write_at(f->os->user, fd, "!", 1, 6), 1);
    assert_int_equal(f->os->file_size(f->os->user, fd), 7);
    assert_int_equal(f->os->sync(f->os->user, fd), 0);
    assert_int_equal(f->os->read_at(f->os->user, fd, found, sizeof found, 0), 7);
    assert_memory_equal(found, "wisp\0\0!", 7);
    assert_int_equal(f->os->read_at(f->os->user, fd, found, sizeof found, 2), 5);
    assert_int_equal(f->os->read_at(f->os->user, fd, found, sizeof found, 7), 0);
    assert_int_equal(f->os->read_at(f->os->user, fd, found, sizeof found, 1000), 0);
    close_file(f, fd);
}

static void a_new_file_is_for_its_owner_alone(void **state)
{
    const fixture *f = *state;
    struct stat st;
    write_file(f, "file", "x");
    assert_int_equal(stat("file", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void writing_keeps_what_is_there_unless_told_to_truncate(void **state)
{
    const fixture *f = *state;
    write_file(f, "file", "abcdef");
    write_file(f, "file", "XY");
    assert_file_holds(f, "file", "XYcdef");
    close_file(f, open_file(f, "file", WISP_OS_WRITE | WISP_OS_TRUNCATE));
    assert_file_holds(f, "file", "");
}

static void opening_fails_with_the_systems_reason(void **state)
{
    const fixture *f = *state;
    write_file(f, "file", "x");
    assert_int_equal(f->os->make_dir(f->os->user, "folder"), 0);
    static const struct {
        const char *path;
        int flags, result;
    } cases[] = {
        {"missing", WISP_OS_READ, -ENOENT},
        {"missing/file", WISP_OS_WRITE, -ENOENT},
        {"file/below", WISP_OS_READ, -ENOTDIR},
        {"folder", WISP_OS_WRITE, -EISDIR},
        {"file", WISP_OS_WRITE | WISP_OS_EXCLUSIVE, -EEXIST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(f->os->open(f->os->user, cases[i].path, cases[i].flags),
                         cases[i].result);
    close_file(f, open_file(f, "new", WISP_OS_WRITE | WISP_OS_EXCLUSIVE));
}

static void a_file_opened_for_reading_cannot_be_written(void **state)
{
    const fixture *f = *state;
    write_file(f, "file", "x");
    int fd = open_file(f, "file", WISP_OS_READ);
    assert_int_equal(f->os->write_at(f->os->user, fd, "y", 1, 0), -EBADF);
    close_file(f, fd);
    assert_file_holds(f, "file", "x");
}

static void a_closed_descriptor_is_refused_by_every_call(void **state)
{
    const fixture *f = *state;
    char byte = 0;
    int fd = open_file(f, "file", WISP_OS_WRITE);
    close_file(f, fd);
    assert_int_equal(f->os->close(f->os->user, fd), -EBADF);
    assert_int_equal(f->os->read_at(f->os->user, fd, &byte, 1, 0), -EBADF);
    assert_int_equal(f->os->write_at(f->os->user, fd, &byte, 1, 0), -EBADF);
    assert_int_equal(f->os->file_size(f->os->user, fd), -EBADF);
    assert_int_equal(f->os->sync(f->os->user, fd), -EBADF);
    assert_int_equal(f->os->lock(f->os->user, fd), -EBADF);
}

static void a_lock_is_held_until_its_descriptor_closes(void **state)
{
    const fixture *f = *state;
    int first = open_file(f, "file", WISP_OS_WRITE);
    int second = open_file(f, "file", WISP_OS_WRITE);
    assert_int_equal(f->os->lock(f->os->user, first), 0);
    assert_int_equal(f->os->lock(f->os->user, second), -EWOULDBLOCK);
    close_file(f, first);
    assert_int_equal(f->os->lock(f->os->user, second), 0);
    close_file(f, second);
}

/* ------------------------------------------------------------------ names */

static void a_rename_replaces_what_was_there(void **state)
{
    const fixture *f = *state;
    write_file(f, "old", "old");
    write_file(f, "new", "new");
    assert_int_equal(f->os->rename(f->os->user, "new", "old"), 0);
    assert_file_holds(f, "old", "new");
    assert_int_equal(f->os->open(f->os->user, "new", WISP_OS_READ), -ENOENT);
    assert_int_equal(f->os->rename(f->os->user, "new", "old"), -ENOENT);
    assert_file_holds(f, "old", "new");
}

static void a_removed_file_is_gone(void **state)
{
    const fixture *f = *state;
    write_file(f, "file", "x");
    assert_int_equal(f->os->remove(f->os->user, "file"), 0);
    assert_int_equal(f->os->remove(f->os->user, "file"), -ENOENT);
}

static void a_new_folder_is_for_its_owner_alone(void **state)
{
    const fixture *f = *state;
    struct stat st;
    assert_int_equal(f->os->make_dir(f->os->user, "folder"), 0);
    assert_int_equal(stat("folder", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(f->os->make_dir(f->os->user, "folder"), -EEXIST);
    assert_int_equal(f->os->make_dir(f->os->user, "missing/folder"), -ENOENT);
}

static void a_folder_can_be_synced_and_a_file_cannot_be_as_one(void **state)
{
    const fixture *f = *state;
    write_file(f, "file", "x");
    assert_int_equal(f->os->sync_dir(f->os->user, "."), 0);
    assert_int_equal(f->os->sync_dir(f->os->user, "missing"), -ENOENT);
    assert_int_equal(f->os->sync_dir(f->os->user, "file"), -ENOTDIR);
}

typedef struct tally {
    unsigned seen, max;
    bool has_dots;
} tally;

static bool count_name(void *context, const char *name)
{
    tally *t = context;
    t->has_dots |= strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    return ++t->seen < t->max;
}

static void a_folder_lists_every_name_but_the_dots(void **state)
{
    const fixture *f = *state;
    tally all = {.max = 100};
    write_file(f, "a", "");
    write_file(f, ".hidden", "");
    assert_int_equal(f->os->make_dir(f->os->user, "folder"), 0);
    assert_int_equal(f->os->list_dir(f->os->user, ".", count_name, &all), 0);
    assert_int_equal(all.seen, 3);
    assert_false(all.has_dots);
}

static void a_listing_stops_when_told(void **state)
{
    const fixture *f = *state;
    tally few = {.max = 2};
    write_file(f, "a", "");
    write_file(f, "b", "");
    write_file(f, "c", "");
    assert_int_equal(f->os->list_dir(f->os->user, ".", count_name, &few), 0);
    assert_int_equal(few.seen, 2);
}

static void what_is_no_folder_cannot_be_listed(void **state)
{
    const fixture *f = *state;
    tally none = {.max = 1};
    write_file(f, "file", "x");
    assert_int_equal(f->os->list_dir(f->os->user, "missing", count_name, &none), -ENOENT);
    assert_int_equal(f->os->list_dir(f->os->user, "file", count_name, &none), -ENOTDIR);
    assert_int_equal(none.seen, 0);
}

/* ------------------------------------------------------------------ clocks and randomness */

static void the_monotonic_clock_never_goes_back(void **state)
{
    const fixture *f = *state;
    uint64_t last = f->os->monotonic_ns(f->os->user);
    for (int i = 0; i < 10000; i++) {
        uint64_t now = f->os->monotonic_ns(f->os->user);
        assert_true(now >= last);
        last = now;
    }
}

static void the_wall_clock_says_seconds_of_this_century(void **state)
{
    const fixture *f = *state;
    int64_t now = f->os->wall_time_s(f->os->user);
    assert_true(now > INT64_C(1600000000));
    assert_true(now < INT64_C(4102444800));
}

static void random_bytes_fill_the_whole_buffer(void **state)
{
    const fixture *f = *state;
    static uint8_t first[1000], second[1000];
    assert_int_equal(f->os->random(f->os->user, first, sizeof first), 0);
    assert_int_equal(f->os->random(f->os->user, second, sizeof second), 0);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_not_equal(first + 968, second + 968, 32); /* the end of it too */
    uint8_t untouched = 7;
    assert_int_equal(f->os->random(f->os->user, &untouched, 0), 0);
    assert_int_equal(untouched, 7);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_written_is_read),
        IN_FOLDER(a_new_file_is_for_its_owner_alone),
        IN_FOLDER(writing_keeps_what_is_there_unless_told_to_truncate),
        IN_FOLDER(opening_fails_with_the_systems_reason),
        IN_FOLDER(a_file_opened_for_reading_cannot_be_written),
        IN_FOLDER(a_closed_descriptor_is_refused_by_every_call),
        IN_FOLDER(a_lock_is_held_until_its_descriptor_closes),
        IN_FOLDER(a_rename_replaces_what_was_there),
        IN_FOLDER(a_removed_file_is_gone),
        IN_FOLDER(a_new_folder_is_for_its_owner_alone),
        IN_FOLDER(a_folder_can_be_synced_and_a_file_cannot_be_as_one),
        IN_FOLDER(a_folder_lists_every_name_but_the_dots),
        IN_FOLDER(a_listing_stops_when_told),
        IN_FOLDER(what_is_no_folder_cannot_be_listed),
        IN_FOLDER(the_monotonic_clock_never_goes_back),
        IN_FOLDER(the_wall_clock_says_seconds_of_this_century),
        IN_FOLDER(random_bytes_fill_the_whole_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
