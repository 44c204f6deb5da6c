#ifndef WISP_GUEST_SETJMP_H
#define WISP_GUEST_SETJMP_H

/*
 * setjmp and longjmp for programs that are compiled for WASI, whose C library has none. They are
 * made of WebAssembly exceptions by clang 14 and newer:
 *
 *     clang-14 --target=wasm32-wasi -I guest/wasi -mexception-handling -mllvm -wasm-enable-sjlj \
 *         program.c guest/wasi/setjmp.c
 *
 * As in C, longjmp may only go to a call of setjmp whose function has not returned.
 */

typedef struct {
    unsigned id; /* of the last call of setjmp with it */
} jmp_buf[1];

int setjmp(jmp_buf buffer) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf buffer, int value);

#endif
