#ifndef MODEL_PARTS_H
#define MODEL_PARTS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "model.h"

/* What the files of the model know of each other, in the order in which they build on one
 * another. */

/* ------------------------------------------------------------------ words (model.c) */

__attribute__((format(printf, 2, 3))) void model_say(model *m, const char *format, ...);
void model_tell(model *m, const model_guest *g, const char *what, uint32_t number);

/* ------------------------------------------------------------------ mail (mail.c) */

void model_push(model_list *list, model_envelope *envelope);
model_envelope *model_pop(model_list *list);
void model_move(model_list *to, model_list *from); /* behind it */
model_envelope *model_envelope_new(void);

bool model_is_up(const model_guest *g);
bool model_is_open(const model_guest *g); /* takes events */

/* [envelope] begins to wait, or nobody waits for it any more. */
void model_count(model *m, const model_envelope *envelope);
void model_uncount(model *m, const model_envelope *envelope);

/* Nothing more is to be done with it but to tell who has posted it, and then nothing at all. */
void model_finish(model *m, model_envelope *envelope);
void model_retire(model *m, model_envelope *envelope);

/* The same for one that still waits: if it is a request, that is answered. */
void model_drop(model *m, model_envelope *envelope);

/* Drops what waits for [g]: events, and messages too. */
void model_drop_waiting(model *m, model_guest *g, bool messages_too);

/* Takes the event of timer [id] (0: of each timer) of [g] out of everything. */
void model_evict(model *m, model_guest *g, uint32_t id);

/* ------------------------------------------------------------------ regions (regions.c) */

void model_region_hold(model_region *region);

/* A version of [g] has no region any more: the one that it had, if any, is left to events. */
void model_region_leave(model *m, model_guest *g, model_region *region);

/* Fills in what whoever is given [envelope] now sees of its region. */
model_entry model_sight_of(const model_envelope *envelope);

/* ------------------------------------------------------------------ requests (requests.c) */

model_request *model_request_new(model *m, uint32_t asker, uint32_t asked, uint64_t timeout_ns);
void model_request_number(model *m, model_request *request, model_envelope *envelope);
void model_request_open(model *m, model_request *request);
void model_request_fail(model *m, model_request *request, wisp_status status);
void model_request_forget(model *m, model_request *request); /* it was never asked */

/* The same for number [number] (0: none), if that is open. */
void model_requests_fail(model *m, uint32_t number, wisp_status status);

/* [g] answers nothing any more. */
void model_requests_leave(model *m, const model_guest *g);

/* The answer to open request [number] by [replier], not yet sent; NULL if nobody waits for it. */
model_envelope *model_reply_new(model *m, uint32_t replier, uint32_t number, uint32_t code);
void model_reply_send(model *m, model_envelope *reply);
void model_reply_drop(model *m, model_envelope *reply);

/* ------------------------------------------------------------------ posting (posting.c) */

/* What a step of a script that posts, asks or shares gives; what was taken goes into [out]. */
uint32_t model_share_by(model *m, model_guest *g, const struct puppet_step *step,
                        model_list *out);
uint32_t model_post_by(model *m, model_guest *g, const struct puppet_step *step, model_list *out);
uint32_t model_ask_by(model *m, model_guest *g, const struct puppet_step *step, model_list *out);

/* ------------------------------------------------------------------ holdings (holdings.c) */

/* As modules call them, and with what these give. */
uint32_t model_subscribe(model_guest *g, uint32_t type, uint32_t groups);
uint32_t model_unsubscribe(model_guest *g, uint32_t type, uint32_t groups);
uint32_t model_groups_of(const model_guest *g, uint32_t type);
uint32_t model_timer_set(model *m, model_guest *g, const struct puppet_step *step);
uint32_t model_timer_cancel(model *m, model_guest *g, uint32_t id);

/* The event of timer [id] is about to be handled. */
void model_timer_delivered(model_guest *g, uint32_t id);

void model_holdings_clear(model *m, model_guest *g);

/* Whether anybody has subscribed to [type]. */
bool model_has_audience(model *m, uint32_t type);

/* Posts timers and fails requests that are due, in the order in which they are. */
void model_ring(model *m);

/* ------------------------------------------------------------------ versions (versions.c) */

/* Starts version [number]; what it reports is for later. */
model_version model_begin(model *m, model_guest *g, uint32_t number, model_saved saved);
void model_say_started(model *m, const model_guest *g);
void model_say_stopped(model *m, model_guest *g);
void model_say_done(model *m, model_guest *g, const model_envelope *envelope);

/* [version] of [g] ends, and is none. */
void model_end(model *m, model_guest *g, model_version *version);

/* The current version is given [entry]; false if it trapped. */
bool model_enter(model *m, model_guest *g, const model_entry *entry);

/* ------------------------------------------------------------------ recovery (recovery.c) */

void model_survived(model *m, model_guest *g, const model_entry *entry); /* NULL: done */
void model_commit(model *m, model_guest *g);
void model_revert(model *m, model_guest *g);
void model_catch_up(model *m, model_guest *g);
void model_start_again(model *m, model_guest *g, uint32_t number);

/* Gives it [entry]; what is to be done if it fails is done. False if it was not handled. */
bool model_give(model *m, model_guest *g, const model_entry *entry);

/* ------------------------------------------------------------------ dispatch (dispatch.c) */

/* What follows when a guest comes up or goes down. */
void model_refresh(model *m, model_guest *g);

/* The functions done that can still be called, before [g] stops. */
void model_last_calls(model *m, model_guest *g);

#endif
