#ifndef WISP_CLI_RAMP_TEXT_H
#define WISP_CLI_RAMP_TEXT_H

#include "publish/publish.h"

/* Reads "5%", "0.25%" or "5%..100%/48h"; false for anything else. */
bool ramp_parse(const char *text, wisp_ramp *out);

#endif
