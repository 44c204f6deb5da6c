#include "guest.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors: their bytes, positions, flags, rights and numbers. */

static void a_file_is_written_sought_and_read(void **state)
{
    (void)state;
    guest it, *g = &it;
    char text[16] = "";
    guest_init(g, NULL);
    int fd = guest_open(g, "file", WISP_WASI_OPEN_CREATE);
    assert_int_equal(fd, ROOT + 1);
    assert_int_equal(guest_write(g, fd, "hello world"), 11);
    assert_int_equal(CALL(g, "fd_tell", fd, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 8), 11);
    assert_int_equal(CALL(g, "fd_seek", fd, (uint64_t)-5, 2, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 8), 6);
    assert_int_equal(guest_read(g, fd, text, sizeof text), 5);
    assert_string_equal(text, "world");
    assert_int_equal(guest_read(g, fd, text, sizeof text), 0);
    assert_int_equal(CALL(g, "fd_seek", fd, (uint64_t)-1, 0, RESULT), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "fd_seek", fd, 0, 3, RESULT), WISP_WASI_EINVAL);
    assert_int_equal(guest_close(g, fd), 0);
    assert_int_equal(guest_close(g, fd), -WISP_WASI_EBADF);
    assert_string_equal(host_read(g, "file"), "hello world");
    guest_deinit(g);
}

static void several_slices_are_one_transfer(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    int fd = guest_open(g, "file", WISP_WASI_OPEN_CREATE);
    memcpy(guest_at(g, BUFFER, 8), "abcdefgh", 8);
    for (uint32_t i = 0; i < 100; i++) /* more than one call takes, and most are empty */
        guest_store(g, SLICES + 8 * i, 8, BUFFER | (uint64_t)(i == 0 || i == 99 ? 4 : 0) << 32);
    assert_int_equal(CALL(g, "fd_write", fd, SLICES, 100, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 8);
    assert_string_equal(host_read(g, "file"), "abcdabcd");
    guest_store(g, SLICES, 8, (BUFFER + 64) | UINT64_C(3) << 32);
    guest_store(g, SLICES + 8, 8, (BUFFER + 96) | UINT64_C(9) << 32);
    assert_int_equal(CALL(g, "fd_pread", fd, SLICES, 2, 1, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 7);
    assert_memory_equal(guest_at(g, BUFFER + 64, 4), "bcd\0", 4);
    assert_memory_equal(guest_at(g, BUFFER + 96, 5), "abcd\0", 5);
    assert_int_equal(CALL(g, "fd_pwrite", fd, SLICES, 1, 6, RESULT), 0);
    assert_string_equal(host_read(g, "file"), "abcdabbcd");
    assert_int_equal(CALL(g, "fd_tell", fd, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 8), 8); /* where fd_write left it */
    assert_int_equal(CALL(g, "fd_pread", fd, SLICES, 1, UINT64_MAX, RESULT), WISP_WASI_EINVAL);
    guest_deinit(g);
}

static void appending_goes_to_the_end_until_it_is_switched_off(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    host_write(g, "file", "old ");
    int fd = guest_open_at(g, ROOT, "file", 0, 0, ALL_RIGHTS, WISP_WASI_FD_APPEND);
    assert_int_equal(guest_write(g, fd, "new"), 3);
    assert_string_equal(host_read(g, "file"), "old new");
    assert_int_equal(CALL(g, "fd_fdstat_get", fd, BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER, 1), WISP_WASI_REGULAR_FILE);
    assert_int_equal(guest_load(g, BUFFER + 2, 2), WISP_WASI_FD_APPEND);
    assert_int_equal(CALL(g, "fd_fdstat_set_flags", fd, 0), 0);
    assert_int_equal(CALL(g, "fd_seek", fd, 0, 0, RESULT), 0);
    assert_int_equal(guest_write(g, fd, "OLD"), 3);
    assert_string_equal(host_read(g, "file"), "OLD new");
    assert_int_equal(CALL(g, "fd_fdstat_set_flags", fd, WISP_WASI_FD_SYNC), WISP_WASI_ENOTSUP);
    guest_deinit(g);
}

static void sizes_and_times_are_set(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    host_write(g, "file", "0123456789");
    int fd = guest_open_at(g, ROOT, "file", 0, 0, ALL_RIGHTS, 0);
    assert_int_equal(CALL(g, "fd_filestat_set_size", fd, 4), 0);
    assert_int_equal(CALL(g, "fd_filestat_set_size", fd, UINT64_MAX), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "fd_filestat_set_times", fd, 1000000001, 2000000002, 5), 0);
    assert_int_equal(CALL(g, "fd_filestat_get", fd, BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 16, 1), WISP_WASI_REGULAR_FILE);
    assert_int_equal(guest_load(g, BUFFER + 24, 8), 1);
    assert_int_equal(guest_load(g, BUFFER + 32, 8), 4);
    assert_int_equal(guest_load(g, BUFFER + 40, 8), 1000000001);
    assert_int_equal(guest_load(g, BUFFER + 48, 8), 2000000002);
    assert_int_equal(CALL(g, "fd_filestat_set_times", fd, 7, 7, 2), 0); /* accessed: now */
    assert_int_equal(CALL(g, "fd_filestat_get", fd, BUFFER), 0);
    assert_true(guest_load(g, BUFFER + 40, 8) > UINT64_C(1600000000000000000));
    assert_int_equal(guest_load(g, BUFFER + 48, 8), 2000000002);
    assert_int_equal(CALL(g, "fd_filestat_set_times", fd, 7, 7, 3), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "fd_filestat_set_times", fd, 7, 7, 16), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "fd_allocate", fd, 0, 100), 0);
    assert_int_equal(CALL(g, "fd_filestat_get", fd, BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 32, 8), 100);
    assert_int_equal(CALL(g, "fd_sync", fd), 0);
    assert_int_equal(CALL(g, "fd_datasync", fd), 0);
    assert_int_equal(CALL(g, "fd_advise", fd, 0, 100, 3), 0);
    assert_int_equal(CALL(g, "fd_advise", fd, 0, 100, 6), WISP_WASI_EINVAL);
    guest_deinit(g);
}

static void rights_that_were_given_up_are_gone(void **state)
{
    (void)state;
    guest it, *g = &it;
    char text[4];
    uint64_t kept = WISP_WASI_RIGHT_FD_SEEK | WISP_WASI_RIGHT_FD_TELL;
    guest_init(g, NULL);
    int fd = guest_open(g, "file", WISP_WASI_OPEN_CREATE);
    assert_int_equal(CALL(g, "fd_fdstat_set_rights", fd, kept, 0), 0);
    assert_int_equal(guest_read(g, fd, text, 4), -WISP_WASI_EBADF);
    assert_int_equal(guest_write(g, fd, "x"), -WISP_WASI_EBADF);
    assert_int_equal(CALL(g, "fd_filestat_set_size", fd, 0), WISP_WASI_ENOTCAPABLE);
    assert_int_equal(CALL(g, "fd_sync", fd), WISP_WASI_ENOTCAPABLE);
    assert_int_equal(CALL(g, "fd_seek", fd, 1, 0, RESULT), 0);
    assert_int_equal(CALL(g, "fd_fdstat_set_rights", fd, ALL_RIGHTS, 0), WISP_WASI_ENOTCAPABLE);
    assert_int_equal(CALL(g, "fd_fdstat_get", fd, BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 8, 8), kept);
    guest_deinit(g);
}

static void a_directory_passes_on_what_it_may(void **state)
{
    (void)state;
    guest it, *g = &it;
    char text[4];
    guest_init(g, NULL);
    host_write(g, "file", "abc");
    assert_int_equal(CALL(g, "fd_fdstat_get", ROOT, BUFFER), 0);
    uint64_t base = guest_load(g, BUFFER + 8, 8);
    assert_int_equal(CALL(g, "fd_fdstat_set_rights", ROOT,
                          base & ~(uint64_t)WISP_WASI_RIGHT_PATH_UNLINK_FILE,
                          WISP_WASI_RIGHT_FD_READ),
                     0);
    int fd = guest_open(g, "file", 0);
    assert_int_equal(guest_read(g, fd, text, 4), 3);
    assert_int_equal(guest_write(g, fd, "x"), -WISP_WASI_EBADF);
    assert_int_equal(CALL(g, "path_unlink_file", ROOT, A("file")), WISP_WASI_ENOTCAPABLE);
    guest_deinit(g);
}

static void a_file_opened_for_one_way_goes_one_way(void **state)
{
    (void)state;
    guest it, *g = &it;
    char text[4];
    guest_init(g, NULL);
    host_write(g, "file", "abc");
    int reads = guest_open_at(g, ROOT, "file", 0, 0, WISP_WASI_RIGHT_FD_READ, 0);
    int writes = guest_open_at(g, ROOT, "file", 0, 0, WISP_WASI_RIGHT_FD_WRITE, 0);
    assert_int_equal(guest_read(g, reads, text, 4), 3);
    assert_int_equal(guest_write(g, reads, "x"), -WISP_WASI_EBADF);
    assert_int_equal(guest_write(g, writes, "x"), 1);
    assert_int_equal(guest_read(g, writes, text, 4), -WISP_WASI_EBADF);
    assert_int_equal(guest_read(g, 1, text, 4), -WISP_WASI_EBADF); /* standard output */
    assert_int_equal(guest_write(g, 0, "x"), -WISP_WASI_EBADF);
    guest_deinit(g);
}

static void numbers_move_and_are_used_again(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    int a = guest_open(g, "a", WISP_WASI_OPEN_CREATE),
        b = guest_open(g, "b", WISP_WASI_OPEN_CREATE);
    assert_int_equal(CALL(g, "fd_renumber", a, b), 0);
    assert_int_equal(guest_write(g, b, "to a"), 4);
    assert_string_equal(host_read(g, "a"), "to a");
    assert_int_equal(guest_write(g, a, "x"), -WISP_WASI_EBADF);
    assert_int_equal(CALL(g, "fd_renumber", b, b), 0);
    assert_int_equal(CALL(g, "fd_renumber", b, 99), WISP_WASI_EBADF);
    assert_int_equal(CALL(g, "fd_renumber", 99, b), WISP_WASI_EBADF);
    assert_int_equal(guest_open(g, "c", WISP_WASI_OPEN_CREATE), a); /* the lowest that is free */
    assert_int_equal(guest_close(g, ROOT), 0);
    assert_int_equal(guest_open(g, "c", 0), -WISP_WASI_EBADF);
    guest_deinit(g);
}

static void there_are_no_more_descriptors_than_allowed(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, &(wisp_wasi_config){.descriptor_max = 5});
    assert_int_equal(guest_open(g, "a", WISP_WASI_OPEN_CREATE), 4);
    assert_int_equal(guest_open(g, "a", 0), -WISP_WASI_EMFILE);
    assert_int_equal(guest_close(g, 4), 0);
    assert_int_equal(guest_open(g, "a", 0), 4);
    guest_deinit(g);
}

static void preopened_folders_have_names(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(
        g, &(wisp_wasi_config){.preopens = (wisp_wasi_preopen[]){{.host = "/tmp", .guest = "tmp"},
                                                                 {.host = "/", .guest = "/data"}},
                               .preopen_count = 2});
    assert_int_equal(CALL(g, "fd_prestat_get", 4, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 0);
    assert_int_equal(guest_load(g, RESULT + 4, 4), 5);
    assert_int_equal(CALL(g, "fd_prestat_dir_name", 4, BUFFER, 5), 0);
    assert_memory_equal(guest_at(g, BUFFER, 6), "/data\0", 6);
    assert_int_equal(CALL(g, "fd_prestat_dir_name", 4, BUFFER, 4), WISP_WASI_ENAMETOOLONG);
    assert_int_equal(CALL(g, "fd_prestat_get", 5, RESULT), WISP_WASI_EBADF);
    assert_int_equal(CALL(g, "fd_prestat_get", 0, RESULT), WISP_WASI_EBADF);
    guest_deinit(g);
}

/* ------------------------------------------------------------------ streams of the program's */

typedef struct stream {
    char text[64];
    size_t len;
    int64_t answer; /* instead of a length, where it is negative */
} stream;

static int64_t give(void *user, void *into, size_t size)
{
    stream *s = user;
    size_t given = s->len < size ? s->len : size;
    memcpy(into, s->text, given);
    s->len = 0;
    return s->answer < 0 ? s->answer : (int64_t)given;
}

static int64_t take(void *user, const void *from, size_t size)
{
    stream *s = user;
    memcpy(s->text + s->len, from, size);
    s->len += size;
    return (int64_t)size;
}

static void streams_can_be_functions(void **state)
{
    (void)state;
    guest it, *g = &it;
    stream in = {.text = "input", .len = 5}, out = {.len = 0};
    char text[16];
    guest_init(
        g, &(wisp_wasi_config){.in = {.kind = WISP_WASI_CALLBACK, .read = give, .user = &in},
                               .out = {.kind = WISP_WASI_CALLBACK, .write = take, .user = &out}});
    assert_int_equal(guest_read(g, 0, text, sizeof text), 5);
    assert_memory_equal(text, "input", 5);
    assert_int_equal(guest_read(g, 0, text, sizeof text), 0);
    in.answer = -5; /* EIO */
    assert_int_equal(guest_read(g, 0, text, sizeof text), -WISP_WASI_EIO);
    in.answer = 0;
    assert_int_equal(guest_write(g, 1, "out"), 3);
    assert_int_equal(guest_write(g, 1, "put"), 3);
    assert_string_equal(out.text, "output");
    assert_int_equal(CALL(g, "fd_sync", 1), WISP_WASI_ENOTCAPABLE);
    assert_int_equal(CALL(g, "fd_filestat_get", 1, BUFFER), 0);
    guest_deinit(g);
}

/* ------------------------------------------------------------------ directories */

enum { NAMES_MAX = 64 };

/* Lists descriptor [fd] with a buffer of [size] bytes a call, into [names]; how many. */
static size_t list(guest *g, int fd, uint32_t size, char names[NAMES_MAX][64])
{
    size_t count = 0;
    uint64_t cookie = 0;
    for (;;) {
        assert_int_equal(CALL(g, "fd_readdir", fd, BUFFER, size, cookie, RESULT), 0);
        uint32_t used = (uint32_t)guest_load(g, RESULT, 4), at = 0;
        while (at + WISP_WASI_DIRENT_SIZE <= used) {
            uint32_t len = (uint32_t)guest_load(g, BUFFER + at + 16, 4);
            if (at + WISP_WASI_DIRENT_SIZE + len > used)
                break;
            cookie = guest_load(g, BUFFER + at, 8);
            assert_true(count < NAMES_MAX);
            memcpy(names[count], guest_at(g, BUFFER + at + WISP_WASI_DIRENT_SIZE, len), len);
            names[count++][len] = '\0';
            at += WISP_WASI_DIRENT_SIZE + len;
        }
        if (used < size)
            return count;
    }
}

static bool is_listed(char names[NAMES_MAX][64], size_t count, const char *name)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(names[i], name) == 0;
    return found == 1;
}

static void a_directory_is_listed_whole_in_pieces_of_any_size(void **state)
{
    (void)state;
    guest it, *g = &it;
    char names[NAMES_MAX][64], name[64];
    guest_init(g, NULL);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "file-with-a-longer-name-%d", i);
        host_write(g, name, "");
    }
    assert_int_equal(mkdir(host_path(g, "sub"), 0777), 0);
    static const uint32_t sizes[] = {60, 100, 333, 8000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t count = list(g, ROOT, sizes[s], names);
        assert_int_equal(count, 43);
        for (int i = 0; i < 40; i++) {
            snprintf(name, sizeof name, "file-with-a-longer-name-%d", i);
            assert_true(is_listed(names, count, name));
        }
        assert_true(is_listed(names, count, "sub"));
        assert_true(is_listed(names, count, "."));
        assert_true(is_listed(names, count, ".."));
    }
    guest_deinit(g);
}

static void entries_tell_what_they_are(void **state)
{
    (void)state;
    guest it, *g = &it;
    struct stat st;
    guest_init(g, NULL);
    host_write(g, "file", "");
    assert_int_equal(stat(host_path(g, "file"), &st), 0);
    assert_int_equal(CALL(g, "fd_readdir", ROOT, BUFFER, BUFFER_SIZE, 0, RESULT), 0);
    uint32_t used = (uint32_t)guest_load(g, RESULT, 4);
    bool seen = false;
    for (uint32_t at = 0; at < used;) {
        uint32_t len = (uint32_t)guest_load(g, BUFFER + at + 16, 4);
        if (len == 4 && memcmp(guest_at(g, BUFFER + at + 24, 4), "file", 4) == 0) {
            assert_int_equal(guest_load(g, BUFFER + at + 8, 8), st.st_ino);
            assert_int_equal(guest_load(g, BUFFER + at + 20, 1), WISP_WASI_REGULAR_FILE);
            seen = true;
        }
        at += WISP_WASI_DIRENT_SIZE + len;
    }
    assert_true(seen);
    int fd = guest_open(g, "file", 0);
    assert_int_equal(CALL(g, "fd_readdir", fd, BUFFER, 100, 0, RESULT), WISP_WASI_ENOTDIR);
    guest_deinit(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_written_sought_and_read),
        cmocka_unit_test(several_slices_are_one_transfer),
        cmocka_unit_test(appending_goes_to_the_end_until_it_is_switched_off),
        cmocka_unit_test(sizes_and_times_are_set),
        cmocka_unit_test(rights_that_were_given_up_are_gone),
        cmocka_unit_test(a_directory_passes_on_what_it_may),
        cmocka_unit_test(a_file_opened_for_one_way_goes_one_way),
        cmocka_unit_test(numbers_move_and_are_used_again),
        cmocka_unit_test(there_are_no_more_descriptors_than_allowed),
        cmocka_unit_test(preopened_folders_have_names),
        cmocka_unit_test(streams_can_be_functions),
        cmocka_unit_test(a_directory_is_listed_whole_in_pieces_of_any_size),
        cmocka_unit_test(entries_tell_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
