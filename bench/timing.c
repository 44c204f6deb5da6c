#include "bench.h"

#include <stdlib.h>
#include <time.h>
#include <wisp/os.h>

double bench_now_ns(void)
{
    const wisp_os *os = wisp_os_posix();
    return (double)os->monotonic_ns(os->user);
}

double bench_processor_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *numbers, unsigned len)
{
    qsort(numbers, len, sizeof *numbers, compare);
    return len % 2 ? numbers[len / 2] : (numbers[len / 2 - 1] + numbers[len / 2]) / 2;
}
