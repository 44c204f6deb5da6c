#include "wast_vector.h"

#include <string.h>

#include "wast_value.h"

static bool parse_lane_type(const wast_json *json, wast_vector *out)
{
    static const struct {
        const char *name;
        wisp_valtype type;
        unsigned size;
    } types[] = {{"i8", WISP_I32, 1},  {"i16", WISP_I32, 2}, {"i32", WISP_I32, 4},
                 {"i64", WISP_I32, 8}, {"f32", WISP_F32, 4}, {"f64", WISP_F64, 8}};
    const char *name = wast_json_text(wast_json_get(json, "lane_type"));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (name && strcmp(name, types[i].name) == 0) {
            out->lane_type = types[i].type;
            out->lane_size = types[i].size;
            return true;
        }
    }
    return false;
}

static bool parse_lane(const char *text, wast_vector *out, unsigned index)
{
    wast_pattern_kind kind = WAST_EXACT;
    uint64_t max = UINT64_MAX >> (64 - 8 * out->lane_size);
    if (!text)
        return false;
    bool is_nan = out->lane_type != WISP_I32 && wast_nan_parse(text, &kind);
    out->kinds[index] = (uint8_t)kind;
    return is_nan || wast_bits_parse(text, max, &out->bits[index]);
}

bool wast_vector_parse(const wast_json *json, wast_vector *out)
{
    const wast_json *lanes = wast_json_get(json, "value");
    memset(out, 0, sizeof *out);
    if (!parse_lane_type(json, out) || wast_json_len(lanes) != WISP_V128_SIZE / out->lane_size)
        return false;
    unsigned index = 0;
    for (const wast_json *lane = lanes->first; lane; lane = lane->next)
        if (!parse_lane(wast_json_text(lane), out, index++))
            return false;
    return true;
}

uint64_t wast_vector_lane(const uint8_t bytes[WISP_V128_SIZE], unsigned size, unsigned index)
{
    uint64_t bits = 0;
    for (unsigned i = size; i-- > 0;)
        bits = bits << 8 | bytes[index * size + i];
    return bits;
}

void wast_vector_set_lane(uint8_t bytes[WISP_V128_SIZE], unsigned size, unsigned index,
                          uint64_t bits)
{
    for (unsigned i = 0; i < size; i++)
        bytes[index * size + i] = (uint8_t)(bits >> (8 * i));
}
