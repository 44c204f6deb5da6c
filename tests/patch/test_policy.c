#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "patch/policy.h"

/* What patches may import where the program does not say. */

static bool allows(const char *module, const char *name)
{
    return wisp_patch_policy_allows(&(wisp_patch_import){module, name});
}

static void what_starts_loads_or_maps_is_denied(void **state)
{
    (void)state;
    static const char *const denied[] = {
        "system",
        "execve",
        "execl",
        "execvp",
        "posix_spawn",
        "posix_spawnp",
        "popen",
        "fork",
        "vfork",
        "clone",
        "dlopen",
        "dlmopen",
        "dlsym",
        "mmap",
        "mmap64",
        "mprotect",
        "pkey_mprotect",
        "mremap",
        "munmap",
        "shmat",
        "syscall",
        "ptrace",
        "process_vm_writev",
        "prctl",
        "memfd_create",
        "setcontext",
        "remap_file_pages",
        "userfaultfd",
    };
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        assert_false(allows("system", denied[i]));
}

static void other_names_of_the_same_are_denied_too(void **state)
{
    (void)state;
    assert_false(allows("system", "__mprotect"));
    assert_false(allows("system", "_dl_open"));
    assert_false(allows("system", "__libc_fork"));
    assert_false(allows("system", "__libc_system"));
}

static void all_else_is_allowed(void **state)
{
    (void)state;
    static const char *const allowed[] = {"strlen", "malloc",  "printf",   "read",
                                          "open",   "systemd", "forkless", "map",
                                          "",       "_",       "libc_"};
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        assert_true(allows("system", allowed[i]));
}

static void the_programs_own_functions_are_its_own_affair(void **state)
{
    (void)state;
    assert_true(allows("program", "system"));
    assert_true(allows("original", "fork"));
    assert_true(allows("global", "mmap"));
    assert_true(allows("wisp", "log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_starts_loads_or_maps_is_denied),
        cmocka_unit_test(other_names_of_the_same_are_denied_too),
        cmocka_unit_test(all_else_is_allowed),
        cmocka_unit_test(the_programs_own_functions_are_its_own_affair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
