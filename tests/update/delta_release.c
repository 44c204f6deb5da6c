#include "delta_release.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Letters without a pattern, so that nothing but the other module helps to guess them. */
static void fill(char *text)
{
    unsigned seed = 7;
    for (size_t i = 0; i < DELTA_MODULE_SIZE; i++) {
        seed = seed * 1103515245 + 12345;
        text[i] = (char)('a' + seed / 65536 % 26);
    }
    text[DELTA_MODULE_SIZE] = '\0';
}

static wisp_bytes bytes_of(const char *text)
{
    return (wisp_bytes){(const uint8_t *)text, DELTA_MODULE_SIZE};
}

static void print_digits(wisp_bytes bytes, char digits[WISP_HASH_TEXT_SIZE])
{
    wisp_hash hash;
    assert_true(wisp_sha256(bytes, &hash));
    wisp_hash_print(&hash, digits);
}

void delta_release_init(delta_release *it)
{
    char digits[WISP_HASH_TEXT_SIZE];
    memset(it, 0, sizeof *it);
    fill(it->base);
    fill(it->content);
    memcpy(it->content + 2000, "something new", 13);
    wisp_status status =
        wisp_delta_make(NULL, bytes_of(it->base), bytes_of(it->content), &it->delta, NULL);
    assert_int_equal(status, WISP_OK);
    assert_true(it->delta.bytes.size < DELTA_MODULE_SIZE);
    print_digits(it->delta.bytes, digits);
    snprintf(it->path, sizeof it->path, "targets/%s.app.wasm.delta", digits);
}

void delta_release_deinit(delta_release *it)
{
    wisp_delta_free(NULL, &it->delta);
}

/* The second delta is smaller, but from something that no device has. */
void delta_release_publish(delta_release *it, repo *r, uint64_t version)
{
    char digits[WISP_HASH_TEXT_SIZE];
    print_digits(it->delta.bytes, digits);
    snprintf(it->custom, sizeof it->custom,
             "{'version':%d,'releases':[{'version':%d,'modules':[{'name':'app.wasm','length':%d,"
             "'sha256':'%s','deltas':[{'base':'%s','length':%d,'sha256':'%s'},"
             "{'base':'%s','length':1,'sha256':'%s'}]}]}]}",
             (int)version, (int)version, DELTA_MODULE_SIZE, repo_hex(it->content),
             repo_hex(it->base), (int)it->delta.bytes.size, digits,
             repo_hex("a base that is not here"), repo_hex("its delta"));
    repo_put(r, it->path, it->delta.bytes);
    r->custom = it->custom;
    repo_release(r, version, it->content);
}
