#define _DEFAULT_SOURCE /* mkdtemp */

#include "program.h"

#include "../scratch.h"
#include "local/client.h"
#include "manage/order.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The manager and its client over a socket of the system. */

typedef struct place {
    char dir[32], path[48];
    wisp_host *host;
    wisp_manager *manager;
} place;

static wisp_status accept_all(void *user, const wisp_manage_request *request, wisp_error *err)
{
    (void)user, (void)request, (void)err;
    return WISP_OK;
}

static wisp_status open_at(place *at, wisp_manager **out, wisp_error *err)
{
    wisp_manager_config config = {
        .host = at->host, .socket = at->path, .accept = accept_all, .timeout_ms = 5000};
    return wisp_manager_open(&config, out, err);
}

/* A folder with nothing in it yet. */
static void place_init(place *at)
{
    *at = (place){.dir = "/tmp/wisp-socket-XXXXXX"};
    assert_non_null(mkdtemp(at->dir));
    snprintf(at->path, sizeof at->path, "%s/sock", at->dir);
    assert_int_equal(wisp_host_new(NULL, &at->host, NULL), WISP_OK);
}

static void place_open(place *at)
{
    place_init(at);
    assert_int_equal(open_at(at, &at->manager, NULL), WISP_OK);
}

static void place_deinit(place *at)
{
    wisp_manager_close(at->manager);
    wisp_host_free(at->host);
    assert_int_equal(scratch_remove(at->dir), 0);
}

/* ------------------------------------------------------------------ asking, on a thread */

typedef struct question {
    const char *path;
    wisp_order order;
    wisp_bytes module;
    wisp_json *answer;
    wisp_error err;
    wisp_status status;
    atomic_bool is_done;
} question;

static void *ask(void *argument)
{
    question *q = argument;
    wisp_json *request = wisp_order_write(&q->order);
    q->status = wisp_local_ask(q->path, request, q->module, 5000, &q->answer, &q->err);
    wisp_json_free(request);
    atomic_store(&q->is_done, true);
    return NULL;
}

/* Has the client ask while the manager is stepped whenever its descriptor says so. */
static void play(place *at, question *q)
{
    pthread_t thread;
    q->path = at->path;
    assert_int_equal(pthread_create(&thread, NULL, ask, q), 0);
    struct pollfd ready = {.fd = wisp_manager_fd(at->manager), .events = POLLIN};
    while (!atomic_load(&q->is_done))
        if (poll(&ready, 1, 10) > 0)
            wisp_manager_step(at->manager);
    pthread_join(thread, NULL);
}

static void the_descriptor_wakes_the_program_for_each_part(void **state)
{
    place at;
    (void)state;
    place_open(&at);
    question install = {.order = {.kind = WISP_ORDER_INSTALL, .name = "a", .app_id = 3},
                        .module = program_module("v1")};
    play(&at, &install);
    assert_int_equal(install.status, WISP_OK);
    wisp_json_free(install.answer);
    assert_true(wisp_guest_app_id(wisp_manager_guest(at.manager, "a")) == 3);

    question list = {.order = {.kind = WISP_ORDER_LIST}};
    play(&at, &list);
    assert_int_equal(list.status, WISP_OK);
    const wisp_json *guests;
    assert_int_equal(wisp_json_array(list.answer, "guests", &guests, NULL), WISP_OK);
    assert_int_equal(wisp_json_len(guests), 1);
    wisp_json_free(list.answer);
    place_deinit(&at);
}

static void a_refusal_arrives_though_the_module_was_not_read(void **state)
{
    place at;
    static uint8_t large[17u << 20];
    (void)state;
    place_open(&at);
    question install = {.order = {.kind = WISP_ORDER_INSTALL, .name = "a"},
                        .module = {large, sizeof large}};
    play(&at, &install);
    assert_int_equal(install.status, WISP_LIMIT);
    assert_non_null(strstr(install.err.text, "expected at most 16777216"));
    place_deinit(&at);
}

static void a_large_module_comes_whole(void **state)
{
    place at;
    static uint8_t large[3u << 20];
    (void)state;
    place_open(&at);
    question install = {.order = {.kind = WISP_ORDER_INSTALL, .name = "a"},
                        .module = {large, sizeof large}};
    play(&at, &install);
    assert_int_equal(install.status, WISP_MALFORMED); /* of zeros, which was looked at */
    place_deinit(&at);
}

/* ------------------------------------------------------------------ the name of the socket */

static void the_socket_is_its_owners_alone_and_goes_with_the_manager(void **state)
{
    place at;
    struct stat st;
    (void)state;
    mode_t before = umask(0);
    place_open(&at);
    umask(before);
    assert_int_equal(stat(at.path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    wisp_manager_close(at.manager);
    at.manager = NULL;
    assert_int_equal(stat(at.path, &st), -1);
    place_deinit(&at);
}

static void two_managers_cannot_have_one_socket(void **state)
{
    place at;
    wisp_manager *second;
    wisp_error err;
    (void)state;
    place_open(&at);
    assert_int_equal(open_at(&at, &second, &err), WISP_BUSY);
    question list = {.order = {.kind = WISP_ORDER_LIST}};
    play(&at, &list); /* the first is as it was */
    assert_int_equal(list.status, WISP_OK);
    wisp_json_free(list.answer);
    place_deinit(&at);
}

static void a_socket_left_by_the_dead_is_replaced(void **state)
{
    place at;
    (void)state;
    place_init(&at);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, at.path, strlen(at.path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_int_equal(open_at(&at, &at.manager, NULL), WISP_OK);
    place_deinit(&at);
}

static void what_is_no_socket_stays(void **state)
{
    place at;
    wisp_error err;
    char found[8] = "";
    (void)state;
    place_init(&at);
    int fd = open(at.path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "precious", 8), 8);
    assert_int_equal(open_at(&at, &at.manager, &err), WISP_INVALID);
    assert_non_null(strstr(err.text, "no socket"));
    assert_int_equal(pread(fd, found, 8, 0), 8);
    assert_memory_equal(found, "precious", 8);
    close(fd);
    place_deinit(&at);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    char path[200];
    wisp_host *host;
    wisp_manager *manager;
    wisp_error err;
    (void)state;
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(wisp_host_new(NULL, &host, NULL), WISP_OK);
    wisp_manager_config config = {.host = host, .socket = path};
    assert_int_equal(wisp_manager_open(&config, &manager, &err), WISP_INVALID);
    assert_non_null(strstr(err.text, "too long"));
    wisp_host_free(host);
}

/* ------------------------------------------------------------------ the client */

static wisp_status ask_to_list(const char *path, uint32_t timeout_ms, wisp_error *err)
{
    wisp_json *answer, *request = wisp_order_write(&(wisp_order){.kind = WISP_ORDER_LIST});
    wisp_status status = wisp_local_ask(path, request, (wisp_bytes){0}, timeout_ms, &answer, err);
    wisp_json_free(request);
    return status;
}

static void a_client_says_when_nobody_listens(void **state)
{
    place at;
    wisp_error err;
    (void)state;
    place_init(&at);
    assert_int_equal(ask_to_list(at.path, 100, &err), WISP_NETWORK);
    assert_non_null(strstr(err.text, "no program listens"));
    place_deinit(&at);
}

static void a_client_waits_no_longer_than_it_was_told(void **state)
{
    place at;
    wisp_error err;
    (void)state;
    place_open(&at); /* and never steps */
    assert_int_equal(ask_to_list(at.path, 50, &err), WISP_NETWORK);
    assert_non_null(strstr(err.text, "no answer in time"));
    place_deinit(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_descriptor_wakes_the_program_for_each_part),
        cmocka_unit_test(a_refusal_arrives_though_the_module_was_not_read),
        cmocka_unit_test(a_large_module_comes_whole),
        cmocka_unit_test(the_socket_is_its_owners_alone_and_goes_with_the_manager),
        cmocka_unit_test(two_managers_cannot_have_one_socket),
        cmocka_unit_test(a_socket_left_by_the_dead_is_replaced),
        cmocka_unit_test(what_is_no_socket_stays),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(a_client_says_when_nobody_listens),
        cmocka_unit_test(a_client_waits_no_longer_than_it_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
