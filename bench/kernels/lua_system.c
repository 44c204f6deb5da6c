/*
 * The system for Lua as a module: there is none. These stand in for what wasi-libc would
 * import, so that an engine without WASI runs it; the script calls none of them.
 */

enum { BAD_DESCRIPTOR = 8 };

#define NO_CALL(name, ...)                                                                       \
    int __imported_wasi_snapshot_preview1_##name(__VA_ARGS__);                                   \
    int __imported_wasi_snapshot_preview1_##name(__VA_ARGS__)                                    \
    {                                                                                            \
        return BAD_DESCRIPTOR;                                                                   \
    }

NO_CALL(clock_time_get, int a, long long b, int c)
NO_CALL(fd_close, int a)
NO_CALL(fd_fdstat_get, int a, int b)
NO_CALL(fd_fdstat_set_flags, int a, int b)
NO_CALL(fd_prestat_dir_name, int a, int b, int c)
NO_CALL(fd_prestat_get, int a, int b)
NO_CALL(fd_read, int a, int b, int c, int d)
NO_CALL(fd_renumber, int a, int b)
NO_CALL(fd_seek, int a, long long b, int c, int d)
NO_CALL(fd_write, int a, int b, int c, int d)
NO_CALL(path_open, int a, int b, int c, int d, int e, long long f, long long g, int h, int i)

_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int status);

_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int status)
{
    (void)status;
    __builtin_trap();
}
