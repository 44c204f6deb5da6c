#define _DEFAULT_SOURCE /* O_NOFOLLOW and O_DIRECTORY */

#include "public_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes the name from [at] up to a '/' or the end into [name]; NULL if it may not be shown. */
static const char *decode_name(const char *at, char name[NAME_MAX + 1])
{
    size_t len = 0;
    while (*at && *at != '/') {
        int byte = (unsigned char)*at++;
        if (byte == '%') {
            int high = hex_digit(at[0]), low = high < 0 ? -1 : hex_digit(at[1]);
            if (low < 0)
                return NULL;
            byte = high * 16 + low;
            at += 2;
        }
        if (byte < 0x20 || byte == 0x7f || byte == '/' || len == NAME_MAX)
            return NULL;
        name[len++] = (char)byte;
    }
    name[len] = '\0';
    bool is_temporary = len >= 4 && strcmp(name + len - 4, ".tmp") == 0;
    return len == 0 || name[0] == '.' || is_temporary ? NULL : at;
}

int public_file_open(int folder, const char *url_path, struct stat *out)
{
    const char *at = url_path;
    int here = folder;
    while (here >= 0 && *at == '/') {
        char name[NAME_MAX + 1];
        at = decode_name(at + 1, name);
        int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
        if (at && *at == '/')
            flags |= O_DIRECTORY;
        int next = at ? openat(here, name, flags) : -1;
        if (here != folder)
            close(here);
        here = next;
        if (!at)
            return -1;
    }
    if (here < 0 || here == folder)
        return -1;
    if (fstat(here, out) == 0 && S_ISREG(out->st_mode))
        return here;
    close(here);
    return -1;
}
