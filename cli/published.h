#ifndef WISP_CLI_PUBLISHED_H
#define WISP_CLI_PUBLISHED_H

#include "publish/publish.h"
#include "trust/json.h"

/* What publish and refresh print about the documents that they wrote. */

void print_documents(const wisp_published *published);

/* Sets "documents": {role: {"version", "expires", "renewed"}}. False when out of memory. */
bool set_documents(wisp_json *object, const wisp_published *published);

/* Says on stderr when the root of trust will be expired soon, and what to do. */
void warn_of_root_expiry(const wisp_published *published, const char *project);

#endif
