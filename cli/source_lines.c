#include "source_lines.h"

#include "base/reader.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source_lines {
    char *image;
    Elf *elf;
    Dwarf *dwarf;
    uint32_t code_offset; /* what addresses count from: the content of the code section */
};

/* ------------------------------------------------------------------ an ELF image around DWARF */

/* Those that libdw may see. Of others (".gnu_debugaltlink") it would open the file they name. */
static const char *const section_names[] = {
    ".debug_abbrev",   ".debug_addr",   ".debug_aranges",  ".debug_info", ".debug_line",
    ".debug_line_str", ".debug_ranges", ".debug_rnglists", ".debug_str",  ".debug_str_offsets",
};

enum {
    SECTION_COUNT = sizeof section_names / sizeof *section_names,
    NAMES_SECTION = SECTION_COUNT + 1, /* behind the empty one and those with DWARF */
    HEADER_SIZE = 52,
    ENTRY_SIZE = 40,
    NAME_SIZE = 24, /* more than the longest name and its NUL */
    NAMES_SIZE = (NAMES_SECTION + 1) * NAME_SIZE,
    PADDING_SIZE = 16, /* zeros: libdw reads a string that a section cuts off to some NUL */
    CONTENT_OFFSET = HEADER_SIZE + (NAMES_SECTION + 1) * ENTRY_SIZE + NAMES_SIZE
};

/* Little-endian, as WebAssembly is on every machine. */
static char *put(char *to, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (char)(value >> 8 * i & 0xff);
    return to + size;
}

static void put_header(char *to)
{
    const char ident[EI_NIDENT] = {ELFMAG0,    ELFMAG1,     ELFMAG2,   ELFMAG3,
                                   ELFCLASS32, ELFDATA2LSB, EV_CURRENT};
    memcpy(to, ident, sizeof ident);
    to = put(to + sizeof ident, ET_EXEC, 2);
    to = put(to, EM_NONE, 2);
    to = put(to, EV_CURRENT, 4);
    to = put(to, 0, 4);           /* e_entry */
    to = put(to, 0, 4);           /* e_phoff */
    to = put(to, HEADER_SIZE, 4); /* e_shoff */
    to = put(to, 0, 4);           /* e_flags */
    to = put(to, HEADER_SIZE, 2);
    to = put(to, 0, 4); /* e_phentsize, e_phnum */
    to = put(to, ENTRY_SIZE, 2);
    to = put(to, NAMES_SECTION + 1, 2);
    put(to, NAMES_SECTION, 2);
}

/* The entry of section [index], and its name. */
static void put_section(char *image, uint32_t index, uint32_t type, size_t offset, size_t size)
{
    const char *name = index == NAMES_SECTION ? ".shstrtab" : section_names[index - 1];
    size_t names = HEADER_SIZE + (NAMES_SECTION + 1) * ENTRY_SIZE;
    strcpy(image + names + (size_t)index * NAME_SIZE, name);
    char *to = put(image + HEADER_SIZE + (size_t)index * ENTRY_SIZE, index * NAME_SIZE, 4);
    to = put(to, type, 4);
    to = put(to, 0, 4); /* sh_flags */
    to = put(to, 0, 4); /* sh_addr */
    to = put(to, (uint32_t)offset, 4);
    to = put(to, (uint32_t)size, 4);
    to = put(to, 0, 4); /* sh_link */
    to = put(to, 0, 4); /* sh_info */
    put(to, 1, 4);      /* sh_addralign */
}

/* What a custom section has behind its name (Spec 5.5.3). */
static wisp_bytes custom_bytes(const wisp_section *section, const uint8_t *bytes)
{
    wisp_reader r = wisp_reader_of((wisp_bytes){bytes + section->offset, section->size});
    uint32_t name_size;
    const uint8_t *name;
    if (!wisp_read_leb_u32(&r, &name_size) || !wisp_read_bytes(&r, name_size, &name))
        return (wisp_bytes){0};
    return (wisp_bytes){r.at, wisp_reader_left(&r)};
}

/* Finds the first section of each name, and the code; gives how many bytes all DWARF takes. */
static size_t find_sections(const wisp_module *module, const uint8_t *bytes,
                            wisp_bytes found[SECTION_COUNT], uint32_t *code_offset)
{
    enum { ID_CUSTOM = 0, ID_CODE = 10 };
    size_t size = 0;
    wisp_section section;
    for (uint32_t i = 0; wisp_module_section(module, i, &section); i++) {
        if (section.id == ID_CODE)
            *code_offset = section.offset;
        for (size_t k = 0; k < SECTION_COUNT && section.id == ID_CUSTOM; k++) {
            if (found[k].size || strcmp(section.name, section_names[k]) != 0)
                continue;
            found[k] = custom_bytes(&section, bytes);
            size += found[k].size + PADDING_SIZE;
        }
    }
    return size;
}

/* An ELF file in memory, the smallest one that libdw takes: it reads DWARF from nothing else. */
static char *make_image(const wisp_module *module, const uint8_t *bytes, size_t *size,
                        uint32_t *code_offset)
{
    wisp_bytes found[SECTION_COUNT] = {0};
    *size = CONTENT_OFFSET + find_sections(module, bytes, found, code_offset);
    char *image = *size > CONTENT_OFFSET && *size <= UINT32_MAX ? calloc(1, *size) : NULL;
    if (!image)
        return NULL;
    put_header(image);
    put_section(image, NAMES_SECTION, SHT_STRTAB, CONTENT_OFFSET - NAMES_SIZE, NAMES_SIZE);
    size_t at = CONTENT_OFFSET;
    for (uint32_t i = 0; i < SECTION_COUNT; i++) {
        if (!found[i].size)
            continue;
        put_section(image, i + 1, SHT_PROGBITS, at, found[i].size);
        memcpy(image + at, found[i].data, found[i].size);
        at += found[i].size + PADDING_SIZE;
    }
    return image;
}

source_lines *source_lines_open(const wisp_module *module, const uint8_t *bytes)
{
    source_lines *lines = calloc(1, sizeof *lines);
    size_t size;
    if (!lines)
        return NULL;
    elf_version(EV_CURRENT);
    lines->image = make_image(module, bytes, &size, &lines->code_offset);
    lines->elf = lines->image ? elf_memory(lines->image, size) : NULL;
    lines->dwarf = lines->elf ? dwarf_begin_elf(lines->elf, DWARF_C_READ, NULL) : NULL;
    if (lines->dwarf)
        return lines;
    source_lines_close(lines);
    return NULL;
}

void source_lines_close(source_lines *lines)
{
    if (!lines)
        return;
    dwarf_end(lines->dwarf);
    elf_end(lines->elf);
    free(lines->image);
    free(lines);
}

/* ------------------------------------------------------------------ places */

static void copy_text(char *into, size_t size, const char *text)
{
    snprintf(into, size, "%s", text ? text : "");
    for (unsigned char *c = (unsigned char *)into; *c; c++) {
        if (*c < ' ' || *c == 0x7f)
            *c = '?';
    }
}

static void fill_place(source_place *place, Dwarf_Die *function, const char *file, int line)
{
    Dwarf_Attribute name;
    copy_text(place->function, sizeof place->function,
              dwarf_formstring(dwarf_attr_integrate(function, DW_AT_name, &name)));
    copy_text(place->file, sizeof place->file, file);
    place->line = line > 0 ? (uint32_t)line : 0;
}

/* The unit that has [address]. Units are asked for their ranges, as there is no table of them. */
static Dwarf_Die *find_unit(Dwarf *dwarf, Dwarf_Addr address, Dwarf_Die *out)
{
    size_t header_size;
    Dwarf_Off next;
    for (Dwarf_Off at = 0; dwarf_nextcu(dwarf, at, &next, &header_size, NULL, NULL, NULL) == 0;
         at = next) {
        if (dwarf_offdie(dwarf, at + header_size, out) && dwarf_haspc(out, address) > 0)
            return out;
    }
    return NULL;
}

static uint32_t attribute_number(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    bool has = dwarf_attr(die, name, &attribute) && dwarf_formudata(&attribute, &value) == 0;
    return has && value <= INT32_MAX ? (uint32_t)value : 0;
}

/* The file from which the inlined function [die] was called. */
static const char *call_file(Dwarf_Die *unit, Dwarf_Die *die)
{
    Dwarf_Files *files;
    size_t count;
    if (dwarf_getsrcfiles(unit, &files, &count) != 0)
        return NULL;
    return dwarf_filesrc(files, attribute_number(die, DW_AT_call_file), NULL, NULL);
}

/* Fills a place for each function among [scopes], of which the innermost is first. */
static uint32_t fill_places(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *scopes, int count,
                            source_place places[SOURCE_PLACES_MAX])
{
    uint32_t len = 0;
    Dwarf_Line *source = dwarf_getsrc_die(unit, address);
    const char *file = dwarf_linesrc(source, NULL, NULL);
    int line = 0;
    dwarf_lineno(source, &line);
    for (int i = 0; i < count && len < SOURCE_PLACES_MAX; i++) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        fill_place(&places[len++], &scopes[i], file, line);
        if (tag == DW_TAG_subprogram)
            break;
        file = call_file(unit, &scopes[i]);
        line = (int)attribute_number(&scopes[i], DW_AT_call_line);
    }
    return len;
}

uint32_t source_lines_find(source_lines *lines, uint32_t offset,
                           source_place places[SOURCE_PLACES_MAX])
{
    Dwarf_Die unit, *inner = NULL, *scopes = NULL;
    Dwarf_Addr address = offset - lines->code_offset;
    uint32_t len = 0;
    if (!find_unit(lines->dwarf, address, &unit))
        return 0;
    /* The first look finds the innermost scope, but would go on where it was written; the second
     * goes on where it was inlined. */
    if (dwarf_getscopes(&unit, address, &inner) > 0) {
        int count = dwarf_getscopes_die(&inner[0], &scopes);
        len = fill_places(&unit, address, scopes, count, places);
    }
    free(scopes);
    free(inner);
    return len;
}

/* ------------------------------------------------------------------ all lines */

static void tell_line(const source_lines *lines, Dwarf_Line *row, source_line_sink *sink,
                      void *user)
{
    Dwarf_Addr address;
    bool is_end = true;
    int line = 0;
    const char *file = dwarf_linesrc(row, NULL, NULL);
    bool is_known = file && dwarf_lineaddr(row, &address) == 0 && dwarf_lineno(row, &line) == 0 &&
                    dwarf_lineendsequence(row, &is_end) == 0;
    /* A function that the linker dropped has an address that no code has. */
    if (is_known && !is_end && line > 0 && address > 0 &&
        address < UINT32_MAX - lines->code_offset)
        sink(user, lines->code_offset + (uint32_t)address, file, (uint32_t)line);
}

void source_lines_each(source_lines *lines, source_line_sink *sink, void *user)
{
    size_t header_size;
    Dwarf_Off next;
    for (Dwarf_Off at = 0;
         dwarf_nextcu(lines->dwarf, at, &next, &header_size, NULL, NULL, NULL) == 0; at = next) {
        Dwarf_Die unit;
        Dwarf_Lines *rows;
        size_t count = 0;
        if (!dwarf_offdie(lines->dwarf, at + header_size, &unit) ||
            dwarf_getsrclines(&unit, &rows, &count) != 0)
            continue;
        for (size_t i = 0; i < count; i++)
            tell_line(lines, dwarf_onesrcline(rows, i), sink, user);
    }
}

struct Dwarf *source_lines_dwarf(source_lines *lines)
{
    return lines->dwarf;
}
