#ifndef WISP_CLI_PUBLIC_FILE_H
#define WISP_CLI_PUBLIC_FILE_H

#include <sys/stat.h>

/*
 * Opens the file that the path of a URL ("/targets/a.wasm", still percent-encoded) names
 * beneath the folder open as [folder], and fills [out] with what it is. Gives its descriptor,
 * or -1 where it names nothing that may be shown: a path with "." or "..", with a name that
 * starts with a dot or ends in ".tmp", with an encoded '/', NUL or control byte, or with a
 * symbolic link anywhere; and anything but a regular file.
 */
int public_file_open(int folder, const char *url_path, struct stat *out);

#endif
