#ifndef WISP_PUBLISH_PENDING_H
#define WISP_PUBLISH_PENDING_H

#include "publish/change.h"

/*
 * The folder pending/ of a project: documents of one change that lack signatures of other
 * people. They are signed one after the other, here or wherever the files are carried to; with
 * the last signature the whole change goes live. One that is no newer than what is live was
 * left by a publisher that died after it went live.
 */

/* Marks the roles whose documents wait, and removes those that are live. [waits] has
 * WISP_DOCUMENTS_MAX places. */
wisp_status wisp_pending_list(wisp_change *change, bool *waits, wisp_error *err);

/* WISP_BUSY where a document waits. */
wisp_status wisp_pending_refuse(wisp_change *change, wisp_error *err);

/* Leaves the new documents of [change] in the folder. */
wisp_status wisp_pending_write(wisp_change *change, wisp_error *err);

/* Makes what waits the new documents of [change]; WISP_NOT_FOUND where nothing does. */
wisp_status wisp_pending_adopt(wisp_change *change, wisp_error *err);

/* Gives up what waits. */
wisp_status wisp_pending_discard(wisp_change *change, wisp_error *err);

/* Removes what [change], which is live now, had waiting. */
wisp_status wisp_pending_clear(wisp_change *change, wisp_error *err);

#endif
