#ifndef WISP_CLI_DEVICE_LOG_H
#define WISP_CLI_DEVICE_LOG_H

#include "trust/json.h"

#include <wisp/update.h>

/* What happened on a device lately, oldest first. */
typedef struct device_log {
    wisp_update_event events[WISP_UPDATE_EVENTS_MAX];
    size_t len;
} device_log;

void device_log_print(const device_log *log);

/* An item for each event; false without memory. */
bool device_log_fill(const device_log *log, wisp_json *array);

#endif
