#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdint.h>

/* What the tests say to guests/counter.c, and what it answers. */

/* The channel of a message says what to do; struct command is its content. */
enum channel {
    COUNT = 1,    /* counts one more */
    TRAP,         /* the same, but traps first in the version that it is meant for */
    LOOP,         /* the same, but does not end there */
    REPEAT,       /* has the task run every [a] microseconds with context [b]; answers its id */
    REPEAT_INDEX, /* the same with function [a] of the table */
    REPEAT_TYPED, /* the same with a function of another type */
    REPEAT_LONG,  /* the same task every [a] * 2^32 + [b] microseconds */
    CANCEL,       /* cancels task [a]; answers what came of it */
    LOG_LEVEL,    /* logs at level [a] */
    LOG_AT,       /* logs [b] bytes at address [a] */
    SEND_AT,      /* sends them on channel ECHO */
    SAVE_AT,      /* saves them, where that is not allowed */
    SAVE_SIZE,    /* from now on saves [a] bytes more than the state */
    GROW,         /* grows its memory by [a] pages */
    NOW,          /* answers the clock */
    ADDRESS,      /* answers the address at which this message arrived */
    STOP_TRAPS,   /* from now on traps when it is stopped */
    STOP_LOOPS,   /* … or does not end */
    ASK,          /* answers what the program's own function app.twice makes of [a] */
    ALLOCATE,     /* guests/hoarder.c: allocates [a] bytes */
    FREE,         /* … frees all */
    SEND_TRAP,    /* answers, and then traps in the version that it is meant for */
    SEND_MANY, /* sends [a] messages of [b] bytes on channel ECHO; answers how many were taken */
    POST,      /* posts [a] to itself, as bytes and as a number; answers when they come */
    ECHO,      /* sends the message back as it is */
    TASK,      /* (answers only) the task ran; the value is its context */
    STOPPED,   /* (answers only) it was stopped */
    DONE       /* (answers only) a function done was called */
};

struct command {
    uint32_t version; /* that TRAP and LOOP are meant for; 0: any */
    uint32_t a, b;
};

struct answer {
    uint32_t version; /* of the module that answers */
    uint32_t count;   /* of messages that it and the versions before it have counted */
    uint32_t value;
};

/* Contexts of the task that make it do something special. */
enum { TASK_TRAPS = 1000, TASK_LOOPS, TASK_CANCELS_FIRST, TASK_REPEATS };

#endif
