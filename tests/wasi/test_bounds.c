#include "guest.h"
#include "proxy.h"
#include "wasi/wasi.h"

/* Pointers and lengths that are not wholly inside the memory. */

enum { END = PROXY_MEMORY_SIZE };

/* A call with a pointer that is bad; the others are good. */
typedef struct bad_call {
    const char *name;
    uint64_t args[9];
    size_t len;
} bad_call;

#define BAD(name, ...)                                                                           \
    {                                                                                            \
        name, {__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)                \
    }

static void a_pointer_outside_is_a_bad_address(void **state)
{
    (void)state;
    static const bad_call calls[] = {
        BAD("args_get", END, BUFFER),
        BAD("args_get", BUFFER, END - 1),
        BAD("args_sizes_get", END - 3, RESULT),
        BAD("args_sizes_get", RESULT, UINT32_MAX),
        BAD("environ_get", END - 1, BUFFER),
        BAD("environ_sizes_get", RESULT, END),
        BAD("clock_res_get", 0, END - 7),
        BAD("clock_time_get", 0, 0, END - 7),
        BAD("fd_fdstat_get", 0, END - 23),
        BAD("fd_filestat_get", ROOT, END - 63),
        BAD("fd_prestat_get", ROOT, END - 7),
        BAD("fd_prestat_dir_name", ROOT, END, 1),
        BAD("fd_read", 0, SLICES, 1, END - 3),
        BAD("fd_read", 0, END - 7, 1, RESULT),
        BAD("fd_read", 0, SLICES + 8, 1, RESULT),
        BAD("fd_read", 0, SLICES + 16, 1, RESULT),
        BAD("fd_write", 1, SLICES, 2, RESULT),
        BAD("fd_write", 1, UINT32_MAX, 1, RESULT),
        BAD("fd_readdir", ROOT, END - 99, 100, 0, RESULT),
        BAD("fd_readdir", ROOT, BUFFER, 100, 0, END),
        BAD("fd_readdir", ROOT, BUFFER, UINT32_MAX, 0, RESULT),
        BAD("path_create_directory", ROOT, END, 1),
        BAD("path_create_directory", ROOT, 1, UINT32_MAX),
        BAD("path_filestat_get", ROOT, 0, END - 1, 2, BUFFER),
        BAD("path_filestat_get", ROOT, 0, TEXT_A, 1, END - 63),
        BAD("path_open", ROOT, 0, TEXT_A, 1, 0, 0, 0, 0, END - 3),
        BAD("path_open", ROOT, 0, END, 1, 0, 0, 0, 0, RESULT),
        BAD("path_readlink", ROOT, TEXT_A, 1, BUFFER, END, RESULT),
        BAD("path_readlink", ROOT, TEXT_A, 1, BUFFER, 1, END),
        BAD("path_symlink", END, 1, ROOT, TEXT_A, 1),
        BAD("path_symlink", TEXT_A, 1, ROOT, END, 1),
        BAD("path_rename", ROOT, TEXT_A, 1, ROOT, END, 1),
        BAD("poll_oneoff", END - 47, BUFFER, 1, RESULT),
        BAD("poll_oneoff", BUFFER, END - 31, 1, RESULT),
        BAD("poll_oneoff", BUFFER, BUFFER, 1, END - 3),
        BAD("random_get", END, 1),
        BAD("random_get", 1, UINT32_MAX),
    };
    guest it, *g = &it;
    guest_init(g, &(wisp_wasi_config){.args = (const char *[]){"x"},
                                      .arg_count = 1,
                                      .env = (const char *[]){"A=1"},
                                      .env_count = 1});
    guest_text(g, TEXT_A, ".");
    guest_store(g, SLICES, 8, BUFFER | UINT64_C(4) << 32);
    guest_store(g, SLICES + 8, 8, (END - 3) | UINT64_C(4) << 32);
    guest_store(g, SLICES + 16, 8, 4 | UINT64_C(0xffffffff) << 32);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        uint32_t result = guest_call(g, calls[i].name, calls[i].args, calls[i].len);
        if (result != WISP_WASI_EFAULT)
            fail_msg("call %zu of %s gave %u", i, calls[i].name, result);
    }
    guest_deinit(g);
}

static void empty_pieces_and_the_last_byte_are_inside(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    guest_store(g, SLICES, 8, END);                               /* nothing, at the end */
    guest_store(g, SLICES + 8, 8, (END - 1) | UINT64_C(1) << 32); /* the last byte */
    assert_int_equal(CALL(g, "fd_write", 1, SLICES, 2, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 1);
    assert_int_equal(CALL(g, "random_get", END, 0), 0);
    assert_int_equal(CALL(g, "fd_write", 1, END, 0, RESULT), 0);
    assert_int_equal(CALL(g, "fd_write", 1, 0, 1025, RESULT), WISP_WASI_EINVAL);
    guest_deinit(g);
}

/* All functions with all arguments alike: nothing is written outside, nothing crashes, and what
 * comes back is an error or success. */
static void no_arguments_do_harm(void **state)
{
    (void)state;
    static const struct {
        const char *name, *signature;
    } functions[] = {
#define X(name, signature) {#name, signature},
        WISP_WASI_FUNCTIONS(X)
#undef X
    };
    static const uint64_t values[] = {0,   1,         3,          4,         64,        END - 1,
                                      END, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
    guest it, *g = &it;
    guest_init(g, NULL);
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            uint64_t args[9];
            size_t len =
                (size_t)(strchr(functions[f].signature, ')') - functions[f].signature) - 1;
            if (strcmp(functions[f].name, "proc_exit") == 0)
                continue;
            for (size_t i = 0; i < len; i++)
                args[i] = values[v];
            assert_in_range(guest_call(g, functions[f].name, args, len), 0, 76);
        }
    }
    guest_deinit(g);
}

static void a_path_is_text_without_a_nul(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    memcpy(guest_at(g, TEXT_A, 8), "a\0b\xff\xc0\x80xx", 8);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, TEXT_A, 3), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, TEXT_A + 2, 2), WISP_WASI_EILSEQ);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, TEXT_A + 4, 2), WISP_WASI_EILSEQ);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, TEXT_A, 0), WISP_WASI_ENOENT);
    memset(guest_at(g, BUFFER, 5000), 'x', 5000);
    assert_int_equal(CALL(g, "path_create_directory", ROOT, BUFFER, 5000),
                     WISP_WASI_ENAMETOOLONG);
    guest_deinit(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pointer_outside_is_a_bad_address),
        cmocka_unit_test(empty_pieces_and_the_last_byte_are_inside),
        cmocka_unit_test(no_arguments_do_harm),
        cmocka_unit_test(a_path_is_text_without_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
