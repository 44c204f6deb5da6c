#ifndef WISP_TUF_METASTORE_H
#define WISP_TUF_METASTORE_H

#include "trust/metadata.h"
#include "os/folder.h"

/*
 * The trusted metadata of a repository, byte for byte as it was served, under its plain names:
 * root.json, timestamp.json, snapshot.json, targets.json. Only what was verified is ever stored.
 * Names of roles are percent-encoded, so that none leaves the folder.
 */

/* Makes the folder and removes what an interrupted write left. */
wisp_status wisp_metastore_prepare(const wisp_folder *folder, wisp_error *err);

/* Reads the document [name] ("timestamp") of role [role]. WISP_NOT_FOUND if there is none; what
 * is damaged is WISP_MALFORMED or the like. */
wisp_status wisp_metastore_load(const wisp_folder *folder, wisp_role role, const char *name,
                                wisp_metadata **out, wisp_error *err);

/* The same, telling whether the stored bytes have the length and the hashes of [info]. */
wisp_status wisp_metastore_load_listed(const wisp_folder *folder, wisp_role role,
                                       const char *name, const wisp_file_info *info,
                                       wisp_metadata **out, bool *is_listed, wisp_error *err);

/* Stores [bytes] as the document [name], durable when this returns. */
wisp_status wisp_metastore_save(const wisp_folder *folder, const char *name, wisp_bytes bytes,
                                wisp_error *err);

/* Documents of delegated roles that are stored at once. */
#define WISP_STORED_ROLES_MAX 64

/*
 * Makes sure that the document of one more delegated role may be stored: where there are too
 * many, all of them go. They only save a download, and whoever publishes could name new ones for
 * ever.
 */
wisp_status wisp_metastore_make_room(const wisp_folder *folder, wisp_error *err);

/* Forgets the document [name]; none is fine. Durable when this returns. */
wisp_status wisp_metastore_remove(const wisp_folder *folder, const char *name, wisp_error *err);

#endif
