#include <wisp/net.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The transport against a server of a few lines, which answers badly on purpose. */

/* --- the server -------------------------------------------------------------------------- */

static int listener;
static int port;
static pthread_t server_thread;
static int hops; /* redirects that /hop still gives */

static void say(int fd, const char *text)
{
    size_t size = strlen(text);
    while (size > 0) {
        ssize_t n = send(fd, text, size, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        size -= (size_t)n;
    }
}

static void say_endlessly(int fd)
{
    static const char filler[4096] = "x";
    while (send(fd, filler, sizeof filler, MSG_NOSIGNAL) > 0)
        ;
}

static void redirect(int fd, const char *to)
{
    char text[200];
    snprintf(
        text, sizeof text,
        "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 5\r\nConnection: close\r\n\r\nmoved",
        to);
    say(fd, text);
}

/* Bytes [from] to [to] of "0123456789", as it answers a Range request. */
static void answer_part(int fd, int from, int to)
{
    char text[200];
    int len = to - from + 1;
    snprintf(text, sizeof text,
             "HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\n"
             "Content-Range: bytes %d-%d/10\r\nConnection: close\r\n\r\n%.*s",
             len, from, to, len, &"0123456789"[from]);
    say(fd, text);
}

/* One byte at a time, slower than anybody should have to wait. */
static void drip(int fd)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 100 && send(fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
}

/* A thousand zeros, for who undoes the compression that nobody asked for. */
static void answer_compressed(int fd, const char *header)
{
    static const uint8_t bomb[] = {31, 139, 8,  0,   0, 0, 0,   0,  2,  255, 99,  96, 24, 5, 163,
                                   96, 20,  12, 119, 0, 0, 128, 23, 11, 6,   232, 3,  0,  0};
    char text[200];
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\n%s: gzip\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
             header, sizeof bomb);
    say(fd, text);
    send(fd, bomb, sizeof bomb, MSG_NOSIGNAL);
}

static void answer(int fd, const char *path, const char *request)
{
    static const struct {
        const char *path, *text;
    } answers[] = {
        {"/whole",
         "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789"},
        {"/empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                     "4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n"},
        {"/cut", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n01234"},
        {"/cut-chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
         "a\r\n0123"},
        {"/partial",
         "HTTP/1.1 206 Partial\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123"},
        {"/nothing", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
        {"/forbidden",
         "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nConnection: close\r\n\r\nno!!"},
        {"/missing",
         "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nno!!"},
        {"/gone", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/broken", "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbad!"},
        {"/busy", "HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/later", "HTTP/1.1 503 Later\r\nRetry-After: 120\r\nContent-Length: 0\r\n"
                   "Connection: close\r\n\r\n"},
        {"/beyond", "HTTP/1.1 416 Range\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/malformed", "HTTP/1.1 400 Bad\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbad!"},
        {"/timeout", "HTTP/1.1 408 Slow\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/too-large", "HTTP/1.1 413 Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/too-many", "HTTP/1.1 429 Many\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/unsaid-part",
         "HTTP/1.1 206 Partial\r\nContent-Length: 6\r\nConnection: close\r\n\r\n456789"},
        {"/no-http", "220 smtp.example ready\r\n"},
        {"/silent", ""},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(path, answers[i].path) == 0)
            say(fd, answers[i].text);
    if (strcmp(path, "/endless") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        say_endlessly(fd);
    }
    if (strcmp(path, "/endless-missing") == 0) {
        say(fd, "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
        say_endlessly(fd);
    }
    if (strcmp(path, "/loop") == 0)
        redirect(fd, "/loop");
    if (strcmp(path, "/to-file") == 0)
        redirect(fd, "file:///etc/passwd");
    if (strcmp(path, "/to-whole") == 0)
        redirect(fd, "/whole");
    if (strcmp(path, "/hop") == 0)
        redirect(fd, hops-- > 1 ? "/hop" : "/whole");
    if (strcmp(path, "/part") == 0)
        answer_part(fd, strstr(request, "Range: bytes=4-\r\n") ? 4 : 0, 9);
    if (strcmp(path, "/other-part") == 0)
        answer_part(fd, 5, 9);
    if (strcmp(path, "/drip") == 0)
        drip(fd);
    if (strcmp(path, "/compressed") == 0)
        answer_compressed(fd, "Content-Encoding");
    if (strcmp(path, "/compressed-on-the-way") == 0)
        answer_compressed(fd, "Transfer-Encoding");
    if (strcmp(path, "/post") == 0 && strstr(request, "POST ") && strstr(request, "[1, 2]") &&
        strstr(request, "Content-Type: application/json\r\n"))
        say(fd, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    if (strcmp(path, "/asks") == 0)
        say(fd, strstr(request, "ncoding:") ? "HTTP/1.1 500 Oops\r\n\r\n"
                                            : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (strcmp(path, "/slow") == 0)
        nanosleep(&(struct timespec){0, 700000000}, NULL);
}

/* Whether [request] is there to its end: what follows its head is the body of a POST. */
static bool is_whole(const char *request)
{
    const char *body = strstr(request, "\r\n\r\n"), *size = strstr(request, "Content-Length: ");
    return body && (!size || strlen(body + 4) >= strtoul(size + 16, NULL, 10));
}

/* One request a connection; ends at the path "/end". */
static void *serve(void *context)
{
    bool is_over = false;
    (void)context;
    while (!is_over) {
        char request[2048] = "", path[1024] = "";
        size_t used = 0;
        int fd = accept(listener, NULL, NULL);
        while (used < sizeof request - 1 && !is_whole(request)) {
            ssize_t n = recv(fd, request + used, sizeof request - 1 - used, 0);
            if (n <= 0)
                break;
            used += (size_t)n;
            request[used] = '\0';
        }
        sscanf(request, "%*s %1023s", path);
        is_over = strcmp(path, "/end") == 0;
        answer(fd, path, request);
        close(fd);
    }
    return NULL;
}

static int start_server(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 8) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        return -1;
    port = ntohs(address.sin_port);
    return pthread_create(&server_thread, NULL, serve, NULL);
}

/* --- the client -------------------------------------------------------------------------- */

typedef struct body {
    char data[64];
    size_t size;
    bool refuses;
    int beginnings;
    uint64_t offset; /* that the transport said */
} body;

static bool take_beginning(void *context, uint64_t offset)
{
    body *b = context;
    b->beginnings++;
    b->offset = offset;
    return !b->refuses;
}

static bool take(void *context, const void *data, size_t size)
{
    body *b = context;
    if (b->refuses || size > sizeof b->data - b->size)
        return false;
    memcpy(b->data + b->size, data, size);
    b->size += size;
    return true;
}

static wisp_net *net;
static wisp_error err;

static wisp_status get(const char *path, uint64_t size_max, body *b)
{
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    b->size = 0;
    err = (wisp_error){0};
    wisp_net_request request = {.url = url, .size_max = size_max, .sink = take, .context = b};
    return wisp_net_perform(net, &request, &err);
}

static int stop_server(void **state)
{
    body b = {0};
    (void)state;
    get("/end", 0, &b);
    pthread_join(server_thread, NULL);
    close(listener);
    wisp_net_curl_free(net);
    return 0;
}

static int make_client(void **state)
{
    return start_server(state) || wisp_net_curl_new(NULL, &net, &err) != WISP_OK;
}

static void a_whole_body_of_a_200_answer_is_delivered(void **state)
{
    (void)state;
    static const char *const paths[] = {"/whole", "/chunked"};
    body b = {0};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(get(paths[i], 10, &b), WISP_OK);
        assert_int_equal(b.size, 10);
        assert_memory_equal(b.data, "0123456789", 10);
    }
    assert_int_equal(get("/empty", 0, &b), WISP_OK);
    assert_int_equal(b.size, 0);
}

static wisp_status get_from(const char *path, uint64_t offset, body *b)
{
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    *b = (body){.refuses = b->refuses};
    wisp_net_request request = {.url = url,
                                .offset = offset,
                                .size_max = sizeof b->data,
                                .begin = take_beginning,
                                .sink = take,
                                .context = b};
    return wisp_net_perform(net, &request, &err);
}

static void a_download_goes_on_where_it_broke_off(void **state)
{
    (void)state;
    body b = {0};
    assert_int_equal(get_from("/part", 4, &b), WISP_OK);
    assert_int_equal(b.beginnings, 1);
    assert_int_equal(b.offset, 4);
    assert_int_equal(b.size, 6);
    assert_memory_equal(b.data, "456789", 6);
}

static void a_server_that_ignores_the_range_sends_all_of_it(void **state)
{
    (void)state;
    body b = {0};
    assert_int_equal(get_from("/whole", 4, &b), WISP_OK);
    assert_int_equal(b.beginnings, 1);
    assert_int_equal(b.offset, 0);
    assert_memory_equal(b.data, "0123456789", 10);
    hops = 2; /* and after redirects */
    assert_int_equal(get_from("/hop", 4, &b), WISP_OK);
    assert_int_equal(b.offset, 0);
    assert_int_equal(get_from("/empty", 4, &b), WISP_OK);
    assert_int_equal(b.beginnings, 1);
}

static void another_part_than_asked_for_is_not_taken(void **state)
{
    (void)state;
    static const char *const paths[] = {"/other-part", "/unsaid-part"};
    body b = {0};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(get_from(paths[i], 4, &b), WISP_NETWORK);
        assert_non_null(strstr(err.text, "another part than asked for"));
        assert_int_equal(b.size + (size_t)b.beginnings, 0);
    }
    assert_int_equal(get_from("/beyond", 10, &b), WISP_MISMATCH);
    assert_non_null(strstr(err.text, "no byte 10"));
    assert_int_equal(get_from("/beyond", 0, &b), WISP_NETWORK);
    b.refuses = true;
    assert_int_equal(get_from("/part", 4, &b), WISP_IO);
}

static void a_post_is_acknowledged_by_any_2xx_and_refused_by_a_4xx(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        wisp_status status;
    } cases[] = {{"/post", WISP_OK},           {"/whole", WISP_OK},
                 {"/nothing", WISP_OK},        {"/broken", WISP_NETWORK},
                 {"/missing", WISP_NOT_FOUND}, {"/to-whole", WISP_NETWORK},
                 {"/malformed", WISP_INVALID}, {"/too-large", WISP_INVALID},
                 {"/timeout", WISP_NETWORK},   {"/too-many", WISP_NETWORK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[256];
        snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, cases[i].path);
        wisp_net_request request = {.url = url,
                                    .content_type = "application/json",
                                    .body = {(const uint8_t *)"[1, 2]", 6},
                                    .size_max = 10};
        if (wisp_net_perform(net, &request, &err) != cases[i].status)
            fail_msg("%s: %s", cases[i].path, err.text);
    }
}

static void compression_is_not_asked_for_and_never_passes_the_cap(void **state)
{
    (void)state;
    body b = {0};
    assert_int_equal(get("/asks", 0, &b), WISP_OK);
    assert_int_equal(get("/compressed", sizeof b.data, &b), WISP_OK);
    assert_int_equal(b.size, 29);
    assert_int_equal((uint8_t)b.data[0], 31);
    /* That of the connection is undone by libcurl, asked or not: the cap is on what comes out. */
    assert_int_equal(get("/compressed-on-the-way", sizeof b.data, &b), WISP_LIMIT);
    assert_int_equal(b.size, 0);
}

static void a_busy_server_is_heard_about_when_to_come_back(void **state)
{
    (void)state;
    char url[64];
    uint32_t after_s = 7;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/later", port);
    wisp_net_request request = {.url = url, .size_max = 10, .retry_after_s = &after_s};
    assert_int_equal(wisp_net_perform(net, &request, &err), WISP_NETWORK);
    assert_int_equal(after_s, 120);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/busy", port);
    after_s = 7;
    assert_int_equal(wisp_net_perform(net, &request, &err), WISP_NETWORK);
    assert_int_equal(after_s, 7);
}

static void a_transfer_can_be_broken_off_at_any_step(void **state)
{
    (void)state;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/endless", port);
    for (int steps = 0; steps < 12; steps++) {
        body b = {0};
        void *transfer;
        wisp_net_request request = {.url = url, .size_max = 1 << 30, .context = &b};
        assert_int_equal(net->start(net->user, &request, &transfer, &err), WISP_OK);
        for (int i = 0; i < steps; i++)
            assert_int_equal(net->step(net->user, transfer, i % 2, &err), WISP_BUSY);
        net->end(net->user, transfer);
    }
    body b = {0};
    assert_int_equal(get("/whole", 10, &b), WISP_OK);
}

static void several_transfers_may_be_under_way_on_one_thread(void **state)
{
    (void)state;
    char url[64];
    void *transfers[4];
    body bodies[4] = {{{0}, 0, false, 0, 0}};
    wisp_net_request requests[4];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/whole", port);
    for (int i = 0; i < 4; i++) {
        requests[i] =
            (wisp_net_request){.url = url, .size_max = 10, .sink = take, .context = &bodies[i]};
        assert_int_equal(net->start(net->user, &requests[i], &transfers[i], &err), WISP_OK);
    }
    for (int left = 4; left > 0;)
        for (int i = 0; i < 4; i++) {
            if (!transfers[i])
                continue;
            wisp_status status = net->step(net->user, transfers[i], 1, &err);
            if (status == WISP_BUSY)
                continue;
            assert_int_equal(status, WISP_OK);
            net->end(net->user, transfers[i]);
            assert_int_equal(bodies[i].size, 10);
            transfers[i] = NULL;
            left--;
        }
}

static void a_server_that_drips_is_given_up(void **state)
{
    (void)state;
    wisp_net *impatient;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/drip", port);
    static const wisp_net_curl_config configs[] = {
        {.speed_min = 1000, .speed_time_s = 1}, /* too slow */
        {.timeout_ms = 300}                     /* too long */
    };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wisp_net_curl_new(&configs[i], &impatient, &err), WISP_OK);
        wisp_net_request request = {.url = url, .size_max = 1000};
        assert_int_equal(wisp_net_perform(impatient, &request, &err), WISP_NETWORK);
        wisp_net_curl_free(impatient);
    }
}

static void everything_else_has_its_status(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        wisp_status status;
        const char *words;
    } cases[] = {
        {"/forbidden", WISP_NOT_FOUND, "the server answered 403"},
        {"/missing", WISP_NOT_FOUND, "the server answered 404"},
        {"/gone", WISP_NOT_FOUND, "the server answered 410"},
        {"/endless-missing", WISP_NOT_FOUND, "the server answered 404"},
        {"/broken", WISP_NETWORK, "the server answered 500"},
        {"/busy", WISP_NETWORK, "the server answered 503"},
        {"/partial", WISP_NETWORK, "the server answered 206"},
        {"/nothing", WISP_NETWORK, "the server answered 204"},
        {"/cut", WISP_NETWORK, "5 bytes remaining"},
        {"/cut-chunk", WISP_NETWORK, ""},
        {"/no-http", WISP_NETWORK, ""},
        {"/silent", WISP_NETWORK, "Empty reply"},
        {"/loop", WISP_NETWORK, "more than 5 redirects"},
        {"/to-file", WISP_NETWORK, ""},
    };
    body b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_status status = get(cases[i].path, sizeof b.data, &b);
        if (status != cases[i].status || !strstr(err.text, cases[i].words))
            fail_msg("%s: %s: %s", cases[i].path, wisp_status_name(status), err.text);
        assert_int_not_equal(err.text[0], '\0');
        assert_int_equal(err.status, status);
        if (status == WISP_NOT_FOUND)
            assert_int_equal(b.size, 0);
    }
}

static void a_body_is_cut_off_at_its_cap(void **state)
{
    (void)state;
    body b = {0};
    assert_int_equal(get("/endless", 60, &b), WISP_LIMIT);
    assert_true(b.size <= 60);
    assert_int_equal(get("/whole", 9, &b), WISP_LIMIT);
    assert_int_equal(get("/whole", 10, &b), WISP_OK);
}

static void a_receiver_that_says_no_ends_the_request(void **state)
{
    (void)state;
    body b = {.refuses = true};
    assert_int_equal(get("/whole", 60, &b), WISP_IO);
    assert_int_equal(get("/endless", 1 << 30, &b), WISP_IO);
}

static void five_redirects_are_followed(void **state)
{
    (void)state;
    body b = {0};
    hops = 5;
    assert_int_equal(get("/hop", 60, &b), WISP_OK);
    assert_memory_equal(b.data, "0123456789", 10);
    hops = 6;
    assert_int_equal(get("/hop", 60, &b), WISP_NETWORK);
}

static void nobody_at_the_other_end_is_a_network_error(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://127.0.0.1:1/x", "file:///etc/passwd",
                                       "ftp://127.0.0.1/x",    "http://",
                                       "no url at all",        "http://host.invalid/x"};
    body b = {0};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        wisp_net_request request = {.url = urls[i], .size_max = 60, .sink = take, .context = &b};
        assert_int_equal(wisp_net_perform(net, &request, &err), WISP_NETWORK);
        assert_int_not_equal(err.text[0], '\0');
    }
    static char long_url[4096];
    memset(long_url, 'x', sizeof long_url - 1);
    wisp_net_request request = {.url = long_url, .size_max = 60, .sink = take, .context = &b};
    assert_int_equal(wisp_net_perform(net, &request, &err), WISP_NETWORK);
}

static void a_server_that_does_not_answer_is_given_up(void **state)
{
    (void)state;
    char url[64];
    body b = {0};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/slow", port);
    wisp_net_request request = {
        .url = url, .size_max = 60, .timeout_ms = 100, .sink = take, .context = &b};
    assert_int_equal(wisp_net_perform(net, &request, &err), WISP_NETWORK);
    assert_non_null(strstr(err.text, "timed out"));
}

static void *get_often(void *context)
{
    body b = {0};
    int *failures = context;
    for (int i = 0; i < 50; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://127.0.0.1:%d/whole", port);
        b.size = 0;
        wisp_net_request request = {.url = url, .size_max = 60, .sink = take, .context = &b};
        *failures += wisp_net_perform(net, &request, NULL) != WISP_OK || b.size != 10;
    }
    return NULL;
}

static void several_threads_may_ask_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    int failures[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_often, &failures[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(failures[i], 0);
    }
}

static void a_config_is_copied(void **state)
{
    (void)state;
    char path[32] = "/no/such/file";
    wisp_net *other;
    body b = {0};
    wisp_net_curl_config config = {.ca_file = path, .timeout_ms = 1000};
    assert_int_equal(wisp_net_curl_new(&config, &other, &err), WISP_OK);
    memset(path, 'x', sizeof path - 1);
    wisp_net_request request = {
        .url = "https://127.0.0.1:1/x", .size_max = 60, .sink = take, .context = &b};
    assert_int_equal(wisp_net_perform(other, &request, &err), WISP_NETWORK);
    wisp_net_curl_free(other);
    wisp_net_curl_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_body_of_a_200_answer_is_delivered),
        cmocka_unit_test(a_download_goes_on_where_it_broke_off),
        cmocka_unit_test(a_server_that_ignores_the_range_sends_all_of_it),
        cmocka_unit_test(another_part_than_asked_for_is_not_taken),
        cmocka_unit_test(a_post_is_acknowledged_by_any_2xx_and_refused_by_a_4xx),
        cmocka_unit_test(compression_is_not_asked_for_and_never_passes_the_cap),
        cmocka_unit_test(a_busy_server_is_heard_about_when_to_come_back),
        cmocka_unit_test(a_transfer_can_be_broken_off_at_any_step),
        cmocka_unit_test(several_transfers_may_be_under_way_on_one_thread),
        cmocka_unit_test(a_server_that_drips_is_given_up),
        cmocka_unit_test(everything_else_has_its_status),
        cmocka_unit_test(a_body_is_cut_off_at_its_cap),
        cmocka_unit_test(a_receiver_that_says_no_ends_the_request),
        cmocka_unit_test(five_redirects_are_followed),
        cmocka_unit_test(nobody_at_the_other_end_is_a_network_error),
        cmocka_unit_test(a_server_that_does_not_answer_is_given_up),
        cmocka_unit_test(several_threads_may_ask_at_once),
        cmocka_unit_test(a_config_is_copied),
    };
    return cmocka_run_group_tests(tests, make_client, stop_server);
}
