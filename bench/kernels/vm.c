#include "kernel.h"

/* A stack machine, as modules that interpret rules of their own have. */
enum { PUSH, LOAD, STORE, ADD, MUL, XOR, SHIFT, LESS, JUMP_IF, HALT };

/* x = 1; i = 0; do { x = ((x * 5 + i) ^ x >> 3); i = i + 1; } while (i < n) */
static const u8 program[] = {
    PUSH, 1,     STORE, 0,    PUSH, 0,       STORE, 1,                        /* 0 */
    LOAD, 0,     PUSH,  5,    MUL,  LOAD,    1,     ADD,  LOAD,  0, SHIFT, 3, /* 8 */
    XOR,  STORE, 0,     LOAD, 1,    PUSH,    1,     ADD,  STORE, 1,           /* 20 */
    LOAD, 1,     LOAD,  2,    LESS, JUMP_IF, 8,     HALT,                     /* 30 */
};

static u32 interpret(u32 locals[3])
{
    u32 stack[16];
    u32 *top = stack;
    for (const u8 *at = program;;) {
        switch (*at++) {
        case PUSH:
            *top++ = *at++;
            break;
        case LOAD:
            *top++ = locals[*at++];
            break;
        case STORE:
            locals[*at++] = *--top;
            break;
        case ADD:
            top--;
            top[-1] += top[0];
            break;
        case MUL:
            top--;
            top[-1] *= top[0];
            break;
        case XOR:
            top--;
            top[-1] ^= top[0];
            break;
        case SHIFT:
            top[-1] >>= *at++;
            break;
        case LESS:
            top--;
            top[-1] = top[-1] < top[0];
            break;
        case JUMP_IF:
            at = *--top ? program + *at : at + 1;
            break;
        case HALT:
            return locals[0];
        }
    }
}

/* Dispatch through a jump table: an interpreter inside the module. */
u32 run(u32 rounds)
{
    u32 locals[3] = {0, 0, rounds};
    return interpret(locals);
}
