#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>

/* The native program of a kernel: its argument is the amount of work; prints the checksum. */
int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s AMOUNT\n", argv[0]);
        return 2;
    }
    printf("%u\n", run((u32)strtoul(argv[1], NULL, 10)));
    return 0;
}
