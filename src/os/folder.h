#ifndef WISP_OS_FOLDER_H
#define WISP_OS_FOLDER_H

#include <wisp/os.h>

/*
 * One directory of the device's state, and the few ways in which files in it are read and
 * written. Files are either replaced as a whole, so that a power cut leaves the old or the new
 * one, or overwritten in place where the format itself can tell a torn write.
 *
 * Errors are WISP_IO with the name and the system's words; WISP_NOT_FOUND where reading found
 * nothing. Any thread, as the os.
 */

#define WISP_FOLDER_PATH_SIZE 1024
#define WISP_FOLDER_NAME_SIZE 256

typedef struct wisp_folder {
    const wisp_os *os;
    const wisp_allocator *allocator;
    char path[WISP_FOLDER_PATH_SIZE];
} wisp_folder;

/* Names the folder [path], or [path]/[name] where [name] is not NULL; touches nothing.
 * WISP_INVALID for a path that is too long. */
wisp_status wisp_folder_init(wisp_folder *folder, const wisp_os *os,
                             const wisp_allocator *allocator, const char *path, const char *name,
                             wisp_error *err);

/* Makes the directory where it is missing; its parent must be there. */
wisp_status wisp_folder_make(const wisp_folder *folder, wisp_error *err);

/* The whole of file [name] in memory from the folder's allocator, to be freed by
 * wisp_folder_free; WISP_LIMIT if it is longer than [size_max], WISP_NO_MEMORY. */
wisp_status wisp_folder_read(const wisp_folder *folder, const char *name, size_t size_max,
                             wisp_bytes *out, wisp_error *err);
void wisp_folder_free(const wisp_folder *folder, wisp_bytes bytes);

/* Reads up to [size] bytes of [name] into [into], clearing what the file does not have. */
wisp_status wisp_folder_read_into(const wisp_folder *folder, const char *name, void *into,
                                  size_t size, wisp_error *err);

/* Makes [bytes] the whole content of file [name], durable when this returns. */
wisp_status wisp_folder_replace(const wisp_folder *folder, const char *name, wisp_bytes bytes,
                                wisp_error *err);

/* Writes [bytes] at [offset] of file [name], made where missing; durable when this returns. */
wisp_status wisp_folder_overwrite(const wisp_folder *folder, const char *name, uint64_t offset,
                                  wisp_bytes bytes, wisp_error *err);

/* Opens file [name] with the flags of wisp/os.h, for what is read or written in pieces; *[fd] is
 * to be closed by the system's close. */
wisp_status wisp_folder_open(const wisp_folder *folder, const char *name, int flags, int *fd,
                             wisp_error *err);

/* Gives file [from], whose bytes are durable, the name [to], durable when this returns; replaces
 * what has it. */
wisp_status wisp_folder_rename(const wisp_folder *folder, const char *from, const char *to,
                               wisp_error *err);

/* Removes file [name]; none is fine. Durable after the next replace, or wisp_folder_sync. */
wisp_status wisp_folder_remove(const wisp_folder *folder, const char *name, wisp_error *err);
wisp_status wisp_folder_sync(const wisp_folder *folder, wisp_error *err);

/*
 * Removes every file that [keep] does not want, and those that an interrupted replace left.
 * Stops at the first that cannot be removed.
 */
wisp_status wisp_folder_sweep(const wisp_folder *folder,
                              bool (*keep)(const void *context, const char *name),
                              const void *context, wisp_error *err);

/* Opens file [name], made where missing, and locks it until the descriptor in *[fd] is closed:
 * WISP_BUSY if another process has it. */
wisp_status wisp_folder_lock(const wisp_folder *folder, const char *name, int *fd,
                             wisp_error *err);

#endif
