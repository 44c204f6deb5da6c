#include "symbols/object.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/reader.h"
#include "symbols/sleds.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define BUILD_ID_MAX 64 /* bytes, as in manifests */

/* Where a section is met: all that each of the readers below needs to know of it. */
typedef struct section {
    Elf_Scn *scn;
    GElf_Shdr header;
    const char *name;
} section;

typedef struct reader {
    wisp_arena *arena;
    wisp_object *object;
    size_t names; /* index of the section with the names of sections */
    size_t text_capacity, symbol_capacity, place_capacity;
    const char *unended; /* a section of texts, the last of which has no end; NULL */
} reader;

static wisp_status fail_elf(const wisp_object *object, wisp_error *err)
{
    return wisp_fail(err, WISP_MALFORMED, "%s: %s", object->path, elf_errmsg(-1));
}

static bool next_section(const reader *r, section *at)
{
    at->scn = elf_nextscn(r->object->elf, at->scn);
    if (!at->scn || !gelf_getshdr(at->scn, &at->header))
        return false;
    at->name = elf_strptr(r->object->elf, r->names, at->header.sh_name);
    if (!at->name)
        at->name = "";
    return true;
}

/* The bytes of a section as they are in the file; empty where it has none there. */
static wisp_bytes section_bytes(const section *s)
{
    Elf_Data *data = s->header.sh_type == SHT_NOBITS ? NULL : elf_rawdata(s->scn, NULL);
    return data && data->d_buf ? (wisp_bytes){data->d_buf, data->d_size} : (wisp_bytes){0};
}

/* Makes room in an array of the arena: its blocks are freed with it, so growing leaves them. */
static bool reserve(wisp_arena *arena, void **array, size_t *capacity, size_t len, size_t size)
{
    if (len < *capacity)
        return true;
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *grown = wisp_arena_alloc(arena, wanted, size);
    if (!grown)
        return false;
    if (len)
        memcpy(grown, *array, len * size);
    *array = grown;
    *capacity = wanted;
    return true;
}

/* Whether the file can have one item more of [size] bytes than [count]: only where its sections
 * lie on each other can it not, and those could go on without end. */
static bool has_room(const reader *r, size_t count, size_t size)
{
    return count < r->object->bytes.size / size;
}

/* ------------------------------------------------------------------ what the file is */

static wisp_status check_header(wisp_object *object, wisp_error *err)
{
    GElf_Ehdr header;
    if (elf_kind(object->elf) != ELF_K_ELF || !gelf_getehdr(object->elf, &header))
        return wisp_fail(err, WISP_UNSUPPORTED, "%s is no ELF file", object->path);
    bool is_known = header.e_ident[EI_CLASS] == ELFCLASS64 &&
                    header.e_ident[EI_DATA] == ELFDATA2LSB &&
                    (header.e_machine == EM_X86_64 || header.e_machine == EM_AARCH64);
    if (!is_known)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "%s is for machine %u, expected x86-64 or aarch64 (little-endian)",
                         object->path, header.e_machine);
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "%s is no program or shared library, but an object of type %u",
                         object->path, header.e_type);
    size_t count;
    if (elf_getshdrnum(object->elf, &count) != 0)
        return fail_elf(object, err);
    if (count > WISP_OBJECT_SECTIONS_MAX)
        return wisp_fail(err, WISP_LIMIT, "%s has %zu sections, expected %u at the most",
                         object->path, count, WISP_OBJECT_SECTIONS_MAX);
    object->machine = header.e_machine;
    object->is_relocated = header.e_type == ET_DYN;
    return WISP_OK;
}

/* ------------------------------------------------------------------ its sections */

static bool add_text(reader *r, const section *s)
{
    wisp_object *object = r->object;
    if (!reserve(r->arena, (void **)&object->texts, &r->text_capacity, object->text_count,
                 sizeof *object->texts))
        return false;
    wisp_bytes bytes = section_bytes(s);
    uint64_t size = bytes.data ? bytes.size : s->header.sh_size;
    if (size > UINT64_MAX - s->header.sh_addr)
        return true;
    object->texts[object->text_count++] = (wisp_object_text){
        .address = s->header.sh_addr,
        .size = size,
        .offset = s->header.sh_offset,
        .data = bytes.data,
    };
    object->has_text |= bytes.data != NULL;
    return true;
}

static void find_build_id(wisp_object *object, const section *s)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);
    size_t at = 0, name, content;
    GElf_Nhdr note;
    while (data && (at = gelf_getnote(data, at, &note, &name, &content)) > 0) {
        bool is_id = note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
                     memcmp((char *)data->d_buf + name, "GNU", sizeof "GNU") == 0;
        if (is_id && note.n_descsz > 1 && note.n_descsz <= BUILD_ID_MAX)
            object->build_id = (wisp_bytes){(uint8_t *)data->d_buf + content, note.n_descsz};
    }
}

static void find_debuglink(wisp_object *object, const section *s)
{
    wisp_bytes bytes = section_bytes(s);
    if (bytes.data && bytes.data[0] && memchr(bytes.data, 0, bytes.size))
        object->debuglink = (const char *)bytes.data;
}

/* ------------------------------------------------------------------ symbols */

static bool add_symbol(reader *r, const GElf_Sym *symbol, const char *name)
{
    wisp_object *object = r->object;
    int type = GELF_ST_TYPE(symbol->st_info);
    bool is_function = type == STT_FUNC || type == STT_GNU_IFUNC;
    if ((!is_function && type != STT_OBJECT) || symbol->st_shndx == SHN_UNDEF || !name || !*name)
        return true;
    if (!reserve(r->arena, (void **)&object->symbols, &r->symbol_capacity, object->symbol_count,
                 sizeof *object->symbols))
        return false;
    object->symbols[object->symbol_count++] = (wisp_object_symbol){
        .name = name,
        .address = symbol->st_value,
        .size = symbol->st_size,
        .is_function = is_function,
        .is_indirect = type == STT_GNU_IFUNC,
        .is_global = GELF_ST_BIND(symbol->st_info) != STB_LOCAL,
    };
    return true;
}

static bool add_symbols(reader *r, const section *s)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);
    size_t count = data && s->header.sh_entsize ? data->d_size / sizeof(Elf64_Sym) : 0;
    for (size_t i = 0; i < count && has_room(r, r->object->symbol_count, sizeof(Elf64_Sym));
         i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) &&
            !add_symbol(r, &symbol,
                        elf_strptr(r->object->elf, s->header.sh_link, symbol.st_name)))
            return false;
    }
    return true;
}

static int compare_symbols(const void *left, const void *right)
{
    const wisp_object_symbol *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->is_global != b->is_global)
        return a->is_global ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* ------------------------------------------------------------------ places for patching */

static bool add_place(reader *r, uint64_t address)
{
    wisp_object *object = r->object;
    if (!has_room(r, object->place_count, sizeof address))
        return true;
    if (!reserve(r->arena, (void **)&object->places, &r->place_capacity, object->place_count,
                 sizeof *object->places))
        return false;
    object->places[object->place_count++] = address;
    return true;
}

/* The section is a list of addresses. */
static bool add_listed_places(reader *r, const section *s)
{
    wisp_reader list = wisp_reader_of(section_bytes(s));
    uint64_t address;
    while (wisp_read_u64le(&list, &address)) {
        if (!add_place(r, address))
            return false;
    }
    return true;
}

/* Where a linker leaves the addresses of such a list to the loader, and the list empty. */
static bool add_relocated_places(reader *r, const section *list)
{
    uint32_t relative =
        r->object->machine == WISP_MACHINE_X86_64 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE;
    for (section s = {0}; next_section(r, &s);) {
        Elf_Data *data = s.header.sh_type == SHT_RELA && s.header.sh_flags & SHF_ALLOC
                             ? elf_getdata(s.scn, NULL)
                             : NULL;
        size_t count = data ? data->d_size / sizeof(Elf64_Rela) : 0;
        for (size_t i = 0; i < count; i++) {
            GElf_Rela rela;
            if (!gelf_getrela(data, (int)i, &rela) || GELF_R_TYPE(rela.r_info) != relative ||
                rela.r_offset - list->header.sh_addr >= list->header.sh_size)
                continue;
            if (!add_place(r, (uint64_t)rela.r_addend))
                return false;
        }
    }
    return true;
}

/*
 * gcc 12 has one list for each file, which goes when the linker drops the file's first function:
 * an inline one of C++ that another file has too, or an unused one. What begins with a sled was
 * meant to be listed. On aarch64 a sled is one NOP, which a function may begin with otherwise.
 */
static bool add_unlisted_places(reader *r)
{
    const wisp_object *object = r->object;
    for (size_t i = 0; i < object->symbol_count && object->machine == WISP_MACHINE_X86_64; i++) {
        const wisp_object_symbol *symbol = &object->symbols[i];
        uint64_t address = symbol->address + wisp_sled_landing(object, symbol->address);
        if (symbol->is_function && wisp_sled_state_at(object, address) != WISP_SLED_NONE &&
            !add_place(r, address))
            return false;
    }
    return true;
}

static int compare_addresses(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* Sorts the places, and drops those that are none: an entry that the loader fills in reads as 0,
 * and one whose function the linker dropped stays so. */
static void order_places(wisp_object *object)
{
    size_t len = 0;
    if (object->place_count)
        qsort(object->places, object->place_count, sizeof *object->places, compare_addresses);
    for (size_t i = 0; i < object->place_count; i++) {
        uint64_t address = object->places[i];
        bool is_new = len == 0 || object->places[len - 1] != address;
        if (is_new && wisp_object_text_at(object, address))
            object->places[len++] = address;
    }
    object->place_count = len;
}

/* ------------------------------------------------------------------ the whole */

static bool is_debug_info(const char *name)
{
    return strcmp(name, ".debug_info") == 0 || strcmp(name, ".zdebug_info") == 0;
}

static void add_debug_info(wisp_object *object, const section *s)
{
    GElf_Chdr compressed;
    bool is_compressed = gelf_getchdr(s->scn, &compressed) != NULL;
    object->has_debug = true;
    object->debug_size += is_compressed ? compressed.ch_size : s->header.sh_size;
}

/* libdw reads texts up to their end, wherever that is. */
static void check_texts(reader *r, const section *s)
{
    wisp_bytes bytes = section_bytes(s);
    bool is_compressed = s->header.sh_flags & SHF_COMPRESSED;
    bool is_plain = s->header.sh_type == SHT_PROGBITS; /* or libelf changes it first */
    if (bytes.size && !is_compressed && (!is_plain || bytes.data[bytes.size - 1]))
        r->unended = s->name;
}

static bool is_texts(const char *name)
{
    return strcmp(name, ".debug_str") == 0 || strcmp(name, ".debug_line_str") == 0;
}

static bool read_section(reader *r, const section *s)
{
    wisp_object *object = r->object;
    bool is_loaded = s->header.sh_flags & SHF_ALLOC;
    if (is_texts(s->name))
        check_texts(r, s);
    if (is_loaded && s->header.sh_flags & SHF_EXECINSTR)
        return add_text(r, s);
    if (s->header.sh_type == SHT_NOTE)
        find_build_id(object, s);
    else if (s->header.sh_type == SHT_SYMTAB)
        return add_symbols(r, s);
    else if (is_loaded && strcmp(s->name, "__patchable_function_entries") == 0)
        return add_listed_places(r, s) && add_relocated_places(r, s);
    else if (is_debug_info(s->name) && s->header.sh_type != SHT_NOBITS)
        add_debug_info(object, s);
    else if (strcmp(s->name, ".gnu_debugaltlink") == 0)
        object->is_shared_debug = true;
    else if (strcmp(s->name, ".gnu_debuglink") == 0)
        find_debuglink(object, s);
    return true;
}

static wisp_status read_sections(reader *r, wisp_error *err)
{
    wisp_object *object = r->object;
    if (elf_getshdrstrndx(object->elf, &r->names) != 0)
        return fail_elf(object, err);
    for (section s = {0}; next_section(r, &s);) {
        if (!read_section(r, &s))
            return wisp_fail_memory(err, object->bytes.size);
    }
    if (r->unended)
        return wisp_fail(err, WISP_MALFORMED, "%s: the texts in %s have no end", object->path,
                         r->unended);
    /* A stripped library still has the symbols that others link. */
    for (section s = {0}; object->symbol_count == 0 && next_section(r, &s);) {
        if (s.header.sh_type == SHT_DYNSYM && !add_symbols(r, &s))
            return wisp_fail_memory(err, object->bytes.size);
    }
    if (object->symbol_count)
        qsort(object->symbols, object->symbol_count, sizeof *object->symbols, compare_symbols);
    if (!add_unlisted_places(r))
        return wisp_fail_memory(err, object->bytes.size);
    order_places(object);
    return WISP_OK;
}

wisp_status wisp_object_open(wisp_arena *arena, const char *path, wisp_bytes bytes,
                             wisp_object *out, wisp_error *err)
{
    *out = (wisp_object){.path = path, .bytes = bytes};
    if (bytes.size > WISP_OBJECT_SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "%s has %zu bytes, expected 2 GiB at the most", path,
                         bytes.size);
    elf_version(EV_CURRENT);
    /* libelf wants bytes that it could change, and changes none of what is opened for reading. */
    out->elf = bytes.size ? elf_memory((char *)(uintptr_t)bytes.data, bytes.size) : NULL;
    if (!out->elf)
        return wisp_fail(err, WISP_UNSUPPORTED, "%s is no ELF file", path);
    wisp_status status = check_header(out, err);
    reader r = {.arena = arena, .object = out};
    return status ? status : read_sections(&r, err);
}

void wisp_object_close(wisp_object *object)
{
    elf_end(object->elf);
    object->elf = NULL;
}

/* ------------------------------------------------------------------ looking things up */

const wisp_object_text *wisp_object_text_at(const wisp_object *object, uint64_t address)
{
    for (uint32_t i = 0; i < object->text_count; i++) {
        if (address - object->texts[i].address < object->texts[i].size)
            return &object->texts[i];
    }
    return NULL;
}

size_t wisp_object_symbol_at(const wisp_object *object, uint64_t address)
{
    size_t low = 0, high = object->symbol_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (object->symbols[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < object->symbol_count && object->symbols[low].address == address;
    return is_there ? low : object->symbol_count;
}

bool wisp_object_has_place(const wisp_object *object, uint64_t address)
{
    return object->place_count && bsearch(&address, object->places, object->place_count,
                                          sizeof *object->places, compare_addresses);
}

void wisp_build_id_print(wisp_bytes id, char text[WISP_BUILD_ID_TEXT_SIZE])
{
    const size_t max = (WISP_BUILD_ID_TEXT_SIZE - 1) / 2;
    wisp_hex_print(id.data, id.size < max ? id.size : max, text);
}
