#ifndef WISP_TUF_ROOT_CHAIN_H
#define WISP_TUF_ROOT_CHAIN_H

#include "tuf/trusted.h"

/* The chain of roots (TUF 5.3): each is vouched for by the one before, and stored at once. */

/* Believes the newer of the stored root and the [shipped] one, which may be empty. */
wisp_status wisp_root_chain_restore(wisp_trusted *trusted, wisp_bytes shipped, wisp_error *err);

/* Believes and stores [bytes], if they are the very next root. */
wisp_status wisp_root_chain_extend(wisp_trusted *trusted, wisp_bytes bytes, wisp_error *err);

#endif
