#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

/* What kernels/frames.c does with an event, by its type; a frame is [1 MiB or 4 KiB] of bytes. */
enum {
    FRAME_TOUCH = 0x8000, /* looks at one byte of it */
    FRAME_READ,           /* … at one in each 4 KiB */
    FRAME_SEND            /* posts one: the number is how, bits of those below, and whom to */
};

enum {
    FRAME_IS_REGION = 1, /* else as bytes */
    FRAME_IS_LARGE = 2,
    FRAME_IS_READ = 4, /* FRAME_READ, else FRAME_TOUCH */
    FRAME_TO = 8       /* times the guest; 0: the program */
};

enum { FRAME_SMALL_SIZE = 4096, FRAME_LARGE_SIZE = 1 << 20 };

#endif
