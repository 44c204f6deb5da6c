#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names: made, moved, removed, and opened in all ways. */

static bool exists(guest *g, const char *path)
{
    struct stat st;
    return lstat(host_path(g, path), &st) == 0;
}

static void opening_follows_its_flags(void **state)
{
    (void)state;
    enum {
        CREATE = WISP_WASI_OPEN_CREATE,
        DIRECTORY = WISP_WASI_OPEN_DIRECTORY,
        EXCLUSIVE = WISP_WASI_OPEN_EXCLUSIVE,
        TRUNCATE = WISP_WASI_OPEN_TRUNCATE
    };
    static const struct {
        const char *path;
        unsigned flags;
        int result; /* 0: it opens */
    } cases[] = {
        {"file", 0, 0},
        {"none", 0, WISP_WASI_ENOENT},
        {"none/none", CREATE, WISP_WASI_ENOENT},
        {"file/x", CREATE, WISP_WASI_ENOTDIR},
        {"file", CREATE, 0},
        {"file", CREATE | EXCLUSIVE, WISP_WASI_EEXIST},
        {"new", CREATE | EXCLUSIVE, 0},
        {"file", DIRECTORY, WISP_WASI_ENOTDIR},
        {"dir", DIRECTORY, 0},
        {"dir", 0, 0},
        {"dir/", 0, 0},
        {"dir/.", 0, 0},
        {"dir", CREATE, WISP_WASI_EISDIR},
        {"another/", CREATE, WISP_WASI_EISDIR},
        {"dir", DIRECTORY | CREATE, WISP_WASI_EINVAL},
        {"file", 16, WISP_WASI_EINVAL},
        {"dangling", CREATE, 0}, /* makes what it leads to */
        {"file", TRUNCATE, 0},
    };
    guest it, *g = &it;
    guest_init(g, NULL);
    host_write(g, "file", "content");
    assert_int_equal(mkdir(host_path(g, "dir"), 0777), 0);
    assert_int_equal(symlink("dir/made", host_path(g, "dangling")), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int result = guest_open(g, cases[i].path, cases[i].flags);
        if ((result < 0 ? -result : 0) != cases[i].result)
            fail_msg("'%s' with %u gave %d", cases[i].path, cases[i].flags, result);
        if (result >= 0)
            guest_close(g, result);
    }
    assert_true(exists(g, "dir/made"));
    assert_false(exists(g, "another"));
    assert_string_equal(host_read(g, "file"), "");
    guest_deinit(g);
}

static void a_pipe_without_its_other_end_does_not_hold_up(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    assert_int_equal(mkfifo(host_path(g, "fifo"), 0600), 0);
    int reads = guest_open_at(g, ROOT, "fifo", 0, 0, WISP_WASI_RIGHT_FD_READ, 0);
    assert_true(reads > ROOT);
    int writes = guest_open_at(g, ROOT, "fifo", 0, 0, WISP_WASI_RIGHT_FD_WRITE, 0);
    char text[4];
    assert_int_equal(guest_write(g, writes, "abc"), 3);
    assert_int_equal(guest_read(g, reads, text, 4), 3);
    guest_deinit(g);
}

static void directories_are_made_and_removed(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, A("a")), 0);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, A("a/b/")), 0);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, A("a")), WISP_WASI_EEXIST);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, A(".")), WISP_WASI_EEXIST);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, A("x/y")), WISP_WASI_ENOENT);
    assert_int_equal(CALL(g, "path_remove_directory", ROOT, A("a")), WISP_WASI_ENOTEMPTY);
    assert_int_equal(CALL(g, "path_unlink_file", ROOT, A("a")), WISP_WASI_EISDIR);
    assert_int_equal(CALL(g, "path_remove_directory", ROOT, A("a/b/")), 0);
    host_write(g, "file", "");
    assert_int_equal(CALL(g, "path_remove_directory", ROOT, A("file")), WISP_WASI_ENOTDIR);
    assert_int_equal(CALL(g, "path_unlink_file", ROOT, A("file/")), WISP_WASI_ENOTDIR);
    assert_int_equal(CALL(g, "path_unlink_file", ROOT, A("file")), 0);
    assert_int_equal(CALL(g, "path_unlink_file", ROOT, A("file")), WISP_WASI_ENOENT);
    assert_true(exists(g, "a"));
    assert_false(exists(g, "a/b"));
    guest_deinit(g);
}

static void names_are_renamed_and_linked(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    host_write(g, "file", "content");
    assert_int_equal(mkdir(host_path(g, "dir"), 0777), 0);
    assert_int_equal(CALL(g, "path_rename", ROOT, A("file"), ROOT, B("dir/moved")), 0);
    assert_int_equal(CALL(g, "path_rename", ROOT, A("file"), ROOT, B("x")), WISP_WASI_ENOENT);
    assert_int_equal(CALL(g, "path_rename", ROOT, A("dir/moved"), ROOT, B("x/")),
                     WISP_WASI_ENOTDIR);
    assert_int_equal(CALL(g, "path_rename", ROOT, A("dir/"), ROOT, B("renamed/")), 0);
    assert_int_equal(CALL(g, "path_link", ROOT, 0, A("renamed/moved"), ROOT, B("linked")), 0);
    assert_int_equal(CALL(g, "path_link", ROOT, 0, A("renamed/moved"), ROOT, B("linked")),
                     WISP_WASI_EEXIST);
    assert_int_equal(CALL(g, "path_link", ROOT, 0, A("linked/"), ROOT, B("y")),
                     WISP_WASI_ENOTDIR);
    assert_string_equal(host_read(g, "linked"), "content");
    assert_int_equal(CALL(g, "path_filestat_get", ROOT, 0, A("linked"), BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 24, 8), 2);
    guest_deinit(g);
}

static void symbolic_links_are_made_read_and_followed(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    host_write(g, "file", "content");
    assert_int_equal(CALL(g, "path_symlink", A("file"), ROOT, B("link")), 0);
    assert_int_equal(CALL(g, "path_symlink", A("file"), ROOT, B("link")), WISP_WASI_EEXIST);
    assert_int_equal(CALL(g, "path_readlink", ROOT, A("link"), BUFFER, 99, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 4);
    assert_memory_equal(guest_at(g, BUFFER, 5), "file\0", 5);
    memset(guest_at(g, BUFFER, 4), 0, 4);
    assert_int_equal(CALL(g, "path_readlink", ROOT, A("link"), BUFFER, 2, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 2);
    assert_memory_equal(guest_at(g, BUFFER, 3), "fi\0", 3);
    assert_int_equal(CALL(g, "path_readlink", ROOT, A("file"), BUFFER, 9, RESULT),
                     WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "path_filestat_get", ROOT, 0, A("link"), BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 16, 1), WISP_WASI_SYMBOLIC_LINK);
    assert_int_equal(CALL(g, "path_filestat_get", ROOT, 1, A("link"), BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 16, 1), WISP_WASI_REGULAR_FILE);
    assert_int_equal(guest_load(g, BUFFER + 32, 8), 7);
    assert_int_equal(CALL(g, "path_filestat_set_times", ROOT, 1, A("link"), 1000000000, 0, 1), 0);
    assert_int_equal(CALL(g, "path_filestat_get", ROOT, 0, A("file"), BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 40, 8), 1000000000);
    assert_int_equal(CALL(g, "path_filestat_get", ROOT, 0, A("link/"), BUFFER),
                     WISP_WASI_ENOTDIR);
    guest_deinit(g);
}

static void paths_begin_at_a_directory(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    host_write(g, "file", "");
    int fd = guest_open(g, "file", 0);
    assert_int_equal(guest_open_at(g, fd, "x", 0, 0, 0, 0), -WISP_WASI_ENOTDIR);
    assert_int_equal(guest_open_at(g, 0, "x", 0, 0, 0, 0), -WISP_WASI_ENOTDIR);
    assert_int_equal(guest_open_at(g, 99, "x", 0, 0, 0, 0), -WISP_WASI_EBADF);
    assert_int_equal(CALL(g, "path_create_directory", fd, A("x")), WISP_WASI_ENOTDIR);
    guest_deinit(g);
}

static void a_read_only_folder_stays_as_it_is(void **state)
{
    (void)state;
    char folder[] = "/tmp/wisp-read-only-XXXXXX";
    char path[64];
    guest it, *g = &it;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    FILE *file = fopen(path, "wb");
    fputs("content", file);
    fclose(file);
    guest_init(
        g, &(wisp_wasi_config){.preopens = &(wisp_wasi_preopen){folder, ".", .read_only = true},
                               .preopen_count = 1});
    int fd = guest_open(g, "file", 0);
    char text[16];
    assert_int_equal(guest_read(g, fd, text, sizeof text), 7);
    assert_int_equal(CALL(g, "fd_filestat_set_times", fd, 0, 0, 5), WISP_WASI_EPERM);
    assert_int_equal(guest_open(g, "file", WISP_WASI_OPEN_TRUNCATE), -WISP_WASI_EPERM);
    assert_int_equal(guest_open(g, "new", WISP_WASI_OPEN_CREATE), -WISP_WASI_EPERM);
    assert_int_equal(guest_open_at(g, ROOT, "file", 0, 0, WISP_WASI_RIGHT_FD_WRITE, 0),
                     -WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_unlink_file", ROOT, A("file")), WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_rename", ROOT, A("file"), ROOT, B("x")), WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_link", ROOT, 0, A("file"), ROOT, B("x")), WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_symlink", A("file"), ROOT, B("x")), WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, A("x")), WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_remove_directory", ROOT, A("x")), WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_filestat_set_times", ROOT, 0, A("file"), 0, 0, 5),
                     WISP_WASI_EPERM);
    int dir = guest_open(g, ".", WISP_WASI_OPEN_DIRECTORY); /* as is what is opened below */
    assert_int_equal(guest_open_at(g, dir, "new", 0, WISP_WASI_OPEN_CREATE, ALL_RIGHTS, 0),
                     -WISP_WASI_EPERM);
    guest_deinit(g);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_follows_its_flags),
        cmocka_unit_test(a_pipe_without_its_other_end_does_not_hold_up),
        cmocka_unit_test(directories_are_made_and_removed),
        cmocka_unit_test(names_are_renamed_and_linked),
        cmocka_unit_test(symbolic_links_are_made_read_and_followed),
        cmocka_unit_test(paths_begin_at_a_directory),
        cmocka_unit_test(a_read_only_folder_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
