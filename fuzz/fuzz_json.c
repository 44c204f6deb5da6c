#include "trust/json.h"

#include <assert.h>
#include <string.h>

/* Any document has one canonical text, which is read back as itself unless it has raw control
 * characters in it, which the canonical form allows and JSON does not. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int has_control(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)text[i] < 0x20)
            return 1;
    return 0;
}

static void expect_same(const char *text, size_t size, const char *canonical)
{
    wisp_json *document;
    size_t again_size;
    wisp_bytes bytes = {(const uint8_t *)text, size};
    wisp_status status = wisp_json_parse(bytes, &document, NULL);
    assert(status == WISP_OK);
    char *again = wisp_json_canonical(document, &again_size);
    assert(again && strcmp(again, canonical) == 0);
    wisp_json_text_free(again);
    wisp_json_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_json *document;
    wisp_error err;
    size_t canonical_size, pretty_size;
    if (wisp_json_parse((wisp_bytes){data, size}, &document, &err) != WISP_OK) {
        assert(err.text[0] && strlen(err.text) < sizeof err.text);
        return 0;
    }
    char *canonical = wisp_json_canonical(document, &canonical_size);
    char *pretty = wisp_json_pretty(document, &pretty_size);
    assert(canonical && pretty && strlen(canonical) == canonical_size);
    expect_same(pretty, pretty_size, canonical);
    if (!has_control(canonical, canonical_size))
        expect_same(canonical, canonical_size, canonical);
    wisp_json_text_free(canonical);
    wisp_json_text_free(pretty);
    wisp_json_free(document);
    return 0;
}
