#define _GNU_SOURCE /* memfd_create, syscall, MAP_FIXED_NOREPLACE */

#include "os/self.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3: older ones know no file that cannot be run */
#endif

static int result_of(long returned)
{
    return returned < 0 ? -errno : (int)returned;
}

static int linux_open_memory(void *user)
{
    (void)user;
    return result_of(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
}

static int linux_make_file(void *user, size_t size)
{
    (void)user;
    int fd = memfd_create("wisp-text", MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("wisp-text", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) == 0)
        return result_of(fd);
    int error = errno;
    close(fd);
    return -error;
}

static int64_t linux_read_at(void *user, int fd, void *into, size_t size, uint64_t offset)
{
    (void)user;
    ssize_t n;
    do
        n = pread(fd, into, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int64_t linux_write_at(void *user, int fd, const void *from, size_t size, uint64_t offset)
{
    (void)user;
    ssize_t n;
    do
        n = pwrite(fd, from, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int linux_close(void *user, int fd)
{
    (void)user;
    return result_of(close(fd));
}

/* Past the C library, and so past the thread sanitizer, for which a program's text is a thing
 * that never changes. */
static void *map(void *at, size_t size, int how, int fd)
{
    return (void *)syscall(SYS_mmap, at, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | how, fd, 0L);
}

static int linux_map_code(void *user, void *at, size_t size, int fd, wisp_os_code_place place)
{
    (void)user;
    int how = place == WISP_CODE_OVER ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    how |= fd < 0 ? MAP_ANONYMOUS : 0;
    void *got = map(at, size, how, fd);
    if (got == MAP_FAILED)
        return -errno;
    if (got == at)
        return 0;
    munmap(got, size); /* before Linux 4.17 the address is but a hint */
    return -EEXIST;
}

static int linux_set_writable(void *user, void *at, size_t size, bool is_writable)
{
    (void)user;
    return result_of(mprotect(at, size, PROT_READ | PROT_EXEC | (is_writable ? PROT_WRITE : 0)));
}

static int membarrier(int command)
{
    return result_of(syscall(SYS_membarrier, command, 0, 0));
}

/* A process has to say first that it will ask for a barrier; so does a child of fork, perhaps. */
static int linux_barrier(void *user, wisp_os_barrier barrier)
{
    static const struct {
        int ask, announce;
    } commands[] = {
        [WISP_BARRIER_MEMORY] = {MEMBARRIER_CMD_PRIVATE_EXPEDITED,
                                 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED},
        [WISP_BARRIER_CODE] = {MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
                               MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE},
    };
    (void)user;
    int result = membarrier(commands[barrier].ask);
    if (result != -EPERM)
        return result;
    result = membarrier(commands[barrier].announce);
    return result < 0 ? result : membarrier(commands[barrier].ask);
}

static int linux_thread_count(void *user)
{
    (void)user;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks)
        return -errno;
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

const wisp_os_self *wisp_os_self_linux(void)
{
    static const wisp_os_self table = {.open_memory = linux_open_memory,
                                       .make_file = linux_make_file,
                                       .read_at = linux_read_at,
                                       .write_at = linux_write_at,
                                       .close = linux_close,
                                       .map_code = linux_map_code,
                                       .set_writable = linux_set_writable,
                                       .barrier = linux_barrier,
                                       .thread_count = linux_thread_count};
    return &table;
}
