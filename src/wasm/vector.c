#include <string.h>

#include "wasm/vector_run.h"

/* The vector instruction that is the same however the others are done: it moves bytes. */
void wisp_vector_shuffle(wisp_slot *fp, const uint16_t *pc)
{
    uint8_t from[32], to[16], places[16];
    memcpy(from, &fp[pc[2]], 16);
    memcpy(from + 16, &fp[pc[3]], 16);
    memcpy(places, pc + 4, sizeof places);
    for (int i = 0; i < 16; i++)
        to[i] = from[places[i]];
    memcpy(&fp[pc[1]], to, sizeof to);
}
