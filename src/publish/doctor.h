#ifndef WISP_PUBLISH_DOCTOR_H
#define WISP_PUBLISH_DOCTOR_H

#include "publish/project.h"

#include <wisp/net.h>

/*
 * Looks for what would keep devices from taking updates, or will soon: keys, expiry, clocks, the
 * repository itself, and what is to be seen of it where devices look. Changes nothing.
 */

typedef enum wisp_finding_level {
    WISP_FINDING_FINE,
    WISP_FINDING_NOTE,   /* will be trouble, or may be */
    WISP_FINDING_TROUBLE /* devices take no updates, or nobody can release any */
} wisp_finding_level;

typedef struct wisp_finding {
    wisp_finding_level level;
    char about[48];   /* "keys of stable" */
    char text[240];   /* what was found */
    char advice[160]; /* what to do; empty if nothing */
} wisp_finding;

typedef struct wisp_examination {
    const char *url;     /* where devices find the repository; NULL: the network is left alone */
    const wisp_net *net; /* needed with [url] */
    wisp_bytes root;     /* that programs were built with; data NULL: not given */
    void (*tell)(void *context, const wisp_finding *finding);
    void *context;
} wisp_examination;

/* Examines [project] and tells every finding. */
void wisp_doctor(wisp_project *project, const wisp_examination *examination);

#endif
