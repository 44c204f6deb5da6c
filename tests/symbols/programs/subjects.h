#ifndef SUBJECTS_H
#define SUBJECTS_H

/* Types of the functions in subjects.c. */

struct opaque;

typedef enum color { RED, GREEN = 5, BLUE } color;

struct list {
    struct list *next;
    int len;
    int items[3];
};

struct point {
    int x, y;
    double z;
};

union number {
    double d;
};

struct bits {
    unsigned a : 3;
    unsigned b : 7;
    signed char c;
};

struct __attribute__((packed)) narrow {
    unsigned short number : 7;
};

struct large {
    long items[3];
};

struct vec3 {
    float x[3];
};

struct one {
    long l;
};

struct __attribute__((packed)) tight {
    char c;
    int i;
    short grid[2][3];
};

typedef struct tight tight_t;

struct pair {
    long first, second;
};

struct two {
    float x, y;
};

struct three {
    signed char bytes[3];
};

struct triple {
    double numbers[3];
};

struct halves {
    int a, b;
};

struct atomic {
    char c;
    _Atomic struct halves both;
};

struct flexible {
    int len;
    char text[];
};

typedef int four __attribute__((vector_size(16)));

extern int counter;

int run(int argc, char **argv);

#endif
