#ifndef TESTS_COMMON_FAULTY_OS_H
#define TESTS_COMMON_FAULTY_OS_H

#include <wisp/os.h>

/*
 * A file system in memory that can be made to fail at any call, and that knows what a power cut
 * may leave: all that was synced, and of the rest, in their order, any of the changes that were
 * made since. A change is one write, one cut, or one name made, moved or removed.
 */

#define FAULTY_FILES_MAX   2048
#define FAULTY_NAMES_MAX   256
#define FAULTY_FDS_MAX     16
#define FAULTY_CHANGES_MAX 128 /* that are not synced */

typedef enum fault {
    FAULT_NONE,
    FAULT_EIO,    /* the call fails */
    FAULT_ENOSPC, /* it and all later calls that need room fail */
    FAULT_SHORT,  /* a write takes only a part */
    FAULT_CRASH   /* a write takes only a part; every later call fails */
} fault;

typedef enum survival {
    SURVIVES_ALL,    /* the process was killed */
    SURVIVES_SYNCED, /* power loss: what was not synced is gone */
    SURVIVES_NAMES   /* power loss: names were written out, the bytes behind them not */
} survival;

typedef struct faulty_bytes {
    uint8_t *data;
    size_t size;
} faulty_bytes;

typedef struct faulty_file {
    faulty_bytes now, synced;
    int locked_by; /* a descriptor, plus one; 0: nobody */
    bool is_free;  /* nothing names it any more */
} faulty_file;

typedef struct faulty_name {
    char path[200];
    int file; /* index; -1 for a directory */
} faulty_name;

typedef struct faulty_names {
    faulty_name list[FAULTY_NAMES_MAX];
    int len;
} faulty_names;

typedef enum change_kind {
    CHANGE_WRITE,
    CHANGE_CUT,
    CHANGE_SET,
    CHANGE_MOVE,
    CHANGE_DROP
} change_kind;

/* A change that a power cut may lose. */
typedef struct faulty_change {
    change_kind kind;
    int file;          /* -1 for a directory */
    uint64_t offset;   /* WRITE */
    faulty_bytes data; /* WRITE */
    char path[200];    /* of a name; MOVE: where from */
    char to[200];      /* MOVE */
} faulty_change;

typedef struct faulty_os {
    wisp_os os;
    faulty_file files[FAULTY_FILES_MAX];
    int file_len;
    faulty_names now, synced;
    faulty_change changes[FAULTY_CHANGES_MAX]; /* oldest first */
    int change_len;
    int fds[FAULTY_FDS_MAX]; /* file index, plus one; 0 is free */

    fault kind;
    uint64_t fail_at; /* the call, counted from 1, that fails */
    uint64_t calls;
    int64_t time;       /* the wall clock */
    uint64_t monotonic; /* nanoseconds of the other one */
} faulty_os;

void faulty_os_init(faulty_os *f);
void faulty_os_deinit(faulty_os *f);

/* Makes call [n] from now on fail; FAULT_NONE for none. */
void faulty_os_arm(faulty_os *f, fault kind, uint64_t n);

/* Whether the fault has happened. */
bool faulty_os_struck(const faulty_os *f);

/* Ends all open files and loses what a crash loses. */
void faulty_os_reboot(faulty_os *f, survival kept);

/* The same where of the changes that were not synced those survive whose bit, from the oldest on,
 * is set in [kept]. */
void faulty_os_reboot_with(faulty_os *f, uint64_t kept);
/* The bits of the changes of names. */
uint64_t faulty_os_name_changes(const faulty_os *f);

/* Makes [to], which is initialized, a disk of its own with what is on [from]; nothing is open. */
void faulty_os_copy(faulty_os *to, const faulty_os *from);

/* The bytes of the file at [path] for a test to look at or to damage; NULL if there is none. */
faulty_bytes *faulty_os_file(faulty_os *f, const char *path);
/* Lays a file there, synced. Its directory must be there. */
void faulty_os_lay(faulty_os *f, const char *path, const void *data, size_t size);
int faulty_os_count(const faulty_os *f, const char *prefix); /* of names that begin with it */
int faulty_os_open_len(const faulty_os *f);                  /* open descriptors */

#endif
