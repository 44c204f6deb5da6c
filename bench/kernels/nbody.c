#include "kernel.h"

#define BODIES 5

typedef struct body {
    double at[3], speed[3], mass;
} body;

static body bodies[BODIES];

static void place(void)
{
    u32 seed = 42;
    for (u32 i = 0; i < BODIES; i++) {
        for (u32 axis = 0; axis < 3; axis++) {
            bodies[i].at[axis] = (double)(bench_random(&seed) & 0xffff) / 2048.0;
            bodies[i].speed[axis] = (double)(bench_random(&seed) & 0xffff) / 65536.0;
        }
        bodies[i].mass = 1.0 + i;
    }
}

static void attract(body *one, body *other, double step)
{
    double d[3], square = 0.01;
    for (u32 axis = 0; axis < 3; axis++) {
        d[axis] = one->at[axis] - other->at[axis];
        square += d[axis] * d[axis];
    }
    double pull = step / (square * __builtin_sqrt(square));
    for (u32 axis = 0; axis < 3; axis++) {
        one->speed[axis] -= d[axis] * other->mass * pull;
        other->speed[axis] += d[axis] * one->mass * pull;
    }
}

static void advance(double step)
{
    for (u32 i = 0; i < BODIES; i++) {
        for (u32 k = i + 1; k < BODIES; k++)
            attract(&bodies[i], &bodies[k], step);
    }
    for (u32 i = 0; i < BODIES; i++) {
        for (u32 axis = 0; axis < 3; axis++)
            bodies[i].at[axis] += step * bodies[i].speed[axis];
    }
}

/* Double precision: bodies that attract each other. */
u32 run(u32 steps)
{
    union {
        double number;
        u64 bits;
    } sum = {0};
    place();
    for (u32 i = 0; i < steps; i++)
        advance(0.001);
    for (u32 i = 0; i < BODIES; i++)
        sum.number += bodies[i].at[0] + bodies[i].at[1] + bodies[i].at[2];
    return (u32)(sum.bits ^ sum.bits >> 32);
}
