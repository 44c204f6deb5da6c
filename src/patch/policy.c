#include "patch/policy.h"

#include <string.h>

/* Without the underscores and "libc_" that variants of a function have in front. A '*' stands for
 * whatever follows. */
static const char *const denied[] = {
    /* starts programs */
    "system",
    "popen",
    "exec*",
    "fexecve",
    "posix_spawn*",
    "fork",
    "vfork",
    "clone",
    "clone3",
    "wordexp",
    "forkpty",
    "daemon",
    /* loads code, or finds what nobody allowed */
    "dl*",
    "fdlopen",
    "init_module",
    "finit_module",
    "kexec_load",
    "gconv*",
    /* changes what memory may do, or where it is */
    "mmap*",
    "mremap",
    "munmap*",
    "mprotect",
    "pkey_mprotect",
    "pkey_set",
    "remap_file_pages",
    "shmat",
    "shmdt",
    "madvise",
    "process_madvise",
    "brk",
    "sbrk",
    "memfd_create",
    /* does any of these by another way, or to others */
    "syscall",
    "ptrace",
    "process_vm_*",
    "prctl",
    "arch_prctl",
    "personality",
    "userfaultfd",
    "setcontext",
    "makecontext",
    "swapcontext",
    "bpf",
    "seccomp",
    "io_uring_*",
};

/* [name] as it is listed: a library may have the same function under several names. */
static const char *plain(const char *name)
{
    while (*name == '_')
        name++;
    if (strncmp(name, "libc_", 5) == 0)
        name += 5;
    return name;
}

bool wisp_patch_pattern_matches(const char *pattern, const char *name)
{
    size_t len = strlen(pattern);
    bool is_open = len > 0 && pattern[len - 1] == '*';
    return is_open ? strncmp(pattern, name, len - 1) == 0 : strcmp(pattern, name) == 0;
}

bool wisp_patch_policy_allows(const wisp_patch_import *import)
{
    if (strcmp(import->module, "system") != 0)
        return true;
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        if (wisp_patch_pattern_matches(denied[i], plain(import->name)))
            return false;
    return true;
}
