#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../scratch.h"

/* The command `wisp serve` on a project that `wisp init` made, asked over plain sockets. */

static const char *wisp; /* the command */
static char base[] = "/tmp/wisp-test-XXXXXX";
static char project[64];
static pid_t server;
static uint16_t port;

/* Starts the command with [words]; its stdout can be read from *[out], and its stderr goes to
 * the file "stderr". */
static pid_t start(const char *const *words, int *out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char path[80];
        snprintf(path, sizeof path, "%s/stderr", base);
        dup2(ends[1], STDOUT_FILENO);
        if (!freopen(path, "w", stderr))
            _exit(99);
        close(ends[0]);
        close(ends[1]);
        execv(wisp, (char *const *)(uintptr_t)words);
        _exit(99);
    }
    close(ends[1]);
    *out = ends[0];
    return pid;
}

static void make_project(void)
{
    int out, status;
    snprintf(project, sizeof project, "%s/p", base);
    const char *words[] = {"wisp", "init", project, NULL};
    pid_t pid = start(words, &out);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(out);
}

static void start_server(void)
{
    int out;
    char line[128] = "";
    char events[80];
    snprintf(events, sizeof events, "%s/fleet.sqlite", base);
    const char *words[] = {"wisp",      "serve",    project, "--port", "0",
                           "--verbose", "--events", events,  NULL};
    server = start(words, &out);
    for (size_t len = 0; len < sizeof line - 1 && !strchr(line, '\n'); len++)
        assert_int_equal(read(out, line + len, 1), 1);
    close(out);
    static const char beginning[] = "http://127.0.0.1:";
    assert_memory_equal(line, beginning, sizeof beginning - 1);
    char *end;
    unsigned long number = strtoul(line + sizeof beginning - 1, &end, 10);
    assert_string_equal(end, "\n");
    assert_in_range(number, 1, 65535);
    port = (uint16_t)number;
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(base));
    make_project();
    start_server();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (server > 0)
        kill(server, SIGKILL);
    return scratch_remove(base);
}

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Sends [size] bytes and returns the whole answer, NUL-terminated; static. */
static const char *ask_bytes(const char *request, size_t size)
{
    static char answer[65536];
    size_t len = 0;
    ssize_t n;
    int fd = dial();
    assert_int_equal(write(fd, request, size), size);
    while ((n = read(fd, answer + len, sizeof answer - 1 - len)) > 0)
        len += (size_t)n;
    answer[len] = '\0';
    close(fd);
    return answer;
}

static const char *ask(const char *method, const char *path)
{
    char request[1024];
    int size = snprintf(request, sizeof request,
                        "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, path);
    return ask_bytes(request, (size_t)size);
}

static void expect_code(const char *answer, const char *what, int code)
{
    static const char beginning[] = "HTTP/1.1 ";
    bool is_http = strncmp(answer, beginning, sizeof beginning - 1) == 0;
    long found = is_http ? strtol(answer + sizeof beginning - 1, NULL, 10) : 0;
    if (found != code)
        fail_msg("%s: answered %ld, expected %d", what, found, code);
}

static void expect_line(const char *answer, const char *line)
{
    if (!strstr(answer, line))
        assert_string_equal(answer, line); /* fails, and shows both */
}

static const char *body_of(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

static void files_are_answered_with_their_kind_and_age(void **state)
{
    (void)state;
    const char *answer = ask("GET", "/timestamp.json");
    expect_code(answer, "GET", 200);
    expect_line(answer, "Content-Type: application/json\r\n");
    expect_line(answer, "Cache-Control: public, max-age=60\r\n");
    assert_int_equal(body_of(answer)[0], '{');
    answer = ask("GET", "/1.root.json");
    expect_code(answer, "GET", 200);
    expect_line(answer, "Cache-Control: public, max-age=31536000, immutable\r\n");
    expect_line(ask("GET", "/root.json"), "Cache-Control: public, max-age=60\r\n");
}

static void head_gives_the_headers_alone(void **state)
{
    (void)state;
    const char *get = ask("GET", "/timestamp.json");
    char length[64];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body_of(get)));
    const char *answer = ask("HEAD", "/timestamp.json");
    expect_code(answer, "HEAD", 200);
    expect_line(answer, length);
    assert_string_equal(body_of(answer), "");
}

static void what_has_not_changed_is_not_sent_again(void **state)
{
    (void)state;
    char request[512], tag[64] = "";
    const char *answer = ask("GET", "/timestamp.json");
    const char *at = strstr(answer, "ETag: ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "ETag: %63s", tag), 1);
    int size = snprintf(request, sizeof request,
                        "GET /timestamp.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        "If-None-Match: %s\r\n\r\n",
                        tag);
    answer = ask_bytes(request, (size_t)size);
    expect_code(answer, "If-None-Match", 304);
    assert_string_equal(body_of(answer), "");
}

static void other_methods_are_refused(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST",  "PUT", "DELETE", "OPTIONS",
                                          "PATCH", "get", "X"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const char *answer = ask(methods[i], "/timestamp.json");
        expect_code(answer, methods[i], 405);
        expect_line(answer, "Allow: GET, HEAD\r\n");
    }
    static const char post[] = "POST /timestamp.json HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                               "Connection: close\r\n\r\nabc";
    expect_code(ask_bytes(post, sizeof post - 1), "POST with a body", 405);
}

/* Posts [body] of [type] to [path], with the line [more] among the headers. */
static const char *post(const char *path, const char *type, const char *more, const char *body)
{
    char request[2048];
    int size = snprintf(request, sizeof request,
                        "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        "Content-Type: %s\r\n%s\r\n%s",
                        path, type, more, body);
    return ask_bytes(request, (size_t)size);
}

static void a_post_of_events_is_answered_by_what_became_of_it(void **state)
{
    (void)state;
    static const char report[] = "{\"format\":1,\"target\":\"t\",\"device\":\"d\",\"events\":[]}";
    static const struct {
        const char *path, *type, *more, *body;
        int code;
    } cases[] = {
        {"/events", "application/json", "Content-Length: 50\r\n", report, 204},
        {"/events", "application/json; charset=utf-8", "Content-Length: 50\r\n", report, 204},
        {"/events", "Application/JSON", "Transfer-Encoding: chunked\r\n",
         "32\r\n{\"format\":1,\"target\":\"t\",\"device\":\"d\",\"events\":[]}\r\n0\r\n\r\n",
         204},
        {"/events", "application/json", "Content-Length: 49\r\n", report, 400},
        {"/events", "application/json", "Content-Length: 0\r\n", "", 400},
        {"/events", "application/json", "Content-Length: 65537\r\n", "", 413},
        {"/events", "application/json", "Content-Length: 99999999999999999\r\n", "", 413},
        {"/events", "text/plain", "Content-Length: 50\r\n", report, 415},
        {"/events", "application/jsonp", "Content-Length: 50\r\n", report, 415},
        {"/timestamp.json", "application/json", "Content-Length: 50\r\n", report, 405},
        {"/events/", "application/json", "Content-Length: 50\r\n", report, 405},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_code(post(cases[i].path, cases[i].type, cases[i].more, cases[i].body),
                    cases[i].more, cases[i].code);
    expect_code(ask("GET", "/events"), "GET", 404);
    expect_code(ask("PUT", "/events"), "PUT", 405);
}

static void a_body_that_grows_beyond_its_limit_is_not_kept(void **state)
{
    (void)state;
    enum { CHUNK = 1 << 16 };
    static char request[3 * CHUNK];
    int size = snprintf(request, sizeof request,
                        "POST /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 2; i++) {
        size += snprintf(request + size, 16, "%x\r\n", CHUNK);
        memset(request + size, ' ', CHUNK);
        memcpy(request + size + CHUNK, "\r\n", 2);
        size += CHUNK + 2;
    }
    size += snprintf(request + size, 8, "0\r\n\r\n");
    expect_code(ask_bytes(request, (size_t)size), "two chunks", 413);
}

static void a_post_that_breaks_off_harms_nobody(void **state)
{
    (void)state;
    static const char half[] = "POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n"
                               "Content-Type: application/json\r\n\r\n{\"format\":";
    for (int i = 0; i < 20; i++) {
        int hung = dial();
        assert_int_equal(write(hung, half, sizeof half - 1), sizeof half - 1);
        close(hung);
    }
    expect_code(ask("GET", "/timestamp.json"), "afterwards", 200);
}

static void no_request_leaves_the_repository(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/../keys/root.key",
        "/..%2fkeys/root.key",
        "/%2e%2e/keys/root.key",
        "/targets/../../keys/root.key",
        "/targets/%2e%2e/%2e%2e/keys/root.key",
        "//keys/root.key",
        "/./../keys/root.key",
        "/timestamp.json%00.key",
        "/.lock",
        "/../.lock",
        "/../wisp.json",
        "/",
        "/targets",
        "/targets/",
        "/nothing",
        "/2.root.json",
        "/?../keys/root.key",
        "http://x/../keys/root.key",
        "*",
        "keys/root.key",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *answer = ask("GET", paths[i]);
        expect_code(answer, paths[i], 404);
        assert_null(strstr(answer, "private"));
    }
}

static void a_query_changes_nothing(void **state)
{
    (void)state;
    expect_code(ask("GET", "/timestamp.json?x=/../.."), "query", 200);
}

static void bytes_that_are_no_request_harm_nobody(void **state)
{
    (void)state;
    static const char nul[] =
        "GET /../keys/root.key\0/timestamp.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static const char binary[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n";
    static const char bare[] = "\r\n\r\n";
    static const char half[] = "GET /time";
    int hung = dial();
    assert_int_equal(write(hung, half, sizeof half - 1), sizeof half - 1);
    close(hung);
    assert_null(strstr(ask_bytes(nul, sizeof nul - 1), " 200 "));
    assert_null(strstr(ask_bytes(binary, sizeof binary - 1), " 200 "));
    hung = dial();
    assert_int_equal(write(hung, bare, sizeof bare - 1), sizeof bare - 1);
    close(hung);
    expect_code(ask("GET", "/timestamp.json"), "afterwards", 200);
}

static void a_long_path_is_no_file(void **state)
{
    (void)state;
    char path[900] = "/";
    memset(path + 1, 'a', sizeof path - 2);
    path[sizeof path - 1] = '\0';
    expect_code(ask("GET", path), "a long path", 404);
}

static void a_connection_stays_for_several_requests(void **state)
{
    (void)state;
    static const char two[] = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                              "GET /root.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const char *answer = ask_bytes(two, sizeof two - 1);
    expect_code(answer, "the first", 404);
    expect_line(answer, "HTTP/1.1 200 OK");
}

static void requests_are_logged_without_control_bytes(void **state)
{
    (void)state;
    static const char escape[] =
        "GET /\x1b[31mred HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    char path[80], text[16384] = "";
    ask_bytes(escape, sizeof escape - 1);
    ask("GET", "/1.root.json");
    snprintf(path, sizeof path, "%s/stderr", base);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    expect_line(text, "127.0.0.1 \"GET /1.root.json\" 200 ");
    expect_line(text, "127.0.0.1 \"POST /timestamp.json\" 405 0");
    assert_null(strchr(text, '\x1b'));
}

static void a_port_in_use_is_refused(void **state)
{
    (void)state;
    char number[8];
    int out, status;
    snprintf(number, sizeof number, "%u", (unsigned)port);
    const char *words[] = {"wisp", "serve", project, "--port", number, NULL};
    pid_t pid = start(words, &out);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(out);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 4);
}

static void it_stops_cleanly(int signal_number)
{
    int status;
    if (server <= 0)
        start_server();
    int idle = dial(); /* a connection that is open does not keep it */
    assert_int_equal(kill(server, signal_number), 0);
    assert_int_equal(waitpid(server, &status, 0), server);
    server = 0;
    close(idle);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void it_stops_cleanly_on_a_termination(void **state)
{
    (void)state;
    it_stops_cleanly(SIGTERM);
}

static void it_stops_cleanly_on_an_interrupt(void **state)
{
    (void)state;
    it_stops_cleanly(SIGINT);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 99;
    wisp = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_answered_with_their_kind_and_age),
        cmocka_unit_test(head_gives_the_headers_alone),
        cmocka_unit_test(what_has_not_changed_is_not_sent_again),
        cmocka_unit_test(other_methods_are_refused),
        cmocka_unit_test(a_post_of_events_is_answered_by_what_became_of_it),
        cmocka_unit_test(a_body_that_grows_beyond_its_limit_is_not_kept),
        cmocka_unit_test(a_post_that_breaks_off_harms_nobody),
        cmocka_unit_test(no_request_leaves_the_repository),
        cmocka_unit_test(a_query_changes_nothing),
        cmocka_unit_test(bytes_that_are_no_request_harm_nobody),
        cmocka_unit_test(a_long_path_is_no_file),
        cmocka_unit_test(a_connection_stays_for_several_requests),
        cmocka_unit_test(requests_are_logged_without_control_bytes),
        cmocka_unit_test(a_port_in_use_is_refused),
        cmocka_unit_test(it_stops_cleanly_on_a_termination),
        cmocka_unit_test(it_stops_cleanly_on_an_interrupt),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
