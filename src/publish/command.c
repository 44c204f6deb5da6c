#include "publish/command.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAP_MS 5 /* between two looks at a program that has closed its output but still runs */

extern char **environ;

typedef struct command {
    const char *name;
    pid_t pid;
    int output; /* the end of the pipe that we read */
    uint64_t deadline_ms;
    unsigned timeout_ms;
} command;

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A file without a name that has [input] in it; the caller closes it. */
static wisp_status open_input(wisp_bytes input, FILE **out, wisp_error *err)
{
    FILE *file = tmpfile();
    if (!file)
        return wisp_fail(err, WISP_IO, "cannot make a temporary file: %s", strerror(errno));
    if (fwrite(input.data, 1, input.size, file) != input.size || fflush(file) != 0 ||
        fseek(file, 0, SEEK_SET) != 0) {
        int reason = errno;
        fclose(file);
        return wisp_fail(err, WISP_IO, "cannot write a temporary file: %s", strerror(reason));
    }
    *out = file;
    return WISP_OK;
}

/* Starts it in a process group of its own, so that all of it can be ended. */
static int spawn(const char *const *words, int input, int output, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0)
        return result;
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        result = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        if (result == 0)
            result = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (result == 0)
            result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        if (result == 0)
            result = posix_spawnp(pid, words[0], &actions, &attributes,
                                  (char *const *)(uintptr_t)words, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

static wisp_status start(const char *const *words, wisp_bytes input, command *out,
                         wisp_error *err)
{
    FILE *file = NULL;
    int ends[2];
    wisp_status status = open_input(input, &file, err);
    if (status)
        return status;
    if (pipe(ends) < 0) {
        fclose(file);
        return wisp_fail(err, WISP_IO, "cannot make a pipe: %s", strerror(errno));
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    int result = spawn(words, fileno(file), ends[1], &out->pid);
    fclose(file);
    close(ends[1]);
    out->output = ends[0];
    if (result == 0)
        return WISP_OK;
    close(ends[0]);
    return wisp_fail(err, result == ENOENT ? WISP_NOT_FOUND : WISP_IO, "cannot run '%.80s': %s",
                     words[0], strerror(result));
}

static wisp_status too_slow(const command *c, wisp_error *err)
{
    return wisp_fail(err, WISP_LIMIT, "'%.80s' took longer than %u seconds", c->name,
                     c->timeout_ms / 1000);
}

/* Milliseconds that are left; 0: none. */
static int time_left(const command *c)
{
    uint64_t now = now_ms();
    return now < c->deadline_ms ? (int)(c->deadline_ms - now) : 0;
}

static wisp_status read_output(const command *c, uint8_t *out, size_t room, size_t *size,
                               wisp_error *err)
{
    *size = 0;
    for (;;) {
        struct pollfd wait = {.fd = c->output, .events = POLLIN};
        int left = time_left(c);
        int ready = left ? poll(&wait, 1, left) : 0;
        if (ready == 0)
            return too_slow(c, err);
        uint8_t surplus;
        bool is_full = *size == room;
        ssize_t got = ready < 0 ? -1
                                : read(c->output, is_full ? &surplus : out + *size,
                                       is_full ? 1 : room - *size);
        if (got == 0)
            return WISP_OK;
        if (got > 0 && is_full)
            return wisp_fail(err, WISP_LIMIT, "'%.80s' printed more than %zu bytes", c->name,
                             room);
        if (got > 0)
            *size += (size_t)got;
        else if (errno != EINTR)
            return wisp_fail(err, WISP_IO, "cannot read from '%.80s': %s", c->name,
                             strerror(errno));
    }
}

/* Waits for its end and looks at how it ended. */
static wisp_status reap(command *c, wisp_error *err)
{
    int state;
    pid_t ended;
    while ((ended = waitpid(c->pid, &state, WNOHANG)) == 0) {
        if (!time_left(c))
            return too_slow(c, err);
        nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000L}, NULL);
    }
    c->pid = 0;
    if (ended < 0)
        return wisp_fail(err, WISP_IO, "cannot wait for '%.80s': %s", c->name, strerror(errno));
    if (WIFSIGNALED(state))
        return wisp_fail(err, WISP_IO, "'%.80s' was ended by signal %d", c->name,
                         WTERMSIG(state));
    if (WEXITSTATUS(state) == 127)
        return wisp_fail(err, WISP_NOT_FOUND, "'%.80s' cannot be run (exit code 127)", c->name);
    if (WEXITSTATUS(state) != 0)
        return wisp_fail(err, WISP_IO, "'%.80s' failed with exit code %d", c->name,
                         WEXITSTATUS(state));
    return WISP_OK;
}

wisp_status wisp_command_run(const char *const *words, wisp_bytes input, unsigned timeout_ms,
                             uint8_t *out, size_t room, size_t *size, wisp_error *err)
{
    command c = {
        .name = words[0], .deadline_ms = now_ms() + timeout_ms, .timeout_ms = timeout_ms};
    wisp_status status = start(words, input, &c, err);
    if (status)
        return status;
    status = read_output(&c, out, room, size, err);
    close(c.output);
    if (!status)
        status = reap(&c, err);
    if (status && c.pid > 0) {
        kill(-c.pid, SIGKILL);
        waitpid(c.pid, NULL, 0);
    }
    return status;
}
