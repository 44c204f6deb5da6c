/*
 * A program whose modules `wisp host` changes: managed SOCKET MODULE.wasm [DIGITS]
 *
 * MODULE runs as guest "first". What comes over the socket is accepted if its SHA-256 does not
 * begin with DIGITS; without DIGITS nothing is. The program counts for its modules until it is
 * killed.
 */
#include <wisp/manage.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

static wisp_status accept(void *user, const wisp_manage_request *request, wisp_error *err)
{
    const char *digits = user;
    if (strncmp(request->sha256, digits, strlen(digits)) != 0)
        return WISP_OK;
    snprintf(err->text, sizeof err->text, "not on the list of '%s'", request->name);
    return WISP_UNTRUSTED;
}

static wisp_bytes read_module(const char *path)
{
    static uint8_t bytes[65536];
    FILE *file = fopen(path, "rb");
    if (!file)
        return (wisp_bytes){0};
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return (wisp_bytes){bytes, size};
}

/* Command COUNT of tests/host/guests to every guest, ten times a second. */
static void run(wisp_host *host, wisp_manager *manager)
{
    const uint32_t command[3] = {0};
    const wisp_os *os = wisp_os_posix();
    for (;;) {
        struct pollfd ready = {.fd = wisp_manager_fd(manager), .events = POLLIN};
        if (poll(&ready, 1, 100) > 0)
            wisp_manager_step(manager);
        for (wisp_guest *it = NULL; (it = wisp_host_next_guest(host, it));)
            wisp_guest_send(it, 1, (wisp_bytes){(const uint8_t *)command, sizeof command}, NULL);
        wisp_host_step(host, os->monotonic_ns(os->user));
    }
}

int main(int argc, char **argv)
{
    wisp_error err;
    wisp_host *host;
    wisp_manager *manager;
    if (argc < 3)
        return 2;
    if (wisp_host_new(NULL, &host, &err))
        return 1;
    wisp_manager_config config = {.host = host,
                                  .socket = argv[1],
                                  .accept = argc > 3 ? accept : NULL,
                                  .user = argc > 3 ? argv[3] : NULL};
    if (wisp_manager_open(&config, &manager, &err) ||
        wisp_manager_install(manager, "first", 0xabc, read_module(argv[2]), NULL, &err)) {
        fprintf(stderr, "managed: %s\n", err.text);
        return 1;
    }
    puts("listening");
    fflush(stdout);
    run(host, manager);
}
