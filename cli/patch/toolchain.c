#include "toolchain.h"

#include "../out.h"
#include "../take.h"

#include "base/error.h"
#include "patch/abi.h"
#include "publish/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMPILE_MS_MAX = 10 * 60 * 1000 };

/* A command line as it grows; its last word is NULL. */
typedef struct words {
    wisp_arena *arena;
    const char **list;
    size_t len, room;
} words;

static void add(words *w, const char *word)
{
    take_room(w->arena, &w->list, w->len, &w->room, sizeof *w->list);
    w->list[w->len++] = word;
}

static void add_all(words *w, const char *const *list)
{
    for (; *list; list++)
        add(w, *list);
}

/* ------------------------------------------------------------------ programs */

/* What the environment says; NULL for nothing. */
static const char *given(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0] ? value : NULL;
}

/* Where [name] is in PATH; NULL if it is nowhere. */
static const char *find_in_path(wisp_arena *arena, const char *name)
{
    const char *at = getenv("PATH");
    while (at && *at) {
        size_t size = strcspn(at, ":");
        const char *path = take_print(arena, "%.*s/%s", (int)size, at, name);
        if (size && access(path, X_OK) == 0)
            return path;
        at += size + (at[size] == ':');
    }
    return NULL;
}

static const char *find_clang(wisp_arena *arena)
{
    static const char *const names[] = {"clang-14", "clang-15", "clang-16", "clang-17",
                                        "clang-18", "clang-19", "clang"};
    const char *found = given("CLANG");
    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++)
        found = find_in_path(arena, names[i]);
    return found;
}

/* asc of the folder's or a folder's above it, as npm installs it there, or of the machine's. */
static const char *find_asc(wisp_arena *arena, const folder *f)
{
    const char *found = given("ASC"), *up = f->dir;
    for (int depth = 0; depth < 16 && !found; depth++) {
        const char *path = take_print(arena, "%s/node_modules/.bin/asc", up);
        found = access(path, X_OK) == 0 ? path : NULL;
        up = take_print(arena, "%s/..", up);
    }
    return found ? found : find_in_path(arena, "asc");
}

/* ------------------------------------------------------------------ command lines */

/* Pointers into the program's memory may alias anything, and a null one is to trap. */
static const char *const C_FLAGS[] = {
    "-std=gnu11", "-g", "-nostdlib", "-Wall", "-Werror=implicit-function-declaration",
    "-Werror=return-type", "-fno-builtin", "-fno-strict-aliasing",
    "-fno-delete-null-pointer-checks", "-fvisibility=hidden", "-fdebug-compilation-dir=.",
    "-mbulk-memory", "-mmutable-globals", "-msign-ext", "-mnontrapping-fptoint",
    /* behind the driver's back, which would run wasm-opt where that is installed */
    "-Xclang", "-O2", NULL};

static const char *const LINK_FLAGS[] = {"-Wl,--no-entry", "-Wl,--export=__stack_pointer",
                                         "-Wl,--fatal-warnings", NULL};

/* One memory for all threads, whose first page is nobody's; the patcher says how large it is. */
static const char *const FLAGS_64[] = {"--target=wasm64",
                                       "-matomics",
                                       "-fno-zero-initialized-in-bss",
                                       "-Wl,--import-memory",
                                       "-Wl,--shared-memory",
                                       "-Wl,--max-memory=1073741824",
                                       "-Wl,-z,stack-size=4096", /* each thread gets another */
                                       "-Wl,--global-base=4096",
                                       NULL};

static const char *const FLAGS_32[] = {"--target=wasm32", "-ffreestanding", "-Wl,--stack-first",
                                       NULL};

/* The program's headers bring the system's along, which ask for the machine. Those of another
 * machine than this one lie in a folder of their own. */
#define HEADERS_OF(machine)                                                                      \
    {                                                                                            \
        "-D__" machine "__", "-D__linux__", "-D__gnu_linux__", "-D__unix__",                     \
            "-idirafter/usr/" machine "-linux-gnu/include",                                      \
            "-idirafter/usr/include/" machine "-linux-gnu", "-idirafter/usr/include", NULL       \
    }
static const char *const HEADER_FLAGS[][8] = {HEADERS_OF("x86_64"), HEADERS_OF("aarch64")};

static words c_command(wisp_arena *arena, const folder *f, uint32_t machine, const char *clang,
                       const char *out)
{
    bool is_arm = machine == WISP_MACHINE_AARCH64;
    words w = {.arena = arena};
    add(&w, clang);
    add_all(&w, f->language == FOLDER_C32 ? FLAGS_32 : FLAGS_64);
    add_all(&w, C_FLAGS);
    add_all(&w, LINK_FLAGS);
    add(&w, is_arm ? "-funsigned-char" : "-fsigned-char");
    add(&w, take_print(arena, "-ffile-prefix-map=%s/=", f->dir));
    add(&w, take_print(arena, "-I%s", f->dir));
    if (f->has_headers)
        add_all(&w, HEADER_FLAGS[is_arm]);
    else
        add(&w, "-ffreestanding");
    for (size_t i = 0; i < f->flag_len; i++)
        add(&w, f->flags[i]);
    for (size_t i = 0; i < f->source_len; i++)
        add(&w, f->sources[i]);
    add(&w, "-o");
    add(&w, out);
    add(&w, NULL);
    return w;
}

static words script_command(wisp_arena *arena, const folder *f, const char *asc, const char *out)
{
    static const char *const flags[] = {"--optimize", NULL};
    words w = {.arena = arena};
    add(&w, asc);
    for (size_t i = 0; i < f->source_len; i++)
        add(&w, f->sources[i]);
    add_all(&w, flags);
    for (size_t i = 0; i < f->flag_len; i++)
        add(&w, f->flags[i]);
    add(&w, "--outFile");
    add(&w, out);
    add(&w, NULL);
    return w;
}

/* ------------------------------------------------------------------ running it */

static wisp_status fail_without_clang(wisp_error *err)
{
    return wisp_fail(err, WISP_NOT_FOUND,
                     "no clang is there; on Debian: apt install clang-14 lld-14");
}

static wisp_status compile(wisp_arena *arena, const folder *f, uint32_t machine, const char *out,
                           wisp_error *err)
{
    bool is_script = f->language == FOLDER_SCRIPT;
    const char *program = is_script ? find_asc(arena, f) : find_clang(arena);
    if (!program && is_script)
        return wisp_fail(err, WISP_NOT_FOUND,
                         "asc is not there: run 'npm install assemblyscript' in %.100s or above "
                         "it, or set ASC",
                         f->dir);
    if (!program)
        return fail_without_clang(err);
    words w = is_script ? script_command(arena, f, program, out)
                        : c_command(arena, f, machine, program, out);
    uint8_t said[4096];
    size_t size;
    wisp_status status =
        wisp_command_run(w.list, (wisp_bytes){0}, COMPILE_MS_MAX, said, sizeof said, &size, err);
    if (size)
        fwrite(said, 1, size, stderr);
    return status == WISP_IO ? wisp_fail(err, WISP_INVALID, "%.150s does not compile", f->dir)
                             : status;
}

/* An empty file that the compiler writes over; whoever asked removes it. */
static wisp_status make_scratch(wisp_arena *arena, char **out, wisp_error *err)
{
    const char *place = given("TMPDIR");
    char *path = take_print(arena, "%s/wisp-patch-XXXXXX", place ? place : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0)
        return wisp_fail(err, WISP_IO, "%.150s: %s", path, strerror(errno));
    close(fd);
    *out = path;
    return WISP_OK;
}

wisp_status toolchain_build(wisp_arena *arena, const folder *f, uint32_t machine, wisp_bytes *out,
                            wisp_error *err)
{
    char *path = NULL;
    wisp_status status = make_scratch(arena, &path, err);
    if (status)
        return status;
    status = compile(arena, f, machine, path, err);
    if (!status)
        status = read_input(path, out, err);
    unlink(path);
    return status;
}

/* ------------------------------------------------------------------ what is included */

/* The last part of each path in [rule], which is one of make: "-.o: a/b.h \\ c.h". */
static void add_files(name_table *out, const char *rule)
{
    for (const char *at = rule + strspn(rule, " \\\n"); *at; at += strspn(at, " \\\n")) {
        const char *path = take_text(out->arena, at, strcspn(at, " \n"));
        const char *slash = strrchr(path, '/');
        name_set(out, slash ? slash + 1 : path, out);
        at += strlen(path);
    }
}

wisp_status toolchain_includes(const folder *f, uint32_t machine, const char *text,
                               name_table *out, wisp_error *err)
{
    enum { RULE_SIZE_MAX = 1 << 20 };
    words w = {.arena = out->arena};
    char *rule = take(out->arena, RULE_SIZE_MAX, 1);
    size_t size;
    add(&w, find_clang(out->arena));
    if (!w.list[0])
        return fail_without_clang(err);
    add(&w, "--target=wasm64");
    add_all(&w, HEADER_FLAGS[machine == WISP_MACHINE_AARCH64]);
    for (size_t i = 0; i < f->flag_len; i++)
        add(&w, f->flags[i]);
    add_all(&w, (const char *const[]){"-M", "-x", "c", "-", NULL});
    add(&w, NULL);
    wisp_status status =
        wisp_command_run(w.list, (wisp_bytes){(const uint8_t *)text, strlen(text)},
                         COMPILE_MS_MAX, (uint8_t *)rule, RULE_SIZE_MAX - 1, &size, err);
    if (status == WISP_IO)
        return wisp_fail(err, WISP_INVALID,
                         "the headers cannot be included: name those before "
                         "them, and flags (-I) behind --");
    if (!status)
        add_files(out, rule);
    return status;
}
