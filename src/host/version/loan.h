#ifndef WISP_HOST_LOAN_H
#define WISP_HOST_LOAN_H

#include "host/version/version.h"

/*
 * The bytes of one entry in the memory of a module, where its wisp_buffer says: copied there, or,
 * of a large region, mapped.
 *
 * A mapping is private, so that what the module writes is its own, and ends with the entry: the
 * module must not see what becomes of the region later. What the module may change is copied in
 * and, if the entry has ended well, out again: an entry that fails has changed nothing, which
 * could not be said of pages that are shared.
 */
typedef struct wisp_loan {
    uint32_t address;
    size_t mapped_size; /* how many of the bytes are mapped, from the first on */
} wisp_loan;

/* Lends the bytes of [entry], of which there are some, to [version]: enters its wisp_buffer.
 * WISP_LIMIT if it has no room. [err] is not NULL. */
wisp_status wisp_loan_begin(wisp_loan *loan, wisp_version *version, const wisp_entry *entry,
                            wisp_error *err);

/* Takes them back after [entry], which came to [status]; returns that, or the reason why they
 * cannot be taken back. */
wisp_status wisp_loan_end(const wisp_loan *loan, wisp_version *version, const wisp_entry *entry,
                          wisp_status status, wisp_error *err);

#endif
