#ifndef TESTS_UPDATE_FIXTURE_H
#define TESTS_UPDATE_FIXTURE_H

#include "device.h"

/* The one device of a test, new and closed when it begins. */

extern device d;

int setup_device(void **state);
int teardown_device(void **state);

void open_device(void);
void reopen(void); /* after a power loss */

#endif
