#define _GNU_SOURCE /* dl_iterate_phdr */

#include "patch/image.h"

#include "base/hex.h"

#include <link.h>
#include <string.h>

/* A note's name and content are padded to this; so is each in the segments that hold build-ids.
 */
static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* The build-id among the notes in [size] bytes at [at]; empty if it is not there. The last note
 * need not be padded. */
static wisp_bytes id_among(const uint8_t *at, size_t size)
{
    ElfW(Nhdr) note;
    while (size >= sizeof note) {
        memcpy(&note, at, sizeof note);
        at += sizeof note;
        size -= sizeof note;
        size_t name_size = padded(note.n_namesz), id_size = note.n_descsz;
        if (name_size > size || id_size > size - name_size)
            break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(at, "GNU", 4) == 0)
            return (wisp_bytes){at + name_size, id_size};
        size_t whole = name_size + padded(id_size);
        at += whole < size ? whole : size;
        size -= whole < size ? whole : size;
    }
    return (wisp_bytes){NULL, 0};
}

static wisp_bytes build_id_of(const struct dl_phdr_info *object)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_NOTE)
            continue;
        wisp_bytes id =
            id_among((const uint8_t *)(object->dlpi_addr + part->p_vaddr), part->p_memsz);
        if (id.size > 0)
            return id;
    }
    return (wisp_bytes){NULL, 0};
}

static void take_extent(const struct dl_phdr_info *object, wisp_patch_image *image)
{
    image->low = UINTPTR_MAX;
    image->high = 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t low = object->dlpi_addr + part->p_vaddr, high = low + part->p_memsz;
        if (part->p_type != PT_LOAD)
            continue;
        image->low = low < image->low ? low : image->low;
        image->high = high > image->high ? high : image->high;
    }
}

static bool is_id(wisp_bytes a, wisp_bytes b)
{
    return a.size > 0 && a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* ------------------------------------------------------------------ finding */

typedef struct search {
    wisp_bytes wanted;
    wisp_bytes program; /* what the first object has, which is the program */
    bool is_past_program;
    wisp_patch_image *out;
} search;

static int visit_to_find(struct dl_phdr_info *object, size_t size, void *user)
{
    search *seek = user;
    wisp_bytes id = build_id_of(object);
    (void)size;
    if (!seek->is_past_program)
        seek->program = id;
    seek->is_past_program = true;
    if (!is_id(id, seek->wanted))
        return 0;
    *seek->out = (wisp_patch_image){.base = object->dlpi_addr, .build_id_size = id.size};
    memcpy(seek->out->build_id, id.data, id.size);
    take_extent(object, seek->out);
    return 1;
}

static const char *hex_of(wisp_bytes id, char out[2 * WISP_PATCH_BUILD_ID_MAX + 1])
{
    size_t size = id.size < WISP_PATCH_BUILD_ID_MAX ? id.size : WISP_PATCH_BUILD_ID_MAX;
    wisp_hex_print(id.data, size, out);
    return size ? out : "none";
}

wisp_status wisp_patch_image_find(wisp_bytes build_id, wisp_patch_image *out, wisp_error *err)
{
    char wanted[2 * WISP_PATCH_BUILD_ID_MAX + 1], found[2 * WISP_PATCH_BUILD_ID_MAX + 1];
    search seek = {.wanted = build_id, .out = out};
    if (build_id.size <= WISP_PATCH_BUILD_ID_MAX && dl_iterate_phdr(visit_to_find, &seek))
        return WISP_OK;
    return wisp_fail(err, WISP_NOT_FOUND,
                     "nothing with build-id %s is loaded; that of the program is %s",
                     hex_of(build_id, wanted), hex_of(seek.program, found));
}

/* The first object is the program. */
static int visit_program(struct dl_phdr_info *object, size_t size, void *id)
{
    (void)size;
    *(wisp_bytes *)id = build_id_of(object);
    return 1;
}

bool wisp_program_build_id(char text[WISP_BUILD_ID_TEXT_SIZE])
{
    wisp_bytes id = {NULL, 0};
    dl_iterate_phdr(visit_program, &id);
    text[0] = 0;
    return id.size && hex_of(id, text);
}

/* ------------------------------------------------------------------ holding */

typedef struct hold {
    const wisp_patch_image *image;
    wisp_patch_segment segment;
    uintptr_t at;
    size_t size;
    wisp_status (*work)(void *user, wisp_error *err);
    void *user;
    wisp_error *err;
    wisp_status status;
} hold;

static bool is_segment(const ElfW(Phdr) * part, wisp_patch_segment segment)
{
    ElfW(Word) wanted = segment == WISP_PATCH_CODE ? PF_X : PF_W;
    return part->p_type == PT_LOAD && (part->p_flags & (PF_X | PF_W)) == wanted;
}

static bool has_segment(const struct dl_phdr_info *object, const hold *held)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t offset = held->at - (object->dlpi_addr + part->p_vaddr);
        if (is_segment(part, held->segment) && offset <= part->p_memsz &&
            held->size <= part->p_memsz - offset)
            return true;
    }
    return false;
}

/* The loader keeps its list locked meanwhile, and so everything that is on it. */
static int visit_to_hold(struct dl_phdr_info *object, size_t size, void *user)
{
    hold *held = user;
    const wisp_patch_image *image = held->image;
    (void)size;
    if (object->dlpi_addr != image->base ||
        !is_id(build_id_of(object), (wisp_bytes){image->build_id, image->build_id_size}))
        return 0;
    held->status =
        has_segment(object, held)
            ? held->work(held->user, held->err)
            : wisp_fail(held->err, WISP_MISMATCH, "no %s of the program at address 0x%llx",
                        held->segment == WISP_PATCH_CODE ? "code" : "data",
                        (unsigned long long)(held->at - image->base));
    return 1;
}

wisp_status wisp_patch_image_hold(const wisp_patch_image *image, wisp_patch_segment segment,
                                  uintptr_t at, size_t size,
                                  wisp_status (*work)(void *user, wisp_error *err), void *user,
                                  wisp_error *err)
{
    hold held = {image, segment, at, size, work, user, err, WISP_NOT_FOUND};
    if (dl_iterate_phdr(visit_to_hold, &held))
        return held.status;
    return wisp_fail(err, WISP_NOT_FOUND, "what was patched has been unloaded");
}
