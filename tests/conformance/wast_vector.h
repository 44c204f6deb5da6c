#ifndef WAST_VECTOR_H
#define WAST_VECTOR_H

#include <wisp/wasm.h>

#include "wast_json.h"

/*
 * Vectors as scripts write them: {"type": "v128", "lane_type": "f32", "value": ["0",
 * "nan:canonical", …]}, each lane by the decimal of its bits, or a pattern of float lanes.
 */
typedef struct wast_vector {
    wisp_valtype lane_type; /* WISP_F32, WISP_F64, or WISP_I32 for integers of any size */
    unsigned lane_size;     /* bytes */
    uint64_t bits[WISP_V128_SIZE];
    uint8_t kinds[WISP_V128_SIZE]; /* wast_pattern_kind of each lane */
} wast_vector;

/* False if [json] is none. */
bool wast_vector_parse(const wast_json *json, wast_vector *out);

/* The [index]-th lane of [size] bytes. */
uint64_t wast_vector_lane(const uint8_t bytes[WISP_V128_SIZE], unsigned size, unsigned index);
void wast_vector_set_lane(uint8_t bytes[WISP_V128_SIZE], unsigned size, unsigned index,
                          uint64_t bits);

#endif
