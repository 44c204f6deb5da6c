/*
 * A shop: a small HTTP server with threads, and a bug. It is fixed while it serves.
 *
 *     shop PORT [REPOSITORY_URL ROOT_JSON STATE_DIR [SOCKET]]
 *
 * GET /price?item=tea&quantity=3&code=HALF answers with what that costs. All that it does for
 * patches is in `open_patches` and the two lines at the end of `main`; without the arguments
 * behind PORT it is a server like any other.
 */
#include "price.h"

#include <wisp/net.h>
#include <wisp/patch.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 4, REQUEST_MAX = 2048 };

/* ------------------------------------------------------------------ serving */

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 64)) {
        perror("shop");
        exit(1);
    }
    return fd;
}

/* The value of [key] in the query of [request], cut to [size]; "" without one. */
static void take_field(const char *request, const char *key, char *into, size_t size)
{
    const char *at = strstr(request, key);
    size_t len = at ? strcspn(at + strlen(key), "& \r\n") : 0;
    len = len < size ? len : size - 1;
    memcpy(into, at ? at + strlen(key) : "", len);
    into[len] = 0;
}

static int answer(const char *request, char *into, size_t size)
{
    char quantity[16];
    struct order order;
    take_field(request, "item=", order.item, sizeof order.item);
    take_field(request, "code=", order.code, sizeof order.code);
    take_field(request, "quantity=", quantity, sizeof quantity);
    order.quantity = (int)strtol(quantity, NULL, 10);
    long cents = strncmp(request, "GET /price?", 11) == 0 ? price_of(&order) : -1;
    char body[64] = "not sold here\n";
    if (cents != -1)
        snprintf(body, sizeof body, "%s%ld.%02ld\n", cents < 0 ? "-" : "", labs(cents) / 100,
                 labs(cents) % 100);
    return snprintf(into, size, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
                    cents == -1 ? "404 Not Found" : "200 OK", strlen(body), body);
}

/* Answers request after request of one connection. */
static void serve(int fd)
{
    char request[REQUEST_MAX + 1], reply[256];
    for (size_t len = 0;;) {
        ssize_t n = read(fd, request + len, REQUEST_MAX - len);
        if (n <= 0)
            return;
        len += (size_t)n;
        request[len] = 0;
        if (!strstr(request, "\r\n\r\n"))
            continue;
        int size = answer(request, reply, sizeof reply);
        if (write(fd, reply, (size_t)size) != size)
            return;
        len = 0;
    }
}

static void *work(void *listener)
{
    for (;;) {
        int fd = accept(*(int *)listener, NULL, NULL);
        if (fd < 0)
            continue;
        serve(fd);
        close(fd);
    }
    return NULL;
}

/* ------------------------------------------------------------------ patches */

static void on_news(void *user, const char *line)
{
    (void)user;
    printf("shop: %s\n", line);
}

static wisp_bytes read_file(const char *path)
{
    static uint8_t bytes[64 * 1024];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    return (wisp_bytes){bytes, size};
}

static wisp_patches *open_patches(char **argv, const char *socket)
{
    wisp_net *net;
    wisp_patches *patches;
    wisp_error err;
    const wisp_live_policy policy = {.interval_ms = 1000};
    if (wisp_net_curl_new(NULL, &net, &err) == WISP_OK) {
        wisp_patches_config config = {.update = {.net = net,
                                                 .url = argv[0],
                                                 .target = "shop",
                                                 .root = read_file(argv[1]),
                                                 .dir = argv[2],
                                                 .health_ms = 2000},
                                      .patcher = {.grant_max = WISP_PATCH_GRANT_ARGUMENTS},
                                      .socket = socket,
                                      .on_news = on_news};
        if (wisp_patches_open(&config, &patches, &err) == WISP_OK &&
            wisp_patches_watch(patches, &policy, &err) == WISP_OK)
            return patches;
    }
    fprintf(stderr, "shop: no patches: %s\n", err.text);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 5 && argc != 6) {
        fprintf(stderr, "usage: shop PORT [REPOSITORY_URL ROOT_JSON STATE_DIR [SOCKET]]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    int listener = listen_on((int)strtol(argv[1], NULL, 10));
    wisp_patches *patches = argc > 2 ? open_patches(argv + 2, argv[5]) : NULL;
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, &listener);
    }
    printf("shop: open at port %s\n", argv[1]);
    for (;;) {
        struct pollfd asked = {.fd = patches ? wisp_patches_fd(patches) : -1, .events = POLLIN};
        poll(&asked, 1, 200);
        if (patches)
            wisp_patches_step(patches);
    }
}
