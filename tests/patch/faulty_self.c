#include "faulty_self.h"

#include <errno.h>

static bool is_refused(faulty_self *f)
{
    uint64_t now = ++f->calls;
    return f->fail_at > 0 && (now == f->fail_at || (f->fail_further && now > f->fail_at));
}

/* [result], which a call has just had. */
static int64_t passed(const faulty_self *f, int64_t result)
{
    if (f->after)
        f->after();
    return result;
}

/* The result of [call], if this is not the one that fails. */
#define TRY(call)                                                                                \
    faulty_self *f = user;                                                                       \
    const wisp_os_self *real = wisp_os_self_linux();                                             \
    return is_refused(f) ? f->error : (int)passed(f, real->call)

static int try_open_memory(void *user)
{
    TRY(open_memory(real->user));
}

static int try_make_file(void *user, size_t size)
{
    TRY(make_file(real->user, size));
}

static int64_t try_read_at(void *user, int fd, void *into, size_t size, uint64_t offset)
{
    TRY(read_at(real->user, fd, into, size, offset));
}

static int64_t try_write_at(void *user, int fd, const void *from, size_t size, uint64_t offset)
{
    TRY(write_at(real->user, fd, from, size, offset));
}

static int try_map_code(void *user, void *at, size_t size, int fd, wisp_os_code_place place)
{
    TRY(map_code(real->user, at, size, fd, place));
}

static int try_set_writable(void *user, void *at, size_t size, bool is_writable)
{
    TRY(set_writable(real->user, at, size, is_writable));
}

static int try_barrier(void *user, wisp_os_barrier barrier)
{
    TRY(barrier(real->user, barrier));
}

static int try_thread_count(void *user)
{
    if (((faulty_self *)user)->threads != 0)
        return ((faulty_self *)user)->threads;
    TRY(thread_count(real->user));
}

/* What is closed is closed, whatever the system says. */
static int try_close(void *user, int fd)
{
    const wisp_os_self *real = wisp_os_self_linux();
    int result = real->close(real->user, fd);
    return is_refused(user) ? ((faulty_self *)user)->error : result;
}

void faulty_self_init(faulty_self *f)
{
    *f = (faulty_self){.error = -EIO,
                       .table = {.user = f,
                                 .open_memory = try_open_memory,
                                 .make_file = try_make_file,
                                 .read_at = try_read_at,
                                 .write_at = try_write_at,
                                 .close = try_close,
                                 .map_code = try_map_code,
                                 .set_writable = try_set_writable,
                                 .barrier = try_barrier,
                                 .thread_count = try_thread_count}};
}

void faulty_self_fail(faulty_self *f, uint64_t n)
{
    f->calls = 0;
    f->fail_at = n;
}

bool faulty_self_struck(const faulty_self *f)
{
    return f->fail_at > 0 && f->calls >= f->fail_at;
}
