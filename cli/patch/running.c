#define _XOPEN_SOURCE 700 /* realpath */

#include "running.h"

#include "base/error.h"
#include "local/client.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 10000
#define LIBRARY    "libwisp-patch.so"

/* ------------------------------------------------------------------ asking */

static wisp_status ask(const char *socket, const char *what, wisp_bytes patch, wisp_json **answer,
                       wisp_error *err)
{
    wisp_json *request = wisp_json_new_object();
    wisp_status status = wisp_json_set_string(request, "command", what)
                             ? wisp_local_ask(socket, request, patch, TIMEOUT_MS, answer, err)
                             : wisp_fail_memory(err, sizeof *answer);
    wisp_json_free(request);
    return status;
}

static const char *text_of(const wisp_json *object, const char *key)
{
    const char *text = "";
    return wisp_json_string(object, key, &text, NULL) == WISP_OK ? text : "";
}

static unsigned long long number_of(const wisp_json *object, const char *key)
{
    uint64_t number = 0;
    return wisp_json_number(object, key, &number, NULL) == WISP_OK ? number : 0;
}

static void show_source(const wisp_json *answer)
{
    const char *source = text_of(answer, "source"), *trouble = text_of(answer, "trouble");
    unsigned long long version = number_of(answer, "version");
    printf("build    %s\ntarget   %s\n", text_of(answer, "build_id"), text_of(answer, "target"));
    if (strcmp(source, "release") == 0 && version > 0)
        printf("patch    version %llu\n", version);
    else
        printf("patch    %s\n", strcmp(source, "tried") == 0 ? "one that is tried" : "none");
    if (trouble[0])
        printf("trouble  %s\n", trouble);
}

static void show_functions(const wisp_json *answer)
{
    const wisp_json *functions;
    if (wisp_json_array(answer, "functions", &functions, NULL) || wisp_json_len(functions) == 0)
        return;
    printf("\n%-40s %12s %8s %8s\n", "function", "calls", "failed", "skipped");
    for (size_t i = 0; i < wisp_json_len(functions); i++) {
        const wisp_json *it = wisp_json_item(functions, i);
        bool is_disabled = false;
        wisp_json_bool(it, "disabled", &is_disabled, NULL);
        printf("%-40s %12llu %8llu %8llu%s\n", text_of(it, "function"), number_of(it, "calls"),
               number_of(it, "faults"), number_of(it, "skipped"),
               is_disabled ? "  taken back" : "");
    }
}

/* Asks, and shows the answer. */
static int ask_and_show(const char *socket, const char *what, wisp_bytes patch, bool is_json)
{
    wisp_json *answer;
    wisp_error err;
    if (ask(socket, what, patch, &answer, &err))
        return fail_with(NULL, &err);
    if (is_json) {
        wisp_json_remove(answer, "status"); /* it is the exit code */
        return print_json(answer, EXIT_OK);
    }
    show_source(answer);
    show_functions(answer);
    wisp_json_free(answer);
    return EXIT_OK;
}

int running_try(const char *socket, const char *path, bool is_json)
{
    wisp_bytes patch;
    wisp_error err;
    if (read_input(path, &patch, &err))
        return fail_with(NULL, &err);
    int code = ask_and_show(socket, "try", patch, is_json);
    free((void *)(uintptr_t)patch.data);
    return code;
}

int running_end(const char *socket, bool is_json)
{
    return ask_and_show(socket, "end", (wisp_bytes){0}, is_json);
}

int running_stat(const char *socket, bool is_json)
{
    return ask_and_show(socket, "stat", (wisp_bytes){0}, is_json);
}

/* ------------------------------------------------------------------ starting */

/* The library beside this command, as it was installed or as it was built. */
static bool find_library(char into[PATH_MAX])
{
    static const char *const places[] = {WISP_LIBRARY_DIR "/" LIBRARY, "../preload/" LIBRARY};
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = 0;
    char *slash = strrchr(self, '/');
    size_t folder = slash ? (size_t)(slash + 1 - self) : 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        bool is_absolute = places[i][0] == '/';
        int length =
            snprintf(into, PATH_MAX, "%.*s%s", is_absolute ? 0 : (int)folder, self, places[i]);
        if (length > 0 && length < PATH_MAX && access(into, R_OK) == 0)
            return true;
    }
    return false;
}

int running_start(const char *path, const char *library, char *const *command)
{
    char found[PATH_MAX], patch[PATH_MAX], pid[24];
    wisp_error err;
    snprintf(pid, sizeof pid, "%ld", (long)getpid()); /* which the program will have */
    if (!realpath(path, patch))
        wisp_fail(&err, WISP_NOT_FOUND, "%.150s: %s", path, strerror(errno));
    else if (!library && !find_library(found))
        wisp_fail(&err, WISP_NOT_FOUND, "no %s beside this command: --library says where it is",
                  LIBRARY);
    else if (library && !realpath(library, found))
        wisp_fail(&err, WISP_NOT_FOUND, "%.150s: %s", library, strerror(errno));
    else if (setenv("WISP_PATCH_TRY", patch, 1) || setenv("WISP_PATCH_TRY_PID", pid, 1) ||
             setenv("LD_PRELOAD", found, 1))
        wisp_fail_memory(&err, PATH_MAX);
    else {
        execvp(command[0], command);
        wisp_fail(&err, WISP_NOT_FOUND, "%.150s: %s", command[0], strerror(errno));
    }
    return fail_with(NULL, &err);
}
