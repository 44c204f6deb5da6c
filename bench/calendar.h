#ifndef BENCH_CALENDAR_H
#define BENCH_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Who has something to do in which second: a queue for each second, of pieces that are used again
 * when their second is over. Within a second the order is a fixed one.
 */

#define CALENDAR_PIECE_LEN 62

typedef struct calendar_piece {
    uint32_t next, len;
    uint32_t numbers[CALENDAR_PIECE_LEN];
} calendar_piece;

typedef struct calendar {
    uint32_t *first; /* piece of each second; 0 for none */
    uint32_t seconds;
    calendar_piece *pieces; /* the first is not used */
    uint32_t piece_len, capacity, spare;
} calendar;

/* False without memory. */
bool calendar_init(calendar *c, uint32_t seconds);
void calendar_deinit(calendar *c);

/* Enters [number] in [second], which lies ahead; what is beyond the last one is left out. False
 * without memory. */
bool calendar_enter(calendar *c, uint32_t second, uint32_t number);

/* Takes the next piece of [second] out: false when it has no more. */
bool calendar_take(calendar *c, uint32_t second, calendar_piece *out);

#endif
