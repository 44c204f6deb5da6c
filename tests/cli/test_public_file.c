#define _XOPEN_SOURCE 700 /* mkdtemp, O_DIRECTORY, mkfifo */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "public_file.h"
#include "../scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* root/ has what may be shown, and beside it secret.key, which may not. */
static char base[] = "/tmp/wisp-test-XXXXXX";
static int folder;

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", base, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void in_base(const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", base, name);
}

static int set_up(void **state)
{
    (void)state;
    char path[256];
    assert_non_null(mkdtemp(base));
    static const char *const folders[] = {"root", "root/targets", "root/.hidden", "outside"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        in_base(folders[i], path);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    write_file("secret.key", "secret");
    write_file("outside/a", "secret");
    write_file("root/timestamp.json", "time");
    write_file("root/targets/a b.wasm", "spaced");
    write_file("root/targets/a.wasm", "module");
    write_file("root/timestamp.json.tmp", "half");
    write_file("root/.lock", "");
    write_file("root/.hidden/a", "hidden");
    in_base("root/link.json", path);
    assert_int_equal(symlink("../secret.key", path), 0);
    in_base("root/inner.json", path);
    assert_int_equal(symlink("timestamp.json", path), 0);
    in_base("root/out", path);
    assert_int_equal(symlink("../outside", path), 0);
    in_base("root/pipe", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    in_base("root", path);
    folder = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(folder);
    return scratch_remove(base);
}

static void files_of_the_folder_are_shown(void **state)
{
    (void)state;
    static const struct {
        const char *url, *content;
    } cases[] = {
        {"/timestamp.json", "time"},     {"/targets/a.wasm", "module"},
        {"/t%69mestamp%2ejson", "time"}, {"/targets/a%20b.wasm", "spaced"},
        {"/%74argets/a.wasm", "module"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stat st;
        char text[16] = "";
        int fd = public_file_open(folder, cases[i].url, &st);
        if (fd < 0)
            fail_msg("%s is not shown", cases[i].url);
        assert_int_equal(read(fd, text, sizeof text - 1), st.st_size);
        assert_string_equal(text, cases[i].content);
        close(fd);
    }
}

static void nothing_else_is(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "/",
        "//",
        "timestamp.json",
        "/nothing.json",
        "/targets",
        "/targets/",
        "//timestamp.json",
        "/timestamp.json/",
        "/targets//a.wasm",
        "/../secret.key",
        "/..",
        "/../root/timestamp.json",
        "/targets/../timestamp.json",
        "/targets/../../secret.key",
        "/./timestamp.json",
        "/%2e%2e/secret.key",
        "/.%2E/secret.key",
        "/%2e%2e%2fsecret.key",
        "/targets%2fa.wasm",
        "/timestamp.json%00",
        "/timestamp.json%00.wasm",
        "/%00",
        "/timestamp%0a.json",
        "/timestamp.json%7f",
        "/timestamp.json%",
        "/timestamp.json%2",
        "/timestamp.json%zz",
        "/%",
        "/.lock",
        "/%2elock",
        "/.hidden/a",
        "/timestamp.json.tmp",
        "/timestamp.json.tm%70",
        "/link.json",
        "/inner.json",
        "/out/a",
        "/pipe",
        "/..%c0%af/secret.key",
        "/\\..\\secret.key",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct stat st;
        int fd = public_file_open(folder, urls[i], &st);
        if (fd >= 0)
            fail_msg("%s is shown", urls[i]);
    }
}

static void a_name_too_long_is_nothing(void **state)
{
    (void)state;
    char url[1024] = "/";
    struct stat st;
    memset(url + 1, 'a', sizeof url - 2);
    url[sizeof url - 1] = '\0';
    assert_int_equal(public_file_open(folder, url, &st), -1);
}

/* A path of any bytes either names nothing or a file with one of these contents. */
static void no_path_leaves_the_folder(void **state)
{
    (void)state;
    static const char alphabet[] = "./%2eEfFa0tj-\\\n\x80";
    unsigned seed = 1;
    for (int n = 0; n < 200000; n++) {
        char url[24];
        size_t len = 1 + (size_t)n % (sizeof url - 2);
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245u + 12345u;
            url[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        url[0] = '/';
        url[len] = '\0';
        struct stat st;
        assert_int_equal(public_file_open(folder, url, &st), -1);
    }
}

static void no_descriptor_is_left_open(void **state)
{
    (void)state;
    int next = dup(folder);
    close(next);
    struct stat st;
    public_file_open(folder, "/targets/nothing", &st);
    public_file_open(folder, "/targets/../x", &st);
    public_file_open(folder, "/targets/", &st);
    public_file_open(folder, "/pipe", &st);
    public_file_open(folder, "/targets", &st);
    close(public_file_open(folder, "/targets/a.wasm", &st));
    int again = dup(folder);
    close(again);
    assert_int_equal(next, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_folder_are_shown),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(a_name_too_long_is_nothing),
        cmocka_unit_test(no_path_leaves_the_folder),
        cmocka_unit_test(no_descriptor_is_left_open),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
