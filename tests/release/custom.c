#include "custom.h"

#include "base/hex.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

wisp_hash custom_hash(char digit)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_hash hash;
    memset(text, digit, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_true(wisp_hex_parse(text, hash.bytes, sizeof hash.bytes));
    return hash;
}

/* Writes [text] out as JSON. */
static size_t expand(const char *text, char *out)
{
    size_t size = 0;
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'D') {
            out[size++] = '"';
            memset(out + size, *text - 'A' + 'a', 64);
            size += 64;
            out[size++] = '"';
        } else {
            out[size++] = *text == '\'' ? '"' : *text;
        }
    return size;
}

wisp_status custom_parse(custom *c, const wisp_allocator *allocator, const char *text)
{
    static char json[65536];
    *c = (custom){0};
    wisp_bytes bytes = {(const uint8_t *)json, expand(text, json)};
    if (wisp_json_parse(bytes, &c->document, &c->err) != WISP_OK)
        fail_msg("%s: %s", c->err.text, text);
    c->info = (wisp_file_info){
        .length = 10, .has_sha256 = true, .sha256 = custom_hash('e'), .custom = c->document};
    return wisp_offers_parse(allocator, "app.wasm", &c->info, &c->offers, &c->err);
}

void custom_free(custom *c)
{
    wisp_offers_deinit(&c->offers);
    wisp_json_free(c->document);
}
