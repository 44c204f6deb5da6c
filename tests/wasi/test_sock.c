#include "guest.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdio.h>
#include <stdlib.h>

/* Sockets that the program hands over; without folders they are descriptors 4 and on. */

enum { SOCKET = ROOT + 1 };

typedef struct pair {
    guest guest;
    int ends[2]; /* the guest has the first */
} pair;

static void pair_init(pair *p, int type)
{
    assert_int_equal(socketpair(AF_UNIX, type, 0, p->ends), 0);
    guest_init(&p->guest, &(wisp_wasi_config){.sockets = p->ends, .socket_count = 1});
}

static void pair_deinit(pair *p)
{
    guest_deinit(&p->guest);
    close(p->ends[0]);
    close(p->ends[1]);
}

static uint32_t receive(guest *g, uint32_t size, uint32_t flags)
{
    guest_store(g, SLICES, 8, BUFFER | (uint64_t)size << 32);
    return CALL(g, "sock_recv", SOCKET, SLICES, 1, flags, RESULT, RESULT_2);
}

static void bytes_go_both_ways(void **state)
{
    (void)state;
    pair p;
    guest *g = &p.guest;
    char text[16];
    pair_init(&p, SOCK_STREAM);
    assert_int_equal(send(p.ends[1], "hello", 5, 0), 5);
    assert_int_equal(receive(g, 16, WISP_WASI_RECV_PEEK), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 5);
    assert_int_equal(receive(g, 16, 0), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 5);
    assert_memory_equal(guest_at(g, BUFFER, 5), "hello", 5);
    guest_store(g, SLICES, 8, BUFFER | UINT64_C(4) << 32);
    assert_int_equal(CALL(g, "sock_send", SOCKET, SLICES, 1, 0, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 4);
    assert_int_equal(recv(p.ends[1], text, sizeof text, 0), 4);
    assert_memory_equal(text, "hell", 4);
    assert_int_equal(guest_write(g, SOCKET, "write"), 5);
    assert_int_equal(recv(p.ends[1], text, sizeof text, 0), 5);
    pair_deinit(&p);
}

static void waiting_for_all_takes_several_messages(void **state)
{
    (void)state;
    pair p;
    guest *g = &p.guest;
    pair_init(&p, SOCK_STREAM);
    assert_int_equal(send(p.ends[1], "abc", 3, 0), 3);
    assert_int_equal(shutdown(p.ends[1], SHUT_WR), 0);
    assert_int_equal(receive(g, 16, WISP_WASI_RECV_WAITALL), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 3); /* the end came first */
    assert_int_equal(receive(g, 16, 0), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 0);
    pair_deinit(&p);
}

static void a_datagram_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    pair p;
    guest *g = &p.guest;
    pair_init(&p, SOCK_DGRAM);
    assert_int_equal(CALL(g, "fd_fdstat_get", SOCKET, BUFFER), 0);
    assert_int_equal(guest_load(g, BUFFER, 1), WISP_WASI_SOCKET_DGRAM);
    assert_int_equal(send(p.ends[1], "0123456789", 10, 0), 10);
    assert_int_equal(receive(g, 4, 0), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 4);
    assert_int_equal(guest_load(g, RESULT_2, 2), WISP_WASI_RECV_TRUNCATED);
    pair_deinit(&p);
}

static void an_end_can_be_shut(void **state)
{
    (void)state;
    pair p;
    guest *g = &p.guest;
    char byte;
    pair_init(&p, SOCK_STREAM);
    assert_int_equal(CALL(g, "sock_shutdown", SOCKET, 0), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "sock_shutdown", SOCKET, 4), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "sock_shutdown", SOCKET, WISP_WASI_SHUT_WRITE), 0);
    assert_int_equal(recv(p.ends[1], &byte, 1, 0), 0);
    guest_store(g, SLICES, 8, BUFFER | UINT64_C(4) << 32);
    assert_int_equal(CALL(g, "sock_send", SOCKET, SLICES, 1, 0, RESULT), WISP_WASI_EPIPE);
    pair_deinit(&p);
}

static void what_is_no_socket_is_refused(void **state)
{
    (void)state;
    pair p;
    guest *g = &p.guest;
    pair_init(&p, SOCK_STREAM);
    assert_int_equal(CALL(g, "sock_shutdown", 1, 1), WISP_WASI_ENOTSOCK);
    assert_int_equal(CALL(g, "sock_shutdown", 77, 1), WISP_WASI_EBADF);
    assert_int_equal(CALL(g, "sock_send", ROOT, SLICES, 0, 0, RESULT), WISP_WASI_ENOTSOCK);
    assert_int_equal(CALL(g, "sock_recv", 0, SLICES, 0, 0, RESULT, RESULT_2), WISP_WASI_ENOTSOCK);
    assert_int_equal(CALL(g, "sock_accept", ROOT, 0, RESULT), WISP_WASI_ENOTSOCK);
    guest_deinit(g);
    close(p.ends[0]);
    close(p.ends[1]);
}

static void connections_are_accepted(void **state)
{
    (void)state;
    char folder[] = "/tmp/wisp-sock-XXXXXX";
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    guest it, *g = &it;
    assert_non_null(mkdtemp(folder));
    snprintf(name.sun_path, sizeof name.sun_path, "%s/s", folder);
    int listening = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(listening, 4), 0);
    guest_init(g, &(wisp_wasi_config){.sockets = &listening, .socket_count = 1});
    assert_int_equal(CALL(g, "fd_fdstat_set_flags", SOCKET, WISP_WASI_FD_NONBLOCK), 0);
    assert_int_equal(CALL(g, "sock_accept", SOCKET, 0, RESULT), WISP_WASI_EAGAIN);
    assert_int_equal(connect(client, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(CALL(g, "sock_accept", SOCKET, 8, RESULT), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "sock_accept", SOCKET, WISP_WASI_FD_NONBLOCK, RESULT), 0);
    int connection = (int)guest_load(g, RESULT, 4);
    char text[8];
    assert_int_equal(guest_read(g, connection, text, sizeof text), -WISP_WASI_EAGAIN);
    assert_int_equal(send(client, "hi", 2, 0), 2);
    assert_int_equal(guest_read(g, connection, text, sizeof text), 2);
    assert_int_equal(guest_close(g, connection), 0);
    assert_int_equal(recv(client, text, sizeof text, 0), 0);
    guest_deinit(g);
    close(listening);
    close(client);
    unlink(name.sun_path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways),
        cmocka_unit_test(waiting_for_all_takes_several_messages),
        cmocka_unit_test(a_datagram_that_does_not_fit_is_cut),
        cmocka_unit_test(an_end_can_be_shut),
        cmocka_unit_test(what_is_no_socket_is_refused),
        cmocka_unit_test(connections_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
