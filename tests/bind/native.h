#ifndef NATIVE_H
#define NATIVE_H

#include "shapes.h"

/* What the program that has shapes.h lets its tests see and do besides. */

/* Calls what shapes_later was given, in that order, and forgets it; gives how many. */
uint32_t native_run_later(void);

/* Adds up the bytes of the messages that shapes_send was given, and gives them back; those that
 * were not before a test ended are given back here as well. */
uint32_t native_send(void);

/* Calls those that shapes_subscribe was given, with the bytes. */
void native_tick(const uint8_t *data, size_t size);

/* Calls those that have a timer. */
void native_fire_timers(int32_t code);

/* What shapes_subscribe was given last, called whether or not it was taken back since. */
void native_tick_late(void);

/* Boxes and timers that exist. */
extern uint32_t native_boxes, native_timers;
/* The number of the box that was freed last. */
extern uint32_t native_box_freed;
/* Functions that were called with arguments that had passed. */
extern uint32_t native_calls;

void native_forget_all(void);

#endif
