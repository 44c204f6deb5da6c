#ifndef WISP_CLI_REPLAY_LIST_H
#define WISP_CLI_REPLAY_LIST_H

#include "out.h"

#include <wisp/record.h>

/* What `wisp replay` lists and says of the entries of a recording. */

/* Prints all of [recording] up to entry [until], as text or JSON. Gives the exit code; [path] is
 * the file's name. */
int list_recording(wisp_recording *recording, const char *path, uint64_t until, bool wants_json);

/* "message 3", "task 1": into [text], which is returned. */
#define ENTRY_TEXT_SIZE 40
const char *entry_text(const wisp_recorded_entry *entry, char text[ENTRY_TEXT_SIZE]);

/* Whether a recording ends as [end] says because it was cut off or damaged, and not where its
 * file does. */
bool is_cut_off(const wisp_error *end, size_t file_size);

#endif
