#define _DEFAULT_SOURCE /* DT_, telldir */

#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A listing is the C library's: its places are those of the file system, so that they stay good
 * while others add and remove names. */

static DIR *dir_of(wisp_listing *listing)
{
    return (DIR *)(void *)listing;
}

int wisp_listing_open(int fd, wisp_listing **out)
{
    int own =
        openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* with a position of its own */
    if (own < 0)
        return -errno;
    DIR *dir = fdopendir(own);
    if (!dir) {
        int result = -errno;
        close(own);
        return result;
    }
    *out = (wisp_listing *)(void *)dir;
    return 0;
}

void wisp_listing_close(wisp_listing *listing)
{
    if (listing)
        closedir(dir_of(listing));
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

int wisp_listing_read(wisp_listing *listing, uint64_t place, wisp_listing_entry *out)
{
    DIR *dir = dir_of(listing);
    if (place == 0)
        rewinddir(dir);
    else if ((uint64_t)telldir(dir) != place)
        seekdir(dir, (long)place);
    errno = 0;
    struct dirent *entry = readdir(dir);
    if (!entry)
        return -errno;
    *out = (wisp_listing_entry){.name = entry->d_name,
                                .inode = entry->d_ino,
                                .next = (uint64_t)telldir(dir),
                                .kind = kind_of_type(entry->d_type)};
    return 1;
}
