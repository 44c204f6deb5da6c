#ifndef WISP_PUBLISH_DELTAS_H
#define WISP_PUBLISH_DELTAS_H

#include "publish/edit.h"

/*
 * From which modules a release has deltas: those built into programs, which the project
 * remembers in its folder bases/ as "<sha256>.<name>", and those of the last releases of the
 * channel. A delta is kept if it has less than three quarters of the bytes of the module, which
 * is always there as well.
 */

/* Adds deltas to the modules of [release], whose files are among those of the edit's change;
 * [bases] are used besides those that are remembered. */
wisp_status wisp_deltas_add(wisp_edit *edit, wisp_json *release, const wisp_draft_module *bases,
                            size_t base_len, wisp_published *out, wisp_error *err);

/* Remembers [base], of the module called [name]. */
wisp_status wisp_deltas_remember(wisp_project *project, const char *name, wisp_bytes base,
                                 wisp_error *err);

#endif
