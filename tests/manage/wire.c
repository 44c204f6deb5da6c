#include "wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { LISTENER = 100, POLLER = 101, FIRST_CLIENT = 200 };

static bool fails(wire *w)
{
    return ++w->call_count == w->fail_at;
}

static wire_client *client_of(wire *w, int fd)
{
    assert(fd >= FIRST_CLIENT && fd < FIRST_CLIENT + WIRE_CLIENTS_MAX);
    wire_client *client = &w->clients[fd - FIRST_CLIENT];
    assert(client->is_open);
    return client;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ------------------------------------------------------------------ the calls */

static int start_listening(void *user, const char *path)
{
    wire *w = user;
    (void)path;
    if (fails(w))
        return w->fail_with;
    w->is_listening = w->has_name = true;
    w->open_descriptors++;
    return LISTENER;
}

static void remove_name(void *user, const char *path)
{
    (void)path;
    ((wire *)user)->has_name = false;
}

static int accept_one(void *user, int listener)
{
    wire *w = user;
    assert(listener == LISTENER && w->is_listening);
    if (fails(w))
        return w->fail_with;
    if (w->accepted == w->connected)
        return -EAGAIN;
    w->clients[w->accepted].is_open = true;
    w->open_descriptors++;
    return FIRST_CLIENT + (int)w->accepted++;
}

static int peer_uid(void *user, int fd, uint32_t *uid)
{
    wire *w = user;
    if (fails(w))
        return w->fail_with;
    *uid = client_of(w, fd)->uid;
    return 0;
}

static uint32_t own_uid(void *user)
{
    return ((wire *)user)->own_uid;
}

static int64_t receive(void *user, int fd, void *into, size_t size)
{
    wire *w = user;
    wire_client *client = client_of(w, fd);
    if (fails(w))
        return w->fail_with;
    size_t n = least(size, client->said_size - client->heard);
    if (client->chunk)
        n = least(n, client->chunk);
    if (n == 0)
        return client->has_hung_up ? 0 : -EAGAIN;
    memcpy(into, client->said + client->heard, n);
    client->heard += n;
    return (int64_t)n;
}

static int64_t send_some(void *user, int fd, const void *from, size_t size)
{
    wire *w = user;
    wire_client *client = client_of(w, fd);
    if (fails(w))
        return w->fail_with;
    if (client->has_hung_up)
        return -EPIPE;
    size_t n = client->chunk ? least(size, client->chunk) : size;
    n = least(n, WIRE_SIZE_MAX - client->answer_size);
    if (client->is_deaf || n == 0)
        return -EAGAIN;
    memcpy(client->answer + client->answer_size, from, n);
    client->answer_size += n;
    return (int64_t)n;
}

static int close_one(void *user, int fd)
{
    wire *w = user;
    if (fd == LISTENER)
        w->is_listening = false;
    else if (fd != POLLER)
        client_of(w, fd)->is_open = false;
    w->open_descriptors--;
    return 0;
}

static int new_poller(void *user)
{
    wire *w = user;
    if (fails(w))
        return w->fail_with;
    w->open_descriptors++;
    return POLLER;
}

static int watch(void *user, int poller, int fd, bool reads, bool writes)
{
    wire *w = user;
    assert(poller == POLLER && !(reads && writes));
    if (fails(w))
        return w->fail_with;
    if (fd == LISTENER)
        w->watches_listener = reads;
    return 0;
}

void wire_init(wire *w)
{
    memset(w, 0, sizeof *w);
    w->own_uid = 1000;
    w->fail_with = -EIO;
    w->calls = (wisp_socket_calls){
        .user = w,
        .listen = start_listening,
        .unlink = remove_name,
        .accept = accept_one,
        .peer_uid = peer_uid,
        .own_uid = own_uid,
        .receive = receive,
        .send = send_some,
        .close = close_one,
        .poller = new_poller,
        .watch = watch,
    };
}

/* ------------------------------------------------------------------ the other side */

wire_client *wire_connect(wire *w)
{
    assert(w->connected < WIRE_CLIENTS_MAX);
    wire_client *client = &w->clients[w->connected++];
    client->uid = w->own_uid;
    return client;
}

void wire_say(wire_client *client, const void *bytes, size_t size)
{
    assert(size <= WIRE_SIZE_MAX - client->said_size);
    if (size)
        memcpy(client->said + client->said_size, bytes, size);
    client->said_size += size;
}

void wire_order(wire_client *client, const char *json, wisp_bytes module)
{
    uint8_t head[WISP_PACKET_HEAD_SIZE];
    wisp_packet packet = {(uint32_t)strlen(json), (uint32_t)module.size};
    wisp_packet_write(&packet, head);
    wire_say(client, head, sizeof head);
    wire_say(client, json, strlen(json));
    wire_say(client, module.data, module.size);
}

const char *wire_answer(wire_client *client)
{
    static char text[WIRE_SIZE_MAX];
    wisp_packet packet;
    if (client->answer_size < WISP_PACKET_HEAD_SIZE)
        return NULL;
    wisp_status status = wisp_packet_read(client->answer, WISP_PACKET_ANSWER_MAX, &packet, NULL);
    assert(status == WISP_OK && packet.payload_size == 0);
    size_t size = WISP_PACKET_HEAD_SIZE + packet.text_size;
    if (status || client->answer_size < size)
        return NULL;
    memcpy(text, client->answer + WISP_PACKET_HEAD_SIZE, packet.text_size);
    text[packet.text_size] = '\0';
    client->answer_size -= size;
    memmove(client->answer, client->answer + size, client->answer_size);
    return text;
}
