#include "patch/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "os/pages.h"
#include "patch/sled.h"

/*
 * What a way says: 0, a negated errno value, or that it cannot write there in one piece.
 */
enum { WRITTEN = 0, TOO_WIDE = 1 };

enum {
    STORE_MAX = 16,            /* bytes that a processor stores in one piece, at most */
    BLOCK_MAX = WISP_STUB_SIZE /* bytes of one write */
};

typedef struct words {
    char text[64];
} words;

static words words_of(int64_t error)
{
    words out = {"not in one piece"};
    if (error < 0)
        strerror_r((int)-error, out.text, sizeof out.text);
    return out;
}

/* ------------------------------------------------------------------ the ways */

/* A piece of text and what is to be there. */
typedef struct edit {
    const wisp_os_self *system;
    uint8_t *at;
    const uint8_t *bytes;
    size_t size;
} edit;

/* The whole pages that a change lies in. */
typedef struct span {
    uint8_t *at;
    size_t size;
} span;

static span pages_of(const edit *change)
{
    size_t page = wisp_pages_unit(), before = (uintptr_t)change->at % page;
    return (span){change->at - before, (before + change->size + page - 1) / page * page};
}

/* Does all or says why not, as a negated errno value. */
static int64_t write_all(const wisp_os_self *system, int fd, const uint8_t *bytes, size_t size,
                         uint64_t offset)
{
    while (size > 0) {
        int64_t n = system->write_at(system->user, fd, bytes, size, offset);
        if (n <= 0)
            return n < 0 ? n : -EIO;
        bytes += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

/* Whether [fd] shows the memory that we see: that of an emulator is somebody else's. */
static bool is_own_memory(const edit *change, int fd)
{
    uint8_t seen[WISP_SLED_SIZE_MAX];
    size_t size = change->size < sizeof seen ? change->size : sizeof seen;
    return change->system->read_at(change->system->user, fd, seen, size, (uintptr_t)change->at) ==
               (int64_t)size &&
           memcmp(seen, change->at, size) == 0;
}

/* The file is opened each time: one that is kept would be the parent's memory after fork, and
 * any other file in a program that closes all that it does not know. */
static int64_t through_memory(const edit *change)
{
    const wisp_os_self *system = change->system;
    int64_t result = -EIO;
    int fd = system->open_memory(system->user);
    if (fd < 0)
        return fd;
    if (is_own_memory(change, fd))
        result = write_all(system, fd, change->bytes, change->size, (uintptr_t)change->at);
    system->close(system->user, fd);
    return result;
}

/* In one piece if that is what the size is made for; otherwise nobody runs it yet. */
static int64_t store(uint8_t *at, const uint8_t *bytes, size_t size)
{
    if (size <= STORE_MAX)
        return wisp_patch_sled_store(at, bytes, size) ? WRITTEN : TOO_WIDE;
    memcpy(at, bytes, size);
    return WRITTEN;
}

static int64_t by_store(const edit *change)
{
    const wisp_os_self *system = change->system;
    span pages = pages_of(change);
    uint8_t old[BLOCK_MAX];
    memcpy(old, change->at, change->size);
    int64_t result = system->set_writable(system->user, pages.at, pages.size, true);
    if (result < 0)
        return result;
    int64_t stored = store(change->at, change->bytes, change->size);
    result = system->set_writable(system->user, pages.at, pages.size, false);
    if (result == 0)
        return stored;
    store(change->at, old, change->size);
    return result;
}

/* Makes [fd] what the pages shall be. */
static int64_t write_pages(const edit *change, span pages, int fd)
{
    int64_t result = write_all(change->system, fd, pages.at, pages.size, 0);
    return result < 0 ? result
                      : write_all(change->system, fd, change->bytes, change->size,
                                  (uint64_t)(change->at - pages.at));
}

static int64_t by_page(const edit *change)
{
    const wisp_os_self *system = change->system;
    span pages = pages_of(change);
    int fd = system->make_file(system->user, pages.size);
    if (fd < 0)
        return fd;
    int64_t result = write_pages(change, pages, fd);
    if (result == 0)
        result = system->map_code(system->user, pages.at, pages.size, fd, WISP_CODE_OVER);
    system->close(system->user, fd);
    return result;
}

/* By wisp_patch_write. */
static const struct {
    int64_t (*write)(const edit *change);
    size_t block_max; /* aligned bytes of that many are written in one piece; 0: any are */
} ways[WISP_PATCH_WAYS] = {
    [WISP_PATCH_WRITE_PROC_MEM] = {through_memory, 8},
    [WISP_PATCH_WRITE_STORE] = {by_store, STORE_MAX},
    [WISP_PATCH_WRITE_PAGE_SWAP] = {by_page, 0},
};

/* ------------------------------------------------------------------ writing */

/* Writes by [way], and looks whether it is there. */
static int64_t write_by(wisp_patch_write way, const edit *change)
{
    int64_t result = ways[way].write(change);
    __builtin___clear_cache((char *)change->at, (char *)change->at + change->size);
    if (result != WRITTEN)
        return result;
    return memcmp(change->at, change->bytes, change->size) == 0 ? WRITTEN : -EIO;
}

/* The smallest aligned block that all of [change] lies in, of up to [max] bytes; 0: none. */
static size_t block_of(const edit *change, size_t max)
{
    uintptr_t first = (uintptr_t)change->at, last = first + change->size - 1;
    for (size_t block = 4; block <= max; block *= 2)
        if (first / block == last / block)
            return block;
    return 0;
}

/* Writes the whole block of [size] bytes that [change] is a part of. */
static int64_t write_block(wisp_patch_write way, const edit *change, size_t size)
{
    uint8_t block[BLOCK_MAX];
    size_t before = (uintptr_t)change->at % size;
    edit whole = {change->system, change->at - before, block, size};
    memcpy(block, whole.at, size);
    memcpy(block + before, change->bytes, change->size);
    return write_by(way, &whole);
}

static int64_t replace_by(wisp_patch_write way, const edit *change)
{
    if (ways[way].block_max == 0)
        return write_by(way, change);
    size_t block = block_of(change, ways[way].block_max);
    return block == 0 ? TOO_WIDE : write_block(way, change, block);
}

/* Tries one way after the other. */
static wisp_status write_by_any(const wisp_patch_text *text, const edit *change,
                                int64_t (*write)(wisp_patch_write way, const struct edit *),
                                wisp_error *err)
{
    int64_t result = TOO_WIDE;
    wisp_patch_write failed = WISP_PATCH_WRITE_BEST;
    for (wisp_patch_write way = WISP_PATCH_WRITE_BEST + 1; way < WISP_PATCH_WAYS; way++) {
        int64_t said = text->works[way] ? write(way, change) : TOO_WIDE;
        if (said == WRITTEN)
            return WISP_OK;
        if (said == TOO_WIDE)
            continue;
        result = said;
        failed = way;
    }
    if (result == TOO_WIDE)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "the instruction crosses a boundary that can only "
                         "be written across by page-swap");
    return wisp_fail(err, WISP_IO, "text cannot be written by %s: %s",
                     wisp_patch_write_name(failed), words_of(result).text);
}

wisp_status wisp_patch_text_replace(const wisp_patch_text *text, uint8_t *at,
                                    const uint8_t *bytes, size_t size, wisp_error *err)
{
    assert(size > 0 && size <= WISP_SLED_SIZE_MAX);
    return write_by_any(text, &(edit){text->system, at, bytes, size}, replace_by, err);
}

wisp_status wisp_patch_text_fill(const wisp_patch_text *text, uint8_t *at, const uint8_t *bytes,
                                 size_t size, wisp_error *err)
{
    assert(size > 0 && size <= BLOCK_MAX);
    return write_by_any(text, &(edit){text->system, at, bytes, size}, write_by, err);
}

void wisp_patch_text_settle(const wisp_patch_text *text)
{
    text->system->barrier(text->system->user, WISP_BARRIER_CODE);
}

/* ------------------------------------------------------------------ trying */

static uint32_t call(const uint8_t *code)
{
    uint32_t (*function)(void);
    memcpy(&function, &code, sizeof function);
    return function();
}

/* Writes a function that returns 1, and makes it return 2. */
static int64_t try_on_page(const wisp_os_self *system, wisp_patch_write way, uint8_t *page)
{
    uint8_t one[WISP_STUB_SIZE], two[WISP_STUB_SIZE];
    wisp_patch_sled_probe(one, 1);
    wisp_patch_sled_probe(two, 2);
    int64_t result = write_by(way, &(edit){system, page, one, sizeof one});
    if (result == 0 && call(page) != 1)
        result = -EIO;
    if (result == 0)
        result = replace_by(way, &(edit){system, page, two, wisp_patch_sled_size});
    if (result == 0 && call(page) != 2)
        result = -EIO;
    return result;
}

/* Makes [page] one of code; of a file, but where the system has no such files. */
static int64_t map_blank(const wisp_os_self *system, uint8_t *page)
{
    int fd = system->make_file(system->user, wisp_pages_unit());
    int64_t result = system->map_code(system->user, page, wisp_pages_unit(), fd, WISP_CODE_OVER);
    if (fd >= 0)
        system->close(system->user, fd);
    return result;
}

static int64_t try_way(const wisp_os_self *system, wisp_patch_write way)
{
    uint8_t *page = wisp_pages_reserve(wisp_pages_unit());
    if (!page)
        return -ENOMEM;
    int64_t result = map_blank(system, page);
    if (result == 0)
        result = try_on_page(system, way, page);
    wisp_pages_release(page, wisp_pages_unit());
    return result;
}

wisp_status wisp_patch_text_open(const wisp_os_self *system, wisp_patch_write write,
                                 wisp_patch_text *out, wisp_error *err)
{
    char said[256] = "";
    size_t length = 0;
    *out = (wisp_patch_text){.system = system};
    for (wisp_patch_write way = WISP_PATCH_WRITE_BEST + 1; way < WISP_PATCH_WAYS; way++) {
        if (write != WISP_PATCH_WRITE_BEST && write != way)
            continue;
        int64_t result = try_way(system, way);
        out->works[way] = result == 0;
        if (result != 0 && length < sizeof said)
            length += (size_t)snprintf(said + length, sizeof said - length, "%s%s: %s",
                                       length > 0 ? "; " : "", wisp_patch_write_name(way),
                                       words_of(result).text);
    }
    if (wisp_patch_text_first(out) != WISP_PATCH_WRITE_BEST)
        return WISP_OK;
    return wisp_fail(err, WISP_UNSUPPORTED, "text cannot be written here: %s", said);
}

wisp_patch_write wisp_patch_text_first(const wisp_patch_text *text)
{
    wisp_patch_write way = WISP_PATCH_WRITE_BEST + 1;
    while (way < WISP_PATCH_WAYS && !text->works[way])
        way++;
    return way < WISP_PATCH_WAYS ? way : WISP_PATCH_WRITE_BEST;
}

const char *wisp_patch_write_name(wisp_patch_write write)
{
    static const char *const names[] = {
#define X(name, text) [WISP_PATCH_WRITE_##name] = text,
        WISP_PATCH_WRITES(X)
#undef X
    };
    return (size_t)write < sizeof names / sizeof *names ? names[write] : "unknown";
}
