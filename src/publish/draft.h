#ifndef WISP_PUBLISH_DRAFT_H
#define WISP_PUBLISH_DRAFT_H

#include "publish/change.h"

/*
 * What a publisher wants to release, as the object that the channel's document will have of it
 * (docs/formats.md, "A release"); and its files.
 */

/* Makes the release [version] of [draft] with its main module called [target]; ramps begin at
 * [now]. Its files are added to [change] for the channel [channel]. *[out] is the caller's. */
wisp_status wisp_draft_build(const wisp_draft *draft, wisp_change *change, const char *channel,
                             const char *target, uint64_t version, wisp_json **out,
                             wisp_error *err);

/* Sets the "rollout" of [release]: a ramp that begins at [now], or none if all devices take it at
 * once. False when out of memory. */
bool wisp_ramp_set(wisp_json *release, const wisp_ramp *ramp, int64_t now);

#endif
