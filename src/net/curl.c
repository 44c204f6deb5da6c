#include <wisp/net.h>

#include "base/error.h"
#include "base/memory.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HTTP on libcurl. */

#define TIMEOUT_MS         30000
#define CONNECT_TIMEOUT_MS 5000
#define SPEED_MIN          100 /* bytes a second */
#define SPEED_TIME_S       10
#define REDIRECTS_MAX      5
#define PAGE_SIZE_MAX      ((size_t)1 << 20)
#define URL_SIZE           2048

/* A request's handle, and the loop that drives it, which keeps the connections. */
typedef struct curl_line {
    CURLM *loop; /* NULL for no line */
    CURL *handle;
} curl_line;

typedef struct curl_net {
    wisp_net net; /* first: what the caller holds */
    wisp_net_curl_config config;
    size_t ca_file_size;
    pthread_mutex_t mutex;
    curl_line idle; /* of the last request, with its connection; none while it is in use */
} curl_net;

/* One request, redirects included, and what has come of its answer. */
typedef struct transfer {
    const wisp_net_request *request;
    curl_line line;
    char url[URL_SIZE]; /* that is asked now */
    struct curl_slist *headers;
    int redirects;
    long timeout_ms; /* that is left */
    bool has_begun;
    uint64_t size;
    size_t page_size;   /* of the redirects' pages */
    wisp_status status; /* why the body was not taken to its end */
    char words[CURL_ERROR_SIZE];
} transfer;

/* --- lines ------------------------------------------------------------------------------- */

static void close_line(curl_line line)
{
    curl_easy_cleanup(line.handle);
    curl_multi_cleanup(line.loop);
}

static curl_line open_line(void)
{
    curl_line line = {curl_multi_init(), curl_easy_init()};
    if (line.loop && line.handle)
        return line;
    close_line(line);
    return (curl_line){0};
}

static curl_line take_line(curl_net *n)
{
    pthread_mutex_lock(&n->mutex);
    curl_line line = n->idle;
    n->idle = (curl_line){0};
    pthread_mutex_unlock(&n->mutex);
    return line.loop ? line : open_line();
}

static void give_line(curl_net *n, curl_line line)
{
    curl_easy_reset(line.handle);
    pthread_mutex_lock(&n->mutex);
    curl_line spare = n->idle;
    n->idle = line;
    pthread_mutex_unlock(&n->mutex);
    close_line(spare);
}

/* --- the answer -------------------------------------------------------------------------- */

static long response_code(const transfer *t)
{
    long code = 0;
    curl_easy_getinfo(t->line.handle, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

static bool is_post(const transfer *t)
{
    return t->request->content_type != NULL;
}

/* Whether an answer has what was asked for. */
static bool is_success(const transfer *t, long code)
{
    if (is_post(t))
        return code / 100 == 2;
    return code == 200 || (code == 206 && t->request->offset > 0);
}

/* Whether a 206 answer has the bytes from the offset on (RFC 9110, 14.4), and no other part. */
static bool is_asked_part(const transfer *t)
{
    static const char unit[] = "bytes ";
    struct curl_header *header;
    if (curl_easy_header(t->line.handle, "Content-Range", 0, CURLH_HEADER, -1, &header) !=
            CURLHE_OK ||
        strncmp(header->value, unit, strlen(unit)) != 0)
        return false;
    const char *first = header->value + strlen(unit);
    char *end;
    return *first >= '0' && *first <= '9' && strtoull(first, &end, 10) == t->request->offset &&
           *end == '-';
}

/* The page that comes with a redirect is passed over, since only after it libcurl says where to;
 * that of any other answer ends the transfer. */
static size_t pass_over(transfer *t, size_t len)
{
    if (response_code(t) / 100 != 3 || len > PAGE_SIZE_MAX - t->page_size)
        return 0;
    t->page_size += len;
    return len;
}

static bool refuse(transfer *t, wisp_status status)
{
    t->status = status;
    return false;
}

/* Tells the receiver, once, where the body begins. */
static bool begin(transfer *t)
{
    const wisp_net_request *request = t->request;
    if (t->has_begun)
        return true;
    t->has_begun = true;
    bool is_part = response_code(t) == 206 && !is_post(t);
    if (is_part && !is_asked_part(t))
        return refuse(t, WISP_NETWORK);
    if (request->begin && !request->begin(request->context, is_part ? request->offset : 0))
        return refuse(t, WISP_IO);
    return true;
}

static bool take(transfer *t, const char *data, size_t len)
{
    const wisp_net_request *request = t->request;
    if (!begin(t))
        return false;
    if (len > request->size_max - t->size)
        return refuse(t, WISP_LIMIT);
    if (request->sink && !request->sink(request->context, data, len))
        return refuse(t, WISP_IO);
    t->size += len;
    return true;
}

/* Taking less than all ends the transfer. */
static size_t take_body(char *data, size_t one, size_t len, void *user)
{
    transfer *t = user;
    (void)one; /* libcurl's items are bytes */
    if (len == 0)
        return 0;
    if (!is_success(t, response_code(t)))
        return pass_over(t, len);
    return take(t, data, len) ? len : 0;
}

/* --- the request ------------------------------------------------------------------------- */

static bool is_https(const char *url)
{
    return curl_strnequal(url, "https:", 6);
}

static bool set_range(const transfer *t)
{
    char range[32];
    if (t->request->offset == 0)
        return true;
    snprintf(range, sizeof range, "%llu-", (unsigned long long)t->request->offset);
    return curl_easy_setopt(t->line.handle, CURLOPT_RANGE, range) == CURLE_OK;
}

static bool set_post(transfer *t)
{
    char header[256];
    const wisp_net_request *request = t->request;
    if (!is_post(t))
        return true;
    snprintf(header, sizeof header, "Content-Type: %s", request->content_type);
    t->headers = curl_slist_append(NULL, header);
    if (!t->headers)
        return false;
    CURL *h = t->line.handle;
    return curl_easy_setopt(h, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size) ==
               CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDS,
                            request->body.size ? (const char *)request->body.data : "") ==
               CURLE_OK;
}

static bool set_options(const curl_net *n, transfer *t)
{
    const wisp_net_curl_config *c = &n->config;
    CURL *h = t->line.handle;
    bool ok = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_USERAGENT, "wisp/" WISP_VERSION) == CURLE_OK &&
              set_range(t) && set_post(t);
    if (ok && c->ca_file)
        ok = curl_easy_setopt(h, CURLOPT_CAINFO, c->ca_file) == CURLE_OK;
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_timeout_ms);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, (long)c->speed_min);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)c->speed_time_s);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t->words);
    return ok;
}

/* Asks [url], at first or after a redirect, in what time is left. */
static wisp_status ask(transfer *t, const char *url, wisp_error *err)
{
    if (strlen(url) >= sizeof t->url)
        return wisp_fail(err, WISP_NETWORK, "a URL is longer than %zu bytes", sizeof t->url - 1);
    strcpy(t->url, url);
    curl_easy_setopt(t->line.handle, CURLOPT_TIMEOUT_MS, t->timeout_ms);
    if (curl_easy_setopt(t->line.handle, CURLOPT_URL, t->url) != CURLE_OK ||
        curl_multi_add_handle(t->line.loop, t->line.handle) != CURLM_OK)
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a request");
    return WISP_OK;
}

static void end(void *user, void *opaque)
{
    transfer *t = opaque;
    curl_multi_remove_handle(t->line.loop, t->line.handle);
    give_line(user, t->line);
    curl_slist_free_all(t->headers);
    wisp_free(&wisp_allocator_default, t, sizeof *t);
}

static wisp_status start(void *user, const wisp_net_request *request, void **out, wisp_error *err)
{
    curl_net *n = user;
    transfer *t = wisp_alloc(&wisp_allocator_default, 1, sizeof *t);
    if (!t)
        return wisp_fail_memory(err, sizeof *t);
    t->request = request;
    t->timeout_ms = (long)(request->timeout_ms ? request->timeout_ms : n->config.timeout_ms);
    t->line = take_line(n);
    if (!t->line.loop) {
        wisp_free(&wisp_allocator_default, t, sizeof *t);
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a request");
    }
    wisp_status status = set_options(n, t)
                             ? ask(t, request->url, err)
                             : wisp_fail(err, WISP_NO_MEMORY, "out of memory for a request");
    if (status == WISP_OK)
        *out = t;
    else
        end(n, t);
    return status;
}

/* --- its end ----------------------------------------------------------------------------- */

/* Whether the answer says that this body will not be taken another time either. */
static bool is_refusal(const transfer *t, long code)
{
    return is_post(t) && code / 100 == 4 && code != 408 && code != 429;
}

static wisp_status judge_code(const transfer *t, long code, wisp_error *err)
{
    if (is_success(t, code))
        return WISP_OK;
    if (code == 403 || code == 404 || code == 410)
        return wisp_fail(err, WISP_NOT_FOUND, "the server answered %ld for %.180s", code, t->url);
    if (code == 416 && t->request->offset > 0)
        return wisp_fail(err, WISP_MISMATCH, "the server has no byte %llu of %.150s",
                         (unsigned long long)t->request->offset, t->url);
    return wisp_fail(err, is_refusal(t, code) ? WISP_INVALID : WISP_NETWORK,
                     "the server answered %ld for %.180s, expected %s", code, t->url,
                     is_post(t) ? "200 to 299" : "200");
}

/* The receiver, or the cap, ended the body. */
static wisp_status judge_body(const transfer *t, wisp_error *err)
{
    switch (t->status) {
    case WISP_LIMIT:
        return wisp_fail(err, WISP_LIMIT,
                         "the answer goes on after %llu bytes, the most asked for",
                         (unsigned long long)t->request->size_max);
    case WISP_IO:
        return wisp_fail(err, WISP_IO, "the receiver refused the answer's bytes");
    default:
        return wisp_fail(err, WISP_NETWORK,
                         "the server sent another part than asked for of %.150s", t->url);
    }
}

/* A server that is busy may say for how long: seconds, or a date. */
static void note_retry_after(const transfer *t)
{
    curl_off_t seconds = 0;
    if (!t->request->retry_after_s ||
        curl_easy_getinfo(t->line.handle, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK)
        return;
    if (seconds > 0 && seconds <= UINT32_MAX)
        *t->request->retry_after_s = (uint32_t)seconds;
}

static void note_server_time(const transfer *t)
{
    struct curl_header *header;
    if (!t->request->server_time_s ||
        curl_easy_header(t->line.handle, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return;
    time_t time = curl_getdate(header->value, NULL);
    if (time > 0)
        *t->request->server_time_s = (int64_t)time;
}

static wisp_status judge(transfer *t, CURLcode result, wisp_error *err)
{
    long code = response_code(t);
    bool is_whole = result == CURLE_OK;
    note_server_time(t);
    if (is_whole && is_success(t, code) && !begin(t)) /* an empty body */
        return judge_body(t, err);
    if (t->status != WISP_OK)
        return judge_body(t, err);
    note_retry_after(t);
    if (is_whole || (result == CURLE_WRITE_ERROR && !is_success(t, code)))
        return judge_code(t, code, err);
    if (result == CURLE_OUT_OF_MEMORY)
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a request");
    return wisp_fail(err, WISP_NETWORK, "%.200s",
                     t->words[0] ? t->words : curl_easy_strerror(result));
}

/*
 * Where the answer sends us, or NULL. Redirects are followed here and not by libcurl, which
 * would go from http to https and back again.
 */
static const char *redirect_of(const transfer *t)
{
    char *url = NULL;
    if (is_post(t) || curl_easy_getinfo(t->line.handle, CURLINFO_REDIRECT_URL, &url) != CURLE_OK)
        return NULL;
    return url;
}

static long elapsed_ms(const transfer *t)
{
    curl_off_t time_us = 0;
    curl_easy_getinfo(t->line.handle, CURLINFO_TOTAL_TIME_T, &time_us);
    return (long)(time_us / 1000);
}

static wisp_status follow(transfer *t, const char *next, wisp_error *err)
{
    t->timeout_ms -= elapsed_ms(t);
    if (++t->redirects > REDIRECTS_MAX)
        return wisp_fail(err, WISP_NETWORK, "more than %d redirects from %.180s", REDIRECTS_MAX,
                         t->request->url);
    if (is_https(t->url) && !is_https(next))
        return wisp_fail(err, WISP_NETWORK, "a redirect from https to %.150s, which is not",
                         next);
    if (t->timeout_ms <= 0)
        return wisp_fail(err, WISP_NETWORK, "timed out while following redirects");
    wisp_status status = ask(t, next, err);
    return status == WISP_OK ? WISP_BUSY : status;
}

static wisp_status conclude(transfer *t, CURLcode result, wisp_error *err)
{
    curl_multi_remove_handle(t->line.loop, t->line.handle);
    const char *next = t->status == WISP_OK ? redirect_of(t) : NULL;
    return next ? follow(t, next, err) : judge(t, result, err);
}

static wisp_status step(void *user, void *opaque, uint32_t wait_ms, wisp_error *err)
{
    transfer *t = opaque;
    int running = 0, len;
    (void)user;
    CURLMcode code = curl_multi_perform(t->line.loop, &running);
    if (code == CURLM_OK && running && wait_ms)
        code = curl_multi_poll(t->line.loop, NULL, 0, (int)wait_ms, NULL);
    if (code == CURLM_OK && running && wait_ms)
        code = curl_multi_perform(t->line.loop, &running);
    if (code != CURLM_OK)
        return wisp_fail(err, code == CURLM_OUT_OF_MEMORY ? WISP_NO_MEMORY : WISP_NETWORK,
                         "%.200s", curl_multi_strerror(code));
    const CURLMsg *message = curl_multi_info_read(t->line.loop, &len);
    return message ? conclude(t, message->data.result, err) : WISP_BUSY;
}

/* --- the transport ----------------------------------------------------------------------- */

static void set_config(curl_net *n, const wisp_net_curl_config *config)
{
    if (config)
        n->config = *config;
    if (!n->config.timeout_ms)
        n->config.timeout_ms = TIMEOUT_MS;
    if (!n->config.connect_timeout_ms)
        n->config.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (!n->config.speed_min)
        n->config.speed_min = SPEED_MIN;
    if (!n->config.speed_time_s)
        n->config.speed_time_s = SPEED_TIME_S;
    n->config.ca_file = NULL;
}

static bool copy_ca_file(curl_net *n, const char *path)
{
    n->ca_file_size = strlen(path) + 1;
    char *copy = wisp_alloc(&wisp_allocator_default, n->ca_file_size, 1);
    if (copy)
        memcpy(copy, path, n->ca_file_size);
    n->config.ca_file = copy;
    return copy;
}

wisp_status wisp_net_curl_new(const wisp_net_curl_config *config, wisp_net **out, wisp_error *err)
{
    /* Counted, and safe on any thread since libcurl 7.84. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return wisp_fail(err, WISP_NO_MEMORY, "libcurl does not start");
    curl_net *n = wisp_alloc(&wisp_allocator_default, 1, sizeof *n);
    if (n && pthread_mutex_init(&n->mutex, NULL) != 0) {
        wisp_free(&wisp_allocator_default, n, sizeof *n);
        n = NULL;
    }
    if (!n) {
        curl_global_cleanup();
        return wisp_fail_memory(err, sizeof *n);
    }
    set_config(n, config);
    n->net = (wisp_net){start, step, end, n};
    if (config && config->ca_file && !copy_ca_file(n, config->ca_file)) {
        wisp_net_curl_free(&n->net);
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a file's name");
    }
    *out = &n->net;
    return WISP_OK;
}

void wisp_net_curl_free(wisp_net *net)
{
    if (!net)
        return;
    curl_net *n = net->user;
    close_line(n->idle);
    pthread_mutex_destroy(&n->mutex);
    wisp_free(&wisp_allocator_default, (char *)(uintptr_t)n->config.ca_file, n->ca_file_size);
    wisp_free(&wisp_allocator_default, n, sizeof *n);
    curl_global_cleanup();
}
