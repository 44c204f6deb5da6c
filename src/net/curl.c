#include <wisp/net.h>

#include "base/error.h"
#include "base/memory.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

/* HTTP on libcurl. */

#define TIMEOUT_MS         30000
#define CONNECT_TIMEOUT_MS 5000
#define SPEED_MIN          100 /* bytes a second */
#define SPEED_TIME_S       10
#define REDIRECTS_MAX      5
#define PAGE_SIZE_MAX      ((size_t)1 << 20)

typedef struct curl_net {
    wisp_net net; /* first: what the caller holds */
    wisp_net_curl_config config;
    size_t ca_file_size;
    pthread_mutex_t mutex;
    CURL *idle; /* of the last request, with its connection; NULL while one is in use */
} curl_net;

/* One answer, or the piece of one that has come. */
typedef struct transfer {
    const wisp_net_request *request;
    CURL *handle;
    uint64_t size;
    size_t page_size;   /* of the redirects' pages */
    wisp_status status; /* why the body was not taken to its end */
    char words[CURL_ERROR_SIZE];
} transfer;

static CURL *take_handle(curl_net *n)
{
    pthread_mutex_lock(&n->mutex);
    CURL *handle = n->idle;
    n->idle = NULL;
    pthread_mutex_unlock(&n->mutex);
    return handle ? handle : curl_easy_init();
}

static void give_handle(curl_net *n, CURL *handle)
{
    curl_easy_reset(handle); /* keeps its connections */
    pthread_mutex_lock(&n->mutex);
    CURL *spare = n->idle;
    n->idle = handle;
    pthread_mutex_unlock(&n->mutex);
    curl_easy_cleanup(spare);
}

static long response_code(CURL *handle)
{
    long code = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

/* The page that comes with a redirect is passed over, since only after it libcurl says where to;
 * that of any other answer ends the transfer. */
static size_t pass_over(transfer *t, size_t len)
{
    if (response_code(t->handle) / 100 != 3 || len > PAGE_SIZE_MAX - t->page_size)
        return 0;
    t->page_size += len;
    return len;
}

/* Taking less than all ends the transfer. */
static size_t take_body(char *data, size_t one, size_t len, void *user)
{
    transfer *t = user;
    (void)one; /* libcurl's items are bytes */
    if (response_code(t->handle) != 200)
        return pass_over(t, len);
    if (len > t->request->size_max - t->size) {
        t->status = WISP_LIMIT;
        return 0;
    }
    if (!t->request->sink(t->request->context, data, len)) {
        t->status = WISP_IO;
        return 0;
    }
    t->size += len;
    return len;
}

static bool is_https(const char *url)
{
    return curl_strnequal(url, "https:", 6);
}

static bool set_options(const curl_net *n, transfer *t, const char *url, long timeout_ms)
{
    const wisp_net_curl_config *c = &n->config;
    CURL *h = t->handle;
    bool ok = curl_easy_setopt(h, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_USERAGENT, "wisp/" WISP_VERSION) == CURLE_OK;
    if (ok && c->ca_file)
        ok = curl_easy_setopt(h, CURLOPT_CAINFO, c->ca_file) == CURLE_OK;
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_timeout_ms);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, (long)c->speed_min);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)SPEED_TIME_S);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t->words);
    return ok;
}

static wisp_status judge_code(long code, const char *url, wisp_error *err)
{
    if (code == 403 || code == 404 || code == 410)
        return wisp_fail(err, WISP_NOT_FOUND, "the server answered %ld for %.180s", code, url);
    if (code != 200)
        return wisp_fail(err, WISP_NETWORK, "the server answered %ld for %.180s, expected 200",
                         code, url);
    return WISP_OK;
}

static wisp_status judge(const transfer *t, CURLcode result, const char *url, wisp_error *err)
{
    if (t->status == WISP_LIMIT)
        return wisp_fail(err, WISP_LIMIT,
                         "the answer goes on after %llu bytes, the most asked for",
                         (unsigned long long)t->request->size_max);
    if (t->status == WISP_IO)
        return wisp_fail(err, WISP_IO, "the receiver refused the answer's bytes");
    long code = response_code(t->handle);
    if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && code != 200))
        return judge_code(code, url, err);
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
    if (curl_easy_getinfo(t->handle, CURLINFO_REDIRECT_URL, &url) != CURLE_OK)
        return NULL;
    return url;
}

static long elapsed_ms(CURL *handle)
{
    curl_off_t time_us = 0;
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &time_us);
    return (long)(time_us / 1000);
}

/* Performs one request at [url]; a redirect is in *[next], borrowed from the handle. */
static wisp_status perform(const curl_net *n, transfer *t, const char *url, long *timeout_ms,
                           const char **next, wisp_error *err)
{
    *next = NULL;
    if (!set_options(n, t, url, *timeout_ms))
        return wisp_fail(err, WISP_NETWORK, "libcurl refuses the options of a request");
    CURLcode result = curl_easy_perform(t->handle);
    *timeout_ms -= elapsed_ms(t->handle);
    *next = redirect_of(t);
    if (!*next)
        return judge(t, result, url, err);
    if (is_https(url) && !is_https(*next))
        return wisp_fail(err, WISP_NETWORK, "a redirect from https to %.150s, which is not",
                         *next);
    if (*timeout_ms <= 0)
        return wisp_fail(err, WISP_NETWORK, "timed out while following redirects");
    return WISP_OK;
}

static wisp_status follow(const curl_net *n, transfer *t, wisp_error *err)
{
    char url[2048];
    const char *next = t->request->url;
    long timeout_ms =
        (long)(t->request->timeout_ms ? t->request->timeout_ms : n->config.timeout_ms);
    for (int i = 0; i <= REDIRECTS_MAX; i++) {
        if (strlen(next) >= sizeof url)
            return wisp_fail(err, WISP_NETWORK, "a URL is longer than %zu bytes", sizeof url - 1);
        strcpy(url, next);
        wisp_status status = perform(n, t, url, &timeout_ms, &next, err);
        if (status != WISP_OK || !next)
            return status;
    }
    return wisp_fail(err, WISP_NETWORK, "more than %d redirects from %.180s", REDIRECTS_MAX,
                     t->request->url);
}

static wisp_status get(void *user, const wisp_net_request *request, wisp_error *err)
{
    curl_net *n = user;
    transfer t = {.request = request, .handle = take_handle(n), .status = WISP_OK};
    if (!t.handle)
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a request");
    wisp_status status = follow(n, &t, err);
    give_handle(n, t.handle);
    return status;
}

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
    n->net = (wisp_net){get, n};
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
    curl_easy_cleanup(n->idle);
    pthread_mutex_destroy(&n->mutex);
    wisp_free(&wisp_allocator_default, (char *)(uintptr_t)n->config.ca_file, n->ca_file_size);
    wisp_free(&wisp_allocator_default, n, sizeof *n);
    curl_global_cleanup();
}
