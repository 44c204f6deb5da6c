#define _DEFAULT_SOURCE /* DT_ */

#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int wisp_listing_open(int fd, wisp_listing *listing)
{
    int own =
        openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* with a position of its own */
    if (own < 0)
        return -errno;
    *listing = (wisp_listing){.dir = fdopendir(own)};
    if (listing->dir)
        return 0;
    int result = -errno;
    close(own);
    return result;
}

void wisp_listing_close(wisp_listing *listing)
{
    if (listing->dir)
        closedir(listing->dir);
}

static wisp_os_file_kind kind_of_type(unsigned char type)
{
    switch (type) {
    case DT_BLK:
        return WISP_FILE_BLOCK;
    case DT_CHR:
        return WISP_FILE_CHARACTER;
    case DT_DIR:
        return WISP_FILE_DIRECTORY;
    case DT_REG:
        return WISP_FILE_REGULAR;
    case DT_LNK:
        return WISP_FILE_LINK;
    case DT_SOCK:
        return WISP_FILE_STREAM;
    }
    return WISP_FILE_OTHER;
}

/* Reads one entry on; NULL at the end or with errno set. */
static struct dirent *step(wisp_listing *listing)
{
    errno = 0;
    struct dirent *entry = readdir(listing->dir);
    listing->last = entry;
    listing->next += entry != NULL;
    return entry;
}

int wisp_listing_read(wisp_listing *listing, uint64_t place, wisp_listing_entry *out)
{
    bool is_last = listing->last && place + 1 == listing->next;
    if (!is_last && place < listing->next) {
        rewinddir(listing->dir);
        listing->next = 0;
    }
    while (!is_last && listing->next <= place) {
        if (!step(listing))
            return -errno;
    }
    const struct dirent *entry = listing->last;
    *out = (wisp_listing_entry){
        .name = entry->d_name, .inode = entry->d_ino, .kind = kind_of_type(entry->d_type)};
    return 1;
}
