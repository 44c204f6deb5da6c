#ifndef TESTS_RELEASE_CUSTOM_H
#define TESTS_RELEASE_CUSTOM_H

#include "release/offer.h"

/* Custom data as tests write it: 'a' for "a", and A, B, C, D for hashes of 64 such digits. */

typedef struct custom {
    wisp_json *document;
    wisp_file_info info;
    wisp_offers offers;
    wisp_error err;
} custom;

/* Parses [text] as that of the target "app.wasm", 10 bytes with the hash eeee…; whatever comes of
 * it is to be freed by custom_free. */
wisp_status custom_parse(custom *c, const wisp_allocator *allocator, const char *text);
void custom_free(custom *c);

/* The hash of 64 digits [digit]. */
wisp_hash custom_hash(char digit);

#endif
