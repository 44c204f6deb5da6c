#define _XOPEN_SOURCE 700 /* mkstemp */

#include <wisp/net.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The transport over TLS: whom it believes, and that nobody leads it out again. */

static int listener, port;
static pthread_t server_thread;
static SSL_CTX *tls;
static char ca_file[] = "tls-XXXXXX"; /* where the test is run */

/* --- the server -------------------------------------------------------------------------- */

static void add_name(X509 *certificate)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *name =
        X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, name, -1);
    X509_EXTENSION_free(name);
}

/* A certificate for 127.0.0.1 that only its own maker vouches for. */
static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    add_name(certificate);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

static void answer(SSL *ssl)
{
    char request[2048] = "", path[256] = "", text[512];
    size_t used = 0;
    while (used < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
        int n = SSL_read(ssl, request + used, (int)(sizeof request - 1 - used));
        if (n <= 0)
            return;
        used += (size_t)n;
        request[used] = '\0';
    }
    sscanf(request, "GET %255s", path);
    if (strcmp(path, "/down") == 0)
        snprintf(text, sizeof text,
                 "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/whole\r\n"
                 "Content-Length: 0\r\nConnection: close\r\n\r\n",
                 port);
    else
        snprintf(text, sizeof text,
                 "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsafe");
    SSL_write(ssl, text, (int)strlen(text));
    SSL_shutdown(ssl);
}

/* One connection after the other, until the listener is shut down. */
static void *serve(void *context)
{
    (void)context;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd)) {
        SSL *ssl = SSL_new(tls);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1)
            answer(ssl);
        SSL_free(ssl);
    }
    return NULL;
}

static int write_certificate(X509 *certificate)
{
    int fd = mkstemp(ca_file);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    return file && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0 ? 0 : -1;
}

static int start_server(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    signal(SIGPIPE, SIG_IGN); /* libssl writes to those who have gone */
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    tls = SSL_CTX_new(TLS_server_method());
    bool ok = SSL_CTX_use_certificate(tls, certificate) == 1 &&
              SSL_CTX_use_PrivateKey(tls, key) == 1 && write_certificate(certificate) == 0;
    X509_free(certificate);
    EVP_PKEY_free(key);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (!ok || listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 8) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        return -1;
    port = ntohs(address.sin_port);
    return pthread_create(&server_thread, NULL, serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    pthread_join(server_thread, NULL);
    close(listener);
    SSL_CTX_free(tls);
    return unlink(ca_file);
}

/* --- the client -------------------------------------------------------------------------- */

typedef struct body {
    char data[16];
    size_t size;
} body;

static bool take(void *context, const void *data, size_t size)
{
    body *b = context;
    if (size > sizeof b->data - b->size)
        return false;
    memcpy(b->data + b->size, data, size);
    b->size += size;
    return true;
}

static wisp_status get(const char *scheme, const char *path, const char *ca, body *b,
                       wisp_error *err)
{
    char url[128];
    wisp_net *net;
    wisp_net_curl_config config = {.ca_file = ca, .timeout_ms = 5000};
    *b = (body){.size = 0};
    assert_int_equal(wisp_net_curl_new(&config, &net, err), WISP_OK);
    snprintf(url, sizeof url, "%s://127.0.0.1:%d%s", scheme, port, path);
    wisp_net_request request = {
        .url = url, .size_max = sizeof b->data, .sink = take, .context = b};
    wisp_status status = wisp_net_perform(net, &request, err);
    wisp_net_curl_free(net);
    return status;
}

static void a_server_with_a_known_certificate_is_believed(void **state)
{
    (void)state;
    body b;
    wisp_error err;
    if (get("https", "/whole", ca_file, &b, &err) != WISP_OK)
        fail_msg("%s", err.text);
    assert_memory_equal(b.data, "safe", 4);
}

static void one_that_nobody_vouches_for_is_not(void **state)
{
    (void)state;
    body b;
    wisp_error err;
    assert_int_equal(get("https", "/whole", NULL, &b, &err), WISP_NETWORK);
    assert_non_null(strstr(err.text, "certificate"));
    assert_int_equal(b.size, 0);
}

static void nobody_is_led_from_https_to_http(void **state)
{
    (void)state;
    body b;
    wisp_error err;
    assert_int_equal(get("https", "/down", ca_file, &b, &err), WISP_NETWORK);
    assert_non_null(strstr(err.text, "a redirect from https to http://"));
    assert_int_equal(b.size, 0);
}

static void a_server_that_speaks_something_else_is_no_server(void **state)
{
    (void)state;
    body b;
    wisp_error err;
    assert_int_equal(get("http", "/whole", ca_file, &b, &err), WISP_NETWORK);
    assert_int_equal(b.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_a_known_certificate_is_believed),
        cmocka_unit_test(one_that_nobody_vouches_for_is_not),
        cmocka_unit_test(nobody_is_led_from_https_to_http),
        cmocka_unit_test(a_server_that_speaks_something_else_is_no_server),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
