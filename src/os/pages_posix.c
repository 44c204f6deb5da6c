#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */

#include "os/pages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

size_t wisp_pages_unit(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* [size] in whole pages of the system. */
static size_t rounded(size_t size)
{
    size_t page = wisp_pages_unit();
    return size > SIZE_MAX - page ? SIZE_MAX / page * page : (size + page - 1) / page * page;
}

void *wisp_pages_reserve(size_t size)
{
    void *base =
        mmap(NULL, rounded(size), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

bool wisp_pages_commit(void *base, size_t old_size, size_t size)
{
    size_t from = rounded(old_size), to = rounded(size);
    return from == to || mprotect((uint8_t *)base + from, to - from, PROT_READ | PROT_WRITE) == 0;
}

void wisp_pages_release(void *base, size_t size)
{
    munmap(base, rounded(size));
}

bool wisp_pages_file_has(int fd, uint64_t end)
{
    struct stat file;
    return fstat(fd, &file) == 0 && file.st_size >= 0 && (uint64_t)file.st_size >= end;
}

bool wisp_pages_map(void *at, size_t size, int fd, uint64_t offset, bool is_private)
{
    int how = MAP_FIXED | (is_private ? MAP_PRIVATE : MAP_SHARED);
    if (mmap(at, size, PROT_READ | PROT_WRITE, how, fd, (off_t)offset) != MAP_FAILED)
        return true;
    wisp_pages_clear(at, size); /* a failure may leave nothing there, not even pages */
    return false;
}

bool wisp_pages_clear(void *at, size_t size)
{
    return mmap(at, size, PROT_READ | PROT_WRITE,
                MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

/*
 * What /proc/self/pagemap says of each page of the address space is a number of 64 bits, whose
 * two highest tell whether it has memory, or had and was swapped out.
 */
enum { ENTRIES_AT_ONCE = 512 };

static bool read_entries(int file, uintptr_t page, size_t count, bool *is_used)
{
    uint64_t entries[ENTRIES_AT_ONCE];
    size_t size = count * sizeof *entries;
    if (pread(file, entries, size, (off_t)(page * sizeof *entries)) != (ssize_t)size)
        return false;
    for (size_t i = 0; i < count; i++)
        is_used[i] = entries[i] >> 62 != 0;
    return true;
}

/*
 * Whether [file] speaks of the addresses that we see. An emulator may have put them elsewhere;
 * then it says nothing of two pages in use and two between them that are not.
 */
static bool is_truthful(int file)
{
    enum { PAGES = 4 };
    bool used[PAGES] = {false};
    size_t unit = wisp_pages_unit();
    uint8_t *base = wisp_pages_reserve(PAGES * unit);
    if (!base)
        return false;
    bool is_told = wisp_pages_commit(base, 0, PAGES * unit);
    if (is_told) {
        base[0] = base[(PAGES - 1) * unit] = 1;
        is_told = read_entries(file, (uintptr_t)base / unit, PAGES, used);
    }
    wisp_pages_release(base, PAGES * unit);
    return is_told && used[0] && !used[1] && !used[2] && used[3];
}

bool wisp_pages_used(const void *base, size_t size, bool *is_used)
{
    size_t count = rounded(size) / wisp_pages_unit(), done = 0, next;
    uintptr_t first = (uintptr_t)base / wisp_pages_unit();
    int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool is_told = is_truthful(file);
    for (; is_told && done < count; done += next) {
        next = count - done < ENTRIES_AT_ONCE ? count - done : ENTRIES_AT_ONCE;
        is_told = read_entries(file, first + done, next, is_used + done);
    }
    close(file);
    return is_told;
}
