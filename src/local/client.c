#include "local/client.h"

#include "base/error.h"
#include "base/memory.h"
#include "local/answer.h"
#include "local/packet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* ------------------------------------------------------------------ the line */

static wisp_status fail_errno(const char *path, const char *what, wisp_error *err)
{
    bool is_late = errno == EAGAIN || errno == EWOULDBLOCK;
    return wisp_fail(err, WISP_NETWORK, "%s '%s': %s", what, path,
                     is_late ? "no answer in time" : strerror(errno));
}

static bool set_timeout(int fd, uint32_t timeout_ms)
{
    struct timeval t = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) == 0;
}

static wisp_status open_line(const char *path, uint32_t timeout_ms, int *out, wisp_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(path) + 1;
    if (size > sizeof address.sun_path)
        return wisp_fail(err, WISP_INVALID, "'%s' is too long for a socket", path);
    memcpy(address.sun_path, path, size);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return fail_errno(path, "no socket for", err);
    if (set_timeout(fd, timeout_ms) &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        *out = fd;
        return WISP_OK;
    }
    wisp_status status = fail_errno(path, "no program listens at", err);
    close(fd);
    return status;
}

static bool send_all(int fd, const void *data, size_t size)
{
    for (const uint8_t *at = data; size > 0;) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool receive_all(int fd, void *into, size_t size)
{
    for (uint8_t *at = into; size > 0;) {
        ssize_t n = recv(fd, at, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ECONNRESET; /* the end, before all of it came */
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* ------------------------------------------------------------------ question and answer */

/* A program that refuses does not read on: then it cannot be sent all, but has answered. */
static wisp_status send_request(int fd, const wisp_json *request, wisp_bytes payload,
                                wisp_error *err)
{
    uint8_t head[WISP_PACKET_HEAD_SIZE];
    size_t size = 0;
    char *text = wisp_json_canonical(request, &size);
    if (!text)
        return wisp_fail_memory(err, WISP_PACKET_REQUEST_MAX);
    wisp_packet_write(&(wisp_packet){(uint32_t)size, (uint32_t)payload.size}, head);
    if (send_all(fd, head, sizeof head) && send_all(fd, text, size))
        send_all(fd, payload.data, payload.size);
    wisp_json_text_free(text);
    return WISP_OK;
}

static wisp_status receive_text(int fd, const char *path, size_t size, wisp_json **out,
                                wisp_error *err)
{
    uint8_t *text = wisp_alloc(&wisp_allocator_default, 1, size);
    if (!text)
        return wisp_fail_memory(err, size);
    wisp_status status = receive_all(fd, text, size)
                             ? wisp_json_parse((wisp_bytes){text, size}, out, err)
                             : fail_errno(path, "no answer from", err);
    wisp_free(&wisp_allocator_default, text, size);
    return status;
}

static wisp_status receive_answer(int fd, const char *path, wisp_json **out, wisp_error *err)
{
    uint8_t head[WISP_PACKET_HEAD_SIZE];
    wisp_packet packet;
    if (!receive_all(fd, head, sizeof head))
        return fail_errno(path, "no answer from", err);
    wisp_status status = wisp_packet_read(head, WISP_PACKET_ANSWER_MAX, &packet, err);
    return status ? status : receive_text(fd, path, packet.text_size, out, err);
}

wisp_status wisp_local_ask(const char *path, const wisp_json *request, wisp_bytes payload,
                           uint32_t timeout_ms, wisp_json **answer, wisp_error *err)
{
    int fd = -1;
    wisp_json *object = NULL;
    if (payload.size > UINT32_MAX)
        return wisp_fail(err, WISP_LIMIT, "a file of %zu bytes", payload.size);
    wisp_status status = open_line(path, timeout_ms, &fd, err);
    if (status != WISP_OK)
        return status;
    status = send_request(fd, request, payload, err);
    if (status == WISP_OK)
        status = receive_answer(fd, path, &object, err);
    if (status == WISP_OK)
        status = wisp_answer_verdict(object, err);
    close(fd);
    if (status != WISP_OK)
        wisp_json_free(object);
    else
        *answer = object;
    return status;
}
