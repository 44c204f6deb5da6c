#include "wasi/descriptor.h"

#include "base/memory.h"

#include <string.h>

#define RIGHT(name) WISP_WASI_RIGHT_##name

const uint64_t wisp_wasi_file_rights =
    RIGHT(FD_DATASYNC) | RIGHT(FD_READ) | RIGHT(FD_SEEK) | RIGHT(FD_FDSTAT_SET_FLAGS) |
    RIGHT(FD_SYNC) | RIGHT(FD_TELL) | RIGHT(FD_WRITE) | RIGHT(FD_ADVISE) | RIGHT(FD_ALLOCATE) |
    RIGHT(FD_FILESTAT_GET) | RIGHT(FD_FILESTAT_SET_SIZE) | RIGHT(FD_FILESTAT_SET_TIMES) |
    RIGHT(POLL_FD_READWRITE);

const uint64_t wisp_wasi_dir_rights =
    RIGHT(FD_FDSTAT_SET_FLAGS) | RIGHT(FD_SYNC) | RIGHT(FD_DATASYNC) | RIGHT(FD_ADVISE) |
    RIGHT(PATH_CREATE_DIRECTORY) | RIGHT(PATH_CREATE_FILE) | RIGHT(PATH_LINK_SOURCE) |
    RIGHT(PATH_LINK_TARGET) | RIGHT(PATH_OPEN) | RIGHT(FD_READDIR) | RIGHT(PATH_READLINK) |
    RIGHT(PATH_RENAME_SOURCE) | RIGHT(PATH_RENAME_TARGET) | RIGHT(PATH_FILESTAT_GET) |
    RIGHT(PATH_FILESTAT_SET_SIZE) | RIGHT(PATH_FILESTAT_SET_TIMES) | RIGHT(FD_FILESTAT_GET) |
    RIGHT(FD_FILESTAT_SET_TIMES) | RIGHT(PATH_SYMLINK) | RIGHT(PATH_REMOVE_DIRECTORY) |
    RIGHT(PATH_UNLINK_FILE) | RIGHT(POLL_FD_READWRITE);

#define X(bit, name) | RIGHT(name)
const uint64_t wisp_wasi_all_rights = 0 WISP_WASI_RIGHTS(X);
#undef X

wisp_wasi_filetype wisp_wasi_filetype_of(wisp_os_file_kind kind)
{
    static const wisp_wasi_filetype types[] = {
        [WISP_FILE_OTHER] = WISP_WASI_UNKNOWN,
        [WISP_FILE_BLOCK] = WISP_WASI_BLOCK_DEVICE,
        [WISP_FILE_CHARACTER] = WISP_WASI_CHARACTER_DEVICE,
        [WISP_FILE_DIRECTORY] = WISP_WASI_DIRECTORY,
        [WISP_FILE_REGULAR] = WISP_WASI_REGULAR_FILE,
        [WISP_FILE_DATAGRAM] = WISP_WASI_SOCKET_DGRAM,
        [WISP_FILE_STREAM] = WISP_WASI_SOCKET_STREAM,
        [WISP_FILE_LINK] = WISP_WASI_SYMBOLIC_LINK,
    };
    return types[kind];
}

static void dispose(const wisp_allocator *allocator, wisp_wasi_descriptor *d)
{
    wisp_listing_close(&d->listing);
    if (d->kind == WISP_WASI_FD && d->is_owned)
        wisp_os_file_close(d->fd);
    if (d->preopen)
        wisp_free(allocator, d->preopen, strlen(d->preopen) + 1);
}

void wisp_wasi_table_init(wisp_wasi_table *table, const wisp_allocator *allocator, size_t max)
{
    *table = (wisp_wasi_table){.allocator = allocator, .max = max};
    pthread_mutex_init(&table->lock, NULL);
}

void wisp_wasi_table_drop(wisp_wasi_table *table, wisp_wasi_descriptor *d)
{
    if (!d || atomic_fetch_sub(&d->holders, 1) > 1)
        return;
    dispose(table->allocator, d);
    pthread_mutex_destroy(&d->lock);
    wisp_free(table->allocator, d, sizeof *d);
}

void wisp_wasi_table_deinit(wisp_wasi_table *table)
{
    for (size_t i = 0; i < table->len; i++)
        wisp_wasi_table_drop(table, table->items[i]);
    wisp_free(table->allocator, table->items, table->capacity * sizeof(wisp_wasi_descriptor *));
    pthread_mutex_destroy(&table->lock);
}

/* The lowest free number, with room for it; SIZE_MAX without memory. */
static size_t free_number(wisp_wasi_table *table)
{
    size_t number = 0;
    while (number < table->len && table->items[number])
        number++;
    if (number == table->len) {
        if (!wisp_array_reserve(table->allocator, &table->items, &table->capacity, number + 1,
                                sizeof *table->items))
            return SIZE_MAX;
        table->items[table->len++] = NULL;
    }
    return number;
}

static wisp_wasi_errno add_locked(wisp_wasi_table *table, wisp_wasi_descriptor *d,
                                  uint32_t *number)
{
    size_t place = free_number(table);
    if (place == SIZE_MAX)
        return WISP_WASI_ENOMEM;
    if (place >= table->max)
        return WISP_WASI_EMFILE;
    table->items[place] = d;
    *number = (uint32_t)place;
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_table_add(wisp_wasi_table *table, wisp_wasi_descriptor descriptor,
                                    uint32_t *number)
{
    wisp_wasi_descriptor *d = wisp_alloc(table->allocator, 1, sizeof *d);
    if (!d) {
        dispose(table->allocator, &descriptor);
        return WISP_WASI_ENOMEM;
    }
    *d = descriptor;
    atomic_init(&d->holders, 1);
    pthread_mutex_init(&d->lock, NULL);
    pthread_mutex_lock(&table->lock);
    wisp_wasi_errno result = add_locked(table, d, number);
    pthread_mutex_unlock(&table->lock);
    if (result)
        wisp_wasi_table_drop(table, d);
    return result;
}

/* The descriptor [number]; NULL without it. */
static wisp_wasi_descriptor *item(const wisp_wasi_table *table, uint32_t number)
{
    return number < table->len ? table->items[number] : NULL;
}

wisp_wasi_descriptor *wisp_wasi_table_take(wisp_wasi_table *table, uint32_t number)
{
    pthread_mutex_lock(&table->lock);
    wisp_wasi_descriptor *d = item(table, number);
    if (d)
        atomic_fetch_add(&d->holders, 1);
    pthread_mutex_unlock(&table->lock);
    return d;
}

wisp_wasi_errno wisp_wasi_table_close(wisp_wasi_table *table, uint32_t number)
{
    pthread_mutex_lock(&table->lock);
    wisp_wasi_descriptor *d = item(table, number);
    if (d)
        table->items[number] = NULL;
    pthread_mutex_unlock(&table->lock);
    wisp_wasi_table_drop(table, d);
    return d ? WISP_WASI_SUCCESS : WISP_WASI_EBADF;
}

wisp_wasi_errno wisp_wasi_table_renumber(wisp_wasi_table *table, uint32_t from, uint32_t to)
{
    pthread_mutex_lock(&table->lock);
    wisp_wasi_descriptor *d = item(table, from), *old = item(table, to);
    bool is_move = d && old && from != to;
    if (is_move) {
        table->items[to] = d;
        table->items[from] = NULL;
    }
    pthread_mutex_unlock(&table->lock);
    if (is_move)
        wisp_wasi_table_drop(table, old);
    return d && old ? WISP_WASI_SUCCESS : WISP_WASI_EBADF;
}
