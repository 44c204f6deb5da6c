#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * driver FOLDER: runs every file of FOLDER through the harness that it is linked with, and
 * what is left of the small ones when they are cut anywhere. What a fuzzer once found stays
 * found in the ordinary tests. Says in TAP that all were survived.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CUT_MAX 1024 /* inputs up to this size are cut at every byte */

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long end = ftell(file);
    uint8_t *bytes = end < 0 ? NULL : malloc((size_t)end + 1);
    rewind(file);
    if (bytes)
        *size = fread(bytes, 1, (size_t)end, file);
    fclose(file);
    return bytes;
}

/* Hands over a copy of just [size] bytes, so that a sanitizer sees a read beyond them. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static bool run_file(const char *path)
{
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    if (!bytes) {
        printf("# cannot read %s\n", path);
        return false;
    }
    run(bytes, size);
    for (size_t cut = 0; size <= CUT_MAX && cut < size; cut++)
        run(bytes, cut);
    free(bytes);
    return true;
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    unsigned inputs = 0, unread = 0;
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        printf("# %s\n", entry->d_name);
        fflush(stdout); /* so that a crash shows which it was */
        inputs++;
        unread += !run_file(path);
    }
    if (dir)
        closedir(dir);
    bool is_good = inputs > 0 && unread == 0;
    printf("1..1\n%s 1 - %u inputs are survived, whole and cut\n", is_good ? "ok" : "not ok",
           inputs);
    return !is_good;
}
