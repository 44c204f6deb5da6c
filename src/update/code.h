#ifndef WISP_UPDATE_CODE_H
#define WISP_UPDATE_CODE_H

#include <wisp/update.h>

/* The table of codes that update.h has, asked in other ways. Pure; any thread. */

/* The outcome that [code] belongs to. */
wisp_update_outcome wisp_update_code_outcome(wisp_update_code code);

/* The code of a failure [status] about metadata, the disk or the network. */
wisp_update_code wisp_update_code_of(wisp_status status);

#endif
