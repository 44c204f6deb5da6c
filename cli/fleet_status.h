#ifndef WISP_CLI_FLEET_STATUS_H
#define WISP_CLI_FLEET_STATUS_H

#include <stdbool.h>

/* Prints what the devices of the database [path] reported; gives the exit code. */
int fleet_status(const char *path, bool is_json);

#endif
