#ifndef WISP_UPDATE_EMBEDDED_H
#define WISP_UPDATE_EMBEDDED_H

#include <wisp/update.h>

/* The release that a program has embedded, which runs when there is no other. */

/* Whether [config] has one: WISP_INVALID with the reason if not. */
wisp_status wisp_embedded_check(const wisp_updater_config *config, wisp_error *err);

/* Describes it, hashes and all; false if out of memory. [config] names a channel or not. */
bool wisp_embedded_describe(const wisp_updater_config *config, wisp_update_entry *out);

/* Its module [index], in the order of the description. */
wisp_bytes wisp_embedded_bytes(const wisp_updater_config *config, uint32_t index);

/* All of it as an image that runs, of the description [base]. Nothing of it is to be freed. */
void wisp_embedded_image(const wisp_updater_config *config, const wisp_update_entry *base,
                         wisp_image *out);

#endif
