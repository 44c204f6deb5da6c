#ifndef WISP_TESTS_PATCH_FAULTY_SELF_H
#define WISP_TESTS_PATCH_FAULTY_SELF_H

#include "os/self.h"

/*
 * The system calls of Linux, of which one fails when a test wants it to, and which can look at
 * the process after each of them.
 *
 *     for (uint64_t n = 1; faulty_self_fail(&f, n), work(), faulty_self_struck(&f); n++)
 *         ;
 */
typedef struct faulty_self {
    wisp_os_self table; /* to be handed on; its user is this */
    uint64_t calls;
    uint64_t fail_at;  /* the call that fails; 0 for none */
    bool fail_further; /* and all after it */
    int error;         /* a negated errno value */
    int threads;       /* what thread_count says; 0: the truth */
    void (*after)(void);
} faulty_self;

void faulty_self_init(faulty_self *f);

/* Fails call [n], counted from 1 and from now on; 0 for none. */
void faulty_self_fail(faulty_self *f, uint64_t n);

/* Whether the call has come that was to fail. */
bool faulty_self_struck(const faulty_self *f);

#endif
