#ifndef WISP_PUBLISH_DELTA_COMPRESS_H
#define WISP_PUBLISH_DELTA_COMPRESS_H

#include "publish/delta_buffer.h"

/*
 * Compresses [bytes] as a stream of a delta is (delta/format.h), at the end of [out]. The one
 * file behind this header is the only one of the publisher that knows the compression library
 * (liblzma). The same bytes give the same result.
 */
wisp_status wisp_delta_compress(wisp_bytes bytes, wisp_delta_buffer *out, wisp_error *err);

#endif
