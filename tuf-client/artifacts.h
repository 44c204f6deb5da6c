#ifndef TUF_CLIENT_ARTIFACTS_H
#define TUF_CLIENT_ARTIFACTS_H

#include "os/folder.h"
#include "trust/file_info.h"

/*
 * The folder of what was downloaded: one file a target, "path%2Fto%2Fapp%2Ewasm", so that no name
 * leaves it, hides, or takes the name of another's unfinished file.
 */

/* Whether the target [name] is there already, as [info] says. */
bool artifacts_have(const wisp_folder *folder, const char *name, const wisp_file_info *info);

/* Stores verified [content], in place of what the target had before. */
wisp_status artifacts_put(const wisp_folder *folder, const char *name, wisp_bytes content,
                          wisp_error *err);

#endif
