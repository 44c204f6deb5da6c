#include "guest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * No path leads out of a directory. The one that must not be left is "box" in the guest's folder;
 * beside it is "secret". Every test runs with openat2 and without it.
 */

typedef struct box {
    guest guest;
    int dir; /* the guest's descriptor of it */
} box;

static void host_link(guest *g, const char *target, const char *path)
{
    assert_int_equal(symlink(target, host_path(g, path)), 0);
}

static void host_dir(guest *g, const char *path)
{
    assert_int_equal(mkdir(host_path(g, path), 0777), 0);
}

static void box_init(box *b, bool without_openat2)
{
    guest *g = &b->guest;
    guest_init(g, &(wisp_wasi_config){.without_openat2 = without_openat2});
    host_write(g, "secret", "secret");
    host_dir(g, "box");
    host_dir(g, "box/dir");
    host_dir(g, "box/dir/deep");
    host_write(g, "box/file", "public");
    host_write(g, "box/dir/inside", "public");
    b->dir = guest_open(g, "box", WISP_WASI_OPEN_DIRECTORY);
    assert_true(b->dir > ROOT);
}

/* path_open, following links; the descriptor or a negated error. */
static int box_open(box *b, const char *path)
{
    return guest_open_at(&b->guest, b->dir, path, WISP_WASI_SYMLINK_FOLLOW, 0,
                         WISP_WASI_RIGHT_FD_READ, 0);
}

static void each_way(void (*run)(box *b))
{
    for (int without = 0; without < 2; without++) {
        box b;
        box_init(&b, without);
        run(&b);
        guest_deinit(&b.guest);
    }
}

/* ------------------------------------------------------------------ one by one */

static void try_steps(box *b)
{
    static const struct {
        const char *path;
        int result; /* 0: it opens */
    } cases[] = {
        {"file", 0},
        {"./file", 0},
        {"dir/../file", 0},
        {"dir/deep/../../file", 0},
        {"dir//deep/.././inside", 0},
        {".", 0},
        {"dir/..", 0},
        {"", WISP_WASI_ENOENT},
        {"..", WISP_WASI_EPERM},
        {"../secret", WISP_WASI_EPERM},
        {"../box/file", WISP_WASI_EPERM},
        {"dir/../../secret", WISP_WASI_EPERM},
        {"dir/deep/../../../secret", WISP_WASI_EPERM},
        {"/etc/passwd", WISP_WASI_EPERM},
        {"//etc/passwd", WISP_WASI_EPERM},
        {"file/..", WISP_WASI_ENOTDIR},
        {"file/../file", WISP_WASI_ENOTDIR},
        {"file/", WISP_WASI_ENOTDIR},
        {"none/../file", WISP_WASI_ENOENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int result = box_open(b, cases[i].path);
        if ((result < 0 ? -result : 0) != cases[i].result)
            fail_msg("'%s' gave %d", cases[i].path, result);
        if (result > 0)
            guest_close(&b->guest, result);
    }
}

static void steps_up_end_at_the_directory(void **state)
{
    (void)state;
    each_way(try_steps);
}

static void try_links(box *b)
{
    static const struct {
        const char *target, *name, *path;
        int result;
    } cases[] = {
        {"file", "to_file", "to_file", 0},
        {"dir", "to_dir", "to_dir/inside", 0},
        {"../file", "dir/up", "dir/up", 0},
        {"dir/up", "to_up", "to_up", 0},
        {"dir/deep/../../to_up", "chain", "chain", 0},
        {"dir/", "slash", "slash/inside", 0},
        {"none", "dangling", "dangling", WISP_WASI_ENOENT},
        {"../secret", "out", "out", WISP_WASI_EPERM},
        {"..", "parent", "parent/secret", WISP_WASI_EPERM},
        {"parent", "to_parent", "to_parent/secret", WISP_WASI_EPERM},
        {"../../secret", "dir/out", "dir/out", WISP_WASI_EPERM},
        {"/etc/passwd", "absolute", "absolute", WISP_WASI_EPERM},
        {"/", "root", "root/etc/passwd", WISP_WASI_EPERM},
        {"/proc/self/cwd", "magic", "magic/secret", WISP_WASI_EPERM},
        {"dir/../../box/file", "around", "around", WISP_WASI_EPERM},
        {"loop_b", "loop_a", "loop_a", WISP_WASI_ELOOP},
        {"loop_a", "loop_b", "loop_b/x", WISP_WASI_ELOOP},
        {"self/self", "self", "self", WISP_WASI_ELOOP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[64];
        snprintf(path, sizeof path, "box/%s", cases[i].name);
        host_link(&b->guest, cases[i].target, path);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int result = box_open(b, cases[i].path);
        if ((result < 0 ? -result : 0) != cases[i].result)
            fail_msg("'%s' -> '%s' gave %d", cases[i].path, cases[i].target, result);
        if (result > 0)
            guest_close(&b->guest, result);
    }
}

static void links_lead_no_further(void **state)
{
    (void)state;
    each_way(try_links);
}

/* Every function that takes a path, on one that leads to "secret". */
static void try_functions(box *b)
{
    guest *g = &b->guest;
    static const char *const paths[] = {"../secret", "out/secret", "dir/../../secret"};
    uint32_t dir = (uint32_t)b->dir;
    host_link(g, "..", "box/out");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *path = paths[i];
        assert_int_equal(CALL(g, "path_create_directory", dir, A(path)), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_remove_directory", dir, A(path)), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_unlink_file", dir, A(path)), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_filestat_get", dir, 0, A(path), BUFFER), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_filestat_get", dir, 1, A(path), BUFFER), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_filestat_set_times", dir, 1, A(path), 0, 0, 5),
                         WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_readlink", dir, A(path), BUFFER, 99, RESULT),
                         WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_link", dir, 0, A(path), dir, B("stolen")),
                         WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_link", dir, 0, A("file"), dir, B(path)), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_rename", dir, A(path), dir, B("stolen")), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_rename", dir, A("file"), dir, B(path)), WISP_WASI_EPERM);
        assert_int_equal(CALL(g, "path_symlink", A("x"), dir, B(path)), WISP_WASI_EPERM);
        assert_int_equal(guest_open_at(g, b->dir, path, 1, WISP_WASI_OPEN_CREATE, ALL_RIGHTS, 0),
                         -WISP_WASI_EPERM);
    }
    assert_string_equal(host_read(g, "secret"), "secret");
    assert_null(host_read(g, "box/stolen"));
}

static void no_function_leaves_it(void **state)
{
    (void)state;
    each_way(try_functions);
}

/* Functions that act on a name act on the link itself and not on what it leads to. */
static void try_last_links(box *b)
{
    guest *g = &b->guest;
    uint32_t dir = (uint32_t)b->dir;
    host_link(g, "../secret", "box/out");
    assert_int_equal(CALL(g, "path_filestat_get", dir, 0, A("out"), BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER + 16, 1), WISP_WASI_SYMBOLIC_LINK);
    assert_int_equal(CALL(g, "path_filestat_get", dir, 1, A("out"), BUFFER), WISP_WASI_EPERM);
    assert_int_equal(guest_open_at(g, b->dir, "out", 0, 0, 0, 0), -WISP_WASI_ELOOP);
    assert_int_equal(guest_open_at(g, b->dir, "out", 0, WISP_WASI_OPEN_CREATE, ALL_RIGHTS, 0),
                     -WISP_WASI_ELOOP);
    assert_int_equal(CALL(g, "path_link", dir, 1, A("out"), dir, B("stolen")), WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_rename", dir, A("out"), dir, B("moved")), 0);
    assert_int_equal(CALL(g, "path_unlink_file", dir, A("moved")), 0);
    assert_string_equal(host_read(g, "secret"), "secret");
}

static void names_are_not_followed(void **state)
{
    (void)state;
    each_way(try_last_links);
}

static void try_making_links(box *b)
{
    guest *g = &b->guest;
    uint32_t dir = (uint32_t)b->dir;
    assert_int_equal(CALL(g, "path_symlink", A("/etc/passwd"), dir, B("absolute")),
                     WISP_WASI_EPERM);
    assert_int_equal(CALL(g, "path_symlink", A("../secret"), dir, B("relative")), 0);
    assert_int_equal(box_open(b, "relative"), -WISP_WASI_EPERM);
}

static void links_that_modules_make_lead_nowhere(void **state)
{
    (void)state;
    each_way(try_making_links);
}

static void try_long(box *b)
{
    char path[3 * 2000 + 1] = "";
    for (size_t i = 0; i < 1300; i++)
        memcpy(path + 3 * i, "./.", 3); /* "./../../…" */
    path[3900] = '\0';
    assert_int_equal(box_open(b, path), -WISP_WASI_EPERM);
    memset(path, 'x', 300);
    path[300] = '\0';
    assert_int_equal(box_open(b, path), -WISP_WASI_ENAMETOOLONG);
    memset(path, '/', 5000);
    path[0] = '.';
    path[5000] = '\0';
    assert_int_equal(box_open(b, path), -WISP_WASI_ENAMETOOLONG);
}

static void long_paths_end_somewhere(void **state)
{
    (void)state;
    each_way(try_long);
}

/* ------------------------------------------------------------------ while others move things */

typedef struct mover {
    guest *guest;
    atomic_bool stop;
    atomic_uint rounds;
} mover;

/* Makes "box/dir" a link to the outside and a directory again, and moves "box/dir/deep" out and
 * back. */
static void *move(void *context)
{
    mover *m = context;
    char dir[128], kept[128], deep[128], out[128];
    snprintf(dir, sizeof dir, "%s/box/dir", m->guest->root);
    snprintf(kept, sizeof kept, "%s/box/kept", m->guest->root);
    snprintf(deep, sizeof deep, "%s/box/dir/deep", m->guest->root);
    snprintf(out, sizeof out, "%s/deep", m->guest->root);
    while (!atomic_load(&m->stop)) {
        rename(dir, kept);
        if (symlink("..", dir) == 0)
            unlink(dir);
        rename(kept, dir);
        rename(deep, out);
        rename(out, deep);
        atomic_fetch_add(&m->rounds, 1);
    }
    return NULL;
}

static bool goes_on(const struct timespec *began)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long ms = (now.tv_sec - began->tv_sec) * 1000 + (now.tv_nsec - began->tv_nsec) / 1000000;
    return ms < 600;
}

static void try_race(box *b)
{
    static const char *const paths[] = {"dir/secret", "dir/deep/../../secret",
                                        "dir/deep/../secret", "dir/../../secret"};
    mover m = {.guest = &b->guest};
    pthread_t thread;
    unsigned opened = 0, refused = 0;
    struct timespec began;
    host_write(&b->guest, "box/kept.txt", "");
    assert_int_equal(pthread_create(&thread, NULL, move, &m), 0);
    clock_gettime(CLOCK_MONOTONIC, &began);
    bool escaped = false;
    while (!escaped && (goes_on(&began) || opened == 0 || refused == 0)) {
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
            int fd = box_open(b, paths[i]);
            escaped |= fd > 0;
            refused += fd == -WISP_WASI_EPERM;
        }
        int fd = box_open(b, "dir/inside");
        opened += fd > 0;
        if (fd > 0)
            guest_close(&b->guest, fd);
    }
    atomic_store(&m.stop, true);
    pthread_join(thread, NULL);
    assert_false(escaped);
    assert_true(atomic_load(&m.rounds) > 0);
}

static void moving_directories_opens_no_way_out(void **state)
{
    (void)state;
    each_way(try_race);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_up_end_at_the_directory),
        cmocka_unit_test(links_lead_no_further),
        cmocka_unit_test(no_function_leaves_it),
        cmocka_unit_test(names_are_not_followed),
        cmocka_unit_test(links_that_modules_make_lead_nowhere),
        cmocka_unit_test(long_paths_end_somewhere),
        cmocka_unit_test(moving_directories_opens_no_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
