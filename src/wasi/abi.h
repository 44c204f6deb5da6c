#ifndef WISP_WASI_ABI_H
#define WISP_WASI_ABI_H

#include <stdint.h>

/* The numbers of wasi_snapshot_preview1 that modules are compiled with. */

/* Every error that a function can give, with the host's where it has one of that name. */
#define WISP_WASI_ERRNOS(X)                                                                      \
    X(1, 2BIG, E2BIG)                                                                            \
    X(2, ACCES, EACCES)                                                                          \
    X(3, ADDRINUSE, EADDRINUSE)                                                                  \
    X(4, ADDRNOTAVAIL, EADDRNOTAVAIL)                                                            \
    X(5, AFNOSUPPORT, EAFNOSUPPORT)                                                              \
    X(6, AGAIN, EAGAIN)                                                                          \
    X(7, ALREADY, EALREADY)                                                                      \
    X(8, BADF, EBADF)                                                                            \
    X(9, BADMSG, EBADMSG)                                                                        \
    X(10, BUSY, EBUSY)                                                                           \
    X(11, CANCELED, ECANCELED)                                                                   \
    X(12, CHILD, ECHILD)                                                                         \
    X(13, CONNABORTED, ECONNABORTED)                                                             \
    X(14, CONNREFUSED, ECONNREFUSED)                                                             \
    X(15, CONNRESET, ECONNRESET)                                                                 \
    X(16, DEADLK, EDEADLK)                                                                       \
    X(17, DESTADDRREQ, EDESTADDRREQ)                                                             \
    X(18, DOM, EDOM)                                                                             \
    X(19, DQUOT, EDQUOT)                                                                         \
    X(20, EXIST, EEXIST)                                                                         \
    X(21, FAULT, EFAULT)                                                                         \
    X(22, FBIG, EFBIG)                                                                           \
    X(23, HOSTUNREACH, EHOSTUNREACH)                                                             \
    X(24, IDRM, EIDRM)                                                                           \
    X(25, ILSEQ, EILSEQ)                                                                         \
    X(26, INPROGRESS, EINPROGRESS)                                                               \
    X(27, INTR, EINTR)                                                                           \
    X(28, INVAL, EINVAL)                                                                         \
    X(29, IO, EIO)                                                                               \
    X(30, ISCONN, EISCONN)                                                                       \
    X(31, ISDIR, EISDIR)                                                                         \
    X(32, LOOP, ELOOP)                                                                           \
    X(33, MFILE, EMFILE)                                                                         \
    X(34, MLINK, EMLINK)                                                                         \
    X(35, MSGSIZE, EMSGSIZE)                                                                     \
    X(36, MULTIHOP, EMULTIHOP)                                                                   \
    X(37, NAMETOOLONG, ENAMETOOLONG)                                                             \
    X(38, NETDOWN, ENETDOWN)                                                                     \
    X(39, NETRESET, ENETRESET)                                                                   \
    X(40, NETUNREACH, ENETUNREACH)                                                               \
    X(41, NFILE, ENFILE)                                                                         \
    X(42, NOBUFS, ENOBUFS)                                                                       \
    X(43, NODEV, ENODEV)                                                                         \
    X(44, NOENT, ENOENT)                                                                         \
    X(45, NOEXEC, ENOEXEC)                                                                       \
    X(46, NOLCK, ENOLCK)                                                                         \
    X(47, NOLINK, ENOLINK)                                                                       \
    X(48, NOMEM, ENOMEM)                                                                         \
    X(49, NOMSG, ENOMSG)                                                                         \
    X(50, NOPROTOOPT, ENOPROTOOPT)                                                               \
    X(51, NOSPC, ENOSPC)                                                                         \
    X(52, NOSYS, ENOSYS)                                                                         \
    X(53, NOTCONN, ENOTCONN)                                                                     \
    X(54, NOTDIR, ENOTDIR)                                                                       \
    X(55, NOTEMPTY, ENOTEMPTY)                                                                   \
    X(56, NOTRECOVERABLE, ENOTRECOVERABLE)                                                       \
    X(57, NOTSOCK, ENOTSOCK)                                                                     \
    X(58, NOTSUP, ENOTSUP)                                                                       \
    X(59, NOTTY, ENOTTY)                                                                         \
    X(60, NXIO, ENXIO)                                                                           \
    X(61, OVERFLOW, EOVERFLOW)                                                                   \
    X(62, OWNERDEAD, EOWNERDEAD)                                                                 \
    X(63, PERM, EPERM)                                                                           \
    X(64, PIPE, EPIPE)                                                                           \
    X(65, PROTO, EPROTO)                                                                         \
    X(66, PROTONOSUPPORT, EPROTONOSUPPORT)                                                       \
    X(67, PROTOTYPE, EPROTOTYPE)                                                                 \
    X(68, RANGE, ERANGE)                                                                         \
    X(69, ROFS, EROFS)                                                                           \
    X(70, SPIPE, ESPIPE)                                                                         \
    X(71, SRCH, ESRCH)                                                                           \
    X(72, STALE, ESTALE)                                                                         \
    X(73, TIMEDOUT, ETIMEDOUT)                                                                   \
    X(74, TXTBSY, ETXTBSY)                                                                       \
    X(75, XDEV, EXDEV)

typedef enum wisp_wasi_errno {
    WISP_WASI_SUCCESS,
#define X(number, name, host) WISP_WASI_E##name = number,
    WISP_WASI_ERRNOS(X)
#undef X
        WISP_WASI_ENOTCAPABLE = 76
} wisp_wasi_errno;

/* What a descriptor may be used for; its number is the bit. */
#define WISP_WASI_RIGHTS(X)                                                                      \
    X(0, FD_DATASYNC)                                                                            \
    X(1, FD_READ)                                                                                \
    X(2, FD_SEEK)                                                                                \
    X(3, FD_FDSTAT_SET_FLAGS)                                                                    \
    X(4, FD_SYNC)                                                                                \
    X(5, FD_TELL)                                                                                \
    X(6, FD_WRITE)                                                                               \
    X(7, FD_ADVISE)                                                                              \
    X(8, FD_ALLOCATE)                                                                            \
    X(9, PATH_CREATE_DIRECTORY)                                                                  \
    X(10, PATH_CREATE_FILE)                                                                      \
    X(11, PATH_LINK_SOURCE)                                                                      \
    X(12, PATH_LINK_TARGET)                                                                      \
    X(13, PATH_OPEN)                                                                             \
    X(14, FD_READDIR)                                                                            \
    X(15, PATH_READLINK)                                                                         \
    X(16, PATH_RENAME_SOURCE)                                                                    \
    X(17, PATH_RENAME_TARGET)                                                                    \
    X(18, PATH_FILESTAT_GET)                                                                     \
    X(19, PATH_FILESTAT_SET_SIZE)                                                                \
    X(20, PATH_FILESTAT_SET_TIMES)                                                               \
    X(21, FD_FILESTAT_GET)                                                                       \
    X(22, FD_FILESTAT_SET_SIZE)                                                                  \
    X(23, FD_FILESTAT_SET_TIMES)                                                                 \
    X(24, PATH_SYMLINK)                                                                          \
    X(25, PATH_REMOVE_DIRECTORY)                                                                 \
    X(26, PATH_UNLINK_FILE)                                                                      \
    X(27, POLL_FD_READWRITE)                                                                     \
    X(28, SOCK_SHUTDOWN)                                                                         \
    X(29, SOCK_ACCEPT)

enum {
#define X(bit, name) WISP_WASI_RIGHT_##name = 1 << bit,
    WISP_WASI_RIGHTS(X)
#undef X
};

typedef enum wisp_wasi_filetype {
    WISP_WASI_UNKNOWN,
    WISP_WASI_BLOCK_DEVICE,
    WISP_WASI_CHARACTER_DEVICE,
    WISP_WASI_DIRECTORY,
    WISP_WASI_REGULAR_FILE,
    WISP_WASI_SOCKET_DGRAM,
    WISP_WASI_SOCKET_STREAM,
    WISP_WASI_SYMBOLIC_LINK
} wisp_wasi_filetype;

enum {
    WISP_WASI_FD_APPEND = 1,
    WISP_WASI_FD_DSYNC = 2,
    WISP_WASI_FD_NONBLOCK = 4,
    WISP_WASI_FD_RSYNC = 8,
    WISP_WASI_FD_SYNC = 16,
    WISP_WASI_FD_FLAGS = 31
};

enum {
    WISP_WASI_OPEN_CREATE = 1,
    WISP_WASI_OPEN_DIRECTORY = 2,
    WISP_WASI_OPEN_EXCLUSIVE = 4,
    WISP_WASI_OPEN_TRUNCATE = 8,
    WISP_WASI_OPEN_FLAGS = 15
};

enum { WISP_WASI_SYMLINK_FOLLOW = 1 };

enum {
    WISP_WASI_SET_ATIM = 1,
    WISP_WASI_SET_ATIM_NOW = 2,
    WISP_WASI_SET_MTIM = 4,
    WISP_WASI_SET_MTIM_NOW = 8,
    WISP_WASI_SET_FLAGS = 15
};

enum { WISP_WASI_EVENT_CLOCK, WISP_WASI_EVENT_READ, WISP_WASI_EVENT_WRITE };
enum { WISP_WASI_CLOCK_ABSOLUTE = 1 };
enum { WISP_WASI_EVENT_HANGUP = 1 };

enum { WISP_WASI_RECV_PEEK = 1, WISP_WASI_RECV_WAITALL = 2 };
enum { WISP_WASI_RECV_TRUNCATED = 1 };
enum { WISP_WASI_SHUT_READ = 1, WISP_WASI_SHUT_WRITE = 2 };

/* Sizes of what lies in linear memory. */
enum {
    WISP_WASI_IOVEC_SIZE = 8,
    WISP_WASI_FDSTAT_SIZE = 24,
    WISP_WASI_FILESTAT_SIZE = 64,
    WISP_WASI_PRESTAT_SIZE = 8,
    WISP_WASI_DIRENT_SIZE = 24,
    WISP_WASI_SUBSCRIPTION_SIZE = 48,
    WISP_WASI_EVENT_SIZE = 32
};

#endif
