#ifndef TESTS_UPDATE_DELTA_RELEASE_H
#define TESTS_UPDATE_DELTA_RELEASE_H

#include "publish/delta.h"
#include "repo.h"

/* Two modules of 5,000 bytes that differ by a little, and a real delta from one to the other. */

#define DELTA_MODULE_SIZE 5000

typedef struct delta_release {
    char base[DELTA_MODULE_SIZE + 1], content[DELTA_MODULE_SIZE + 1]; /* texts */
    wisp_delta delta;
    char path[160]; /* of the delta on the server */
    char custom[2048];
} delta_release;

void delta_release_init(delta_release *it);
void delta_release_deinit(delta_release *it);

/* Releases the content as [version] of app.wasm, with the delta. [it] must outlive [r]. */
void delta_release_publish(delta_release *it, repo *r, uint64_t version);

#endif
