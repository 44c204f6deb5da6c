#include "patch/stub.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "os/pages.h"
#include "patch/sled.h"

enum {
    POOL_SIZE = 64 * 1024,    /* 2048 stubs; the pages of every system divide it */
    LOWEST = 16 * 1024 * 1024 /* below that, addresses are those of a patch's own memory */
};

typedef struct pool {
    struct pool *next;
    uint8_t *at;
    size_t used; /* bytes */
} pool;

static pool *pools; /* of the process */

/* ------------------------------------------------------------------ where */

/* Whether all of the pool at [at] is within reach of all of [image]. */
static bool is_near(uintptr_t at, const wisp_patch_image *image)
{
    uintptr_t low = at < image->low ? at : image->low;
    uintptr_t high = at + POOL_SIZE > image->high ? at + POOL_SIZE : image->high;
    return at >= LOWEST && at <= UINTPTR_MAX - POOL_SIZE && high - low <= wisp_patch_sled_reach;
}

/* Maps [fd] at the first free place from [at] on, in steps of [step], that is near [image]. 0 and
 * the place, -ENOENT, or what the system says but that something is there. */
static int map_from(const wisp_patch_text *text, int fd, uintptr_t at, intptr_t step,
                    const wisp_patch_image *image, uint8_t **out)
{
    const wisp_os_self *system = text->system;
    for (; is_near(at, image); at += (uintptr_t)step) {
        *out = (uint8_t *)at;
        int result = system->map_code(system->user, *out, POOL_SIZE, fd, WISP_CODE_NOWHERE);
        if (result != -EEXIST)
            return result;
    }
    return -ENOENT;
}

/* Below the image, where nothing grows; or behind it, where the heap of a program does: so rather
 * far behind. */
static int map_near(const wisp_patch_text *text, int fd, const wisp_patch_image *image,
                    uint8_t **out)
{
    uintptr_t below = image->low / POOL_SIZE * POOL_SIZE - POOL_SIZE;
    uintptr_t behind = (image->high + POOL_SIZE - 1) / POOL_SIZE * POOL_SIZE;
    int result = map_from(text, fd, below, -POOL_SIZE, image, out);
    if (result == -ENOENT)
        result = map_from(text, fd, behind + wisp_patch_sled_reach / 2 / POOL_SIZE * POOL_SIZE,
                          POOL_SIZE, image, out);
    if (result == -ENOENT)
        result = map_from(text, fd, behind, POOL_SIZE, image, out);
    return result;
}

/* ------------------------------------------------------------------ pools */

/* Of a file, but where the system has no such files: some refuse code that is of none. */
static int map_pool(const wisp_patch_text *text, const wisp_patch_image *image, uint8_t **out)
{
    const wisp_os_self *system = text->system;
    int fd = system->make_file(system->user, POOL_SIZE);
    int result = map_near(text, fd, image, out);
    if (fd >= 0)
        system->close(system->user, fd);
    return result;
}

static wisp_status add_pool(const wisp_patch_text *text, const wisp_patch_image *image,
                            wisp_error *err)
{
    char words[64];
    pool *added = wisp_alloc(&wisp_allocator_default, 1, sizeof *added);
    if (!added)
        return wisp_fail_memory(err, sizeof *added);
    int result = map_pool(text, image, &added->at);
    if (result == 0) {
        added->next = pools;
        pools = added;
        return WISP_OK;
    }
    wisp_free(&wisp_allocator_default, added, sizeof *added);
    if (result == -ENOENT)
        return wisp_fail(err, WISP_LIMIT,
                         "no free addresses within %llu MB of the program's code",
                         (unsigned long long)(wisp_patch_sled_reach >> 20));
    strerror_r(-result, words, sizeof words);
    return wisp_fail(err, WISP_IO, "no page can be mapped for code: %s", words);
}

static pool *pool_near(const wisp_patch_image *image)
{
    pool *at = pools;
    while (at && (at->used == POOL_SIZE || !is_near((uintptr_t)at->at, image)))
        at = at->next;
    return at;
}

wisp_status wisp_patch_stub_take(const wisp_patch_text *text, const wisp_patch_image *image,
                                 uint8_t **out, wisp_error *err)
{
    if (!pool_near(image)) {
        wisp_status status = add_pool(text, image, err);
        if (status != WISP_OK)
            return status;
    }
    pool *from = pool_near(image);
    *out = from->at + from->used;
    from->used += WISP_STUB_SIZE;
    return WISP_OK;
}
