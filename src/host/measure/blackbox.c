#include "host/measure/blackbox.h"

#include <errno.h>

#include "base/error.h"
#include "base/memory.h"
#include "os/pages.h"
#include "os/transfer.h"
#include "wasm/snapshot.h"

/* ------------------------------------------------------------------ the run before */

/* Counts the run before, and makes ready for this one. */
static void close_books(wisp_blackbox *box)
{
    wisp_blackbox_book *book = &box->book;
    wisp_blackbox_note note;
    wisp_status status = wisp_blackbox_decode(box->page, book, NULL);
    box->has_blame = status == WISP_OK && wisp_blackbox_under_way(box->page, &note);
    if (box->has_blame)
        wisp_blackbox_add(book, &note); /* as one that has not run */
    for (size_t i = book->len; i-- > 0;)
        if (book->records[i].has_run)
            wisp_blackbox_remove(book, &book->records[i]);
    if (box->has_blame)
        box->blame = wisp_blackbox_blame_of(&note, book->records[0].times);
    /* Counted first: a process that ends between the two lines is counted twice, not lost. */
    wisp_blackbox_encode(book, box->page);
    wisp_blackbox_leave(box);
}

/* ------------------------------------------------------------------ opening */

static wisp_blackbox *new_box(const wisp_allocator *allocator, wisp_error *err)
{
    allocator = wisp_allocator_or_default(allocator);
    wisp_blackbox *box = wisp_alloc(allocator, 1, sizeof *box);
    if (!box)
        wisp_fail_memory(err, sizeof *box);
    else
        box->allocator = allocator;
    return box;
}

wisp_status wisp_blackbox_open_memory(const wisp_allocator *allocator, void *memory,
                                      wisp_blackbox **out, wisp_error *err)
{
    wisp_blackbox *box = new_box(allocator, err);
    if (!box)
        return WISP_NO_MEMORY;
    box->page = memory;
    close_books(box);
    *out = box;
    return WISP_OK;
}

static wisp_status fail_io(wisp_error *err, const char *what, const char *path, int64_t result)
{
    wisp_status status = result == -EWOULDBLOCK ? WISP_BUSY : WISP_IO;
    return wisp_fail(err, status, "cannot %s '%.160s': %s", what, path, strerror((int)-result));
}

/* Makes the file at least as large as a black box. */
static int64_t lengthen(const wisp_os *os, int fd)
{
    int64_t size = os->file_size(os->user, fd);
    if (size < 0 || size >= WISP_BLACKBOX_SIZE)
        return size;
    static const uint8_t zeros[WISP_BLACKBOX_SIZE];
    return wisp_os_write_all(os, fd, (uint64_t)size,
                             (wisp_bytes){zeros, WISP_BLACKBOX_SIZE - (size_t)size});
}

static wisp_status map_page(wisp_blackbox *box, const char *path, wisp_error *err)
{
    size_t unit = wisp_pages_unit();
    size_t size = unit > WISP_BLACKBOX_SIZE ? unit : WISP_BLACKBOX_SIZE;
    box->page = unit > 0 ? wisp_pages_reserve(size) : NULL;
    if (!box->page)
        return wisp_fail(err, WISP_UNSUPPORTED, "no file can be mapped here");
    box->mapped_size = size;
    if (!wisp_pages_commit(box->page, 0, size) ||
        !wisp_pages_map(box->page, size, box->fd, 0, false))
        return wisp_fail(err, WISP_UNSUPPORTED, "cannot map '%.160s'", path);
    return WISP_OK;
}

static wisp_status open_file(wisp_blackbox *box, const char *path, wisp_error *err)
{
    const wisp_os *os = box->os;
    box->fd = os->open(os->user, path, WISP_OS_WRITE);
    if (box->fd < 0)
        return fail_io(err, "open", path, box->fd);
    int64_t result = os->lock(os->user, box->fd);
    if (result < 0)
        return fail_io(err, "lock", path, result);
    result = lengthen(os, box->fd);
    if (result < 0)
        return fail_io(err, "write", path, result);
    return map_page(box, path, err);
}

wisp_status wisp_blackbox_open(const wisp_allocator *allocator, const wisp_os *os,
                               const char *path, wisp_blackbox **out, wisp_error *err)
{
    wisp_blackbox *box = new_box(allocator, err);
    if (!box)
        return WISP_NO_MEMORY;
    box->os = os ? os : wisp_os_posix();
    wisp_status status = open_file(box, path, err);
    if (status != WISP_OK) {
        wisp_blackbox_close(box);
        return status;
    }
    close_books(box);
    *out = box;
    return WISP_OK;
}

void wisp_blackbox_close(wisp_blackbox *box)
{
    if (!box)
        return;
    if (box->mapped_size > 0)
        wisp_pages_release(box->page, box->mapped_size);
    if (box->os && box->fd >= 0)
        box->os->close(box->os->user, box->fd);
    wisp_free(box->allocator, box, sizeof *box);
}

/* ------------------------------------------------------------------ blame */

bool wisp_blackbox_blame(const wisp_blackbox *box, wisp_blame *out)
{
    if (box->has_blame)
        *out = box->blame;
    return box->has_blame;
}

uint32_t wisp_blackbox_count(const wisp_blackbox *box, uint64_t module)
{
    const wisp_blackbox_record *record =
        box ? wisp_blackbox_find((wisp_blackbox_book *)&box->book, module) : NULL;
    return record ? record->times : 0;
}

uint32_t wisp_blackbox_times(const wisp_blackbox *box, const wisp_module *module)
{
    return wisp_blackbox_count(box, wisp_module_hash(module));
}

void wisp_blackbox_started(wisp_blackbox *box, uint64_t module)
{
    wisp_blackbox_record *record = box ? wisp_blackbox_find(&box->book, module) : NULL;
    if (!record || record->has_run)
        return;
    record->has_run = true;
    wisp_blackbox_encode(&box->book, box->page);
}

void wisp_blackbox_forgive(wisp_blackbox *box, uint64_t module)
{
    wisp_blackbox_record *record = wisp_blackbox_find(&box->book, module);
    if (!record)
        return;
    wisp_blackbox_remove(&box->book, record);
    wisp_blackbox_encode(&box->book, box->page);
}

/* ------------------------------------------------------------------ looking from outside */

wisp_status wisp_blackbox_read(wisp_bytes bytes, wisp_blame *blames, size_t max, size_t *len,
                               bool *is_open, wisp_error *err)
{
    wisp_blackbox_book book;
    wisp_blackbox_note note;
    *len = 0;
    if (bytes.size < WISP_BLACKBOX_SIZE)
        return wisp_fail(err, WISP_MALFORMED, "a black box has %d bytes, not %zu",
                         WISP_BLACKBOX_SIZE, bytes.size);
    wisp_status status = wisp_blackbox_decode(bytes.data, &book, err);
    if (status != WISP_OK)
        return status;
    *is_open = wisp_blackbox_under_way(bytes.data, &note);
    if (*is_open)
        wisp_blackbox_add(&book, &note);
    for (; *len < book.len && *len < max; ++*len)
        blames[*len] = wisp_blackbox_blame_of(&book.records[*len].note, book.records[*len].times);
    return WISP_OK;
}
