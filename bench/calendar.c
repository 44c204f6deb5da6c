#include "calendar.h"

#include <stdlib.h>

bool calendar_init(calendar *c, uint32_t seconds)
{
    *c = (calendar){
        .first = calloc(seconds, sizeof *c->first), .seconds = seconds, .piece_len = 1};
    return c->first;
}

void calendar_deinit(calendar *c)
{
    free(c->first);
    free(c->pieces);
}

/* The number of a piece that is free, or 0. */
static uint32_t new_piece(calendar *c)
{
    uint32_t piece = c->spare;
    if (piece) {
        c->spare = c->pieces[piece].next;
        return piece;
    }
    if (c->piece_len >= c->capacity) {
        uint32_t capacity = c->capacity ? 2 * c->capacity : 1024;
        calendar_piece *pieces = realloc(c->pieces, capacity * sizeof *pieces);
        if (!pieces)
            return 0;
        c->pieces = pieces;
        c->capacity = capacity;
    }
    return c->piece_len++;
}

bool calendar_enter(calendar *c, uint32_t second, uint32_t number)
{
    if (second >= c->seconds)
        return true;
    uint32_t piece = c->first[second];
    if (!piece || c->pieces[piece].len == CALENDAR_PIECE_LEN) {
        piece = new_piece(c);
        if (!piece)
            return false;
        c->pieces[piece].next = c->first[second];
        c->pieces[piece].len = 0;
        c->first[second] = piece;
    }
    calendar_piece *p = &c->pieces[piece];
    p->numbers[p->len++] = number;
    return true;
}

bool calendar_take(calendar *c, uint32_t second, calendar_piece *out)
{
    uint32_t piece = c->first[second];
    if (!piece)
        return false;
    *out = c->pieces[piece];
    c->first[second] = out->next;
    c->pieces[piece].next = c->spare;
    c->spare = piece;
    return true;
}
