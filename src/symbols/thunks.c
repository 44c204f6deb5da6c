#include "symbols/thunks.h"

#include "base/error.h"

#include <gelf.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX = 2000 }; /* bytes of a name */

/* An object file and the one that is made of it. */
typedef struct object {
    wisp_thunks *thunks;
    const char *path;
    wisp_bytes bytes;
    Elf *elf;
    GElf_Ehdr header;
    size_t symbols_index, names_index; /* of the sections with symbols and with their names */
    GElf_Shdr symbols, names;
    Elf_Data *table;                      /* the symbols */
    size_t added_count, added_names_size; /* what is to be added */
    uint8_t *out;
    size_t symbols_at, names_at; /* in [out] */
    wisp_error *err;
} object;

static wisp_status fail_malformed(const object *o)
{
    return wisp_fail(o->err, WISP_MALFORMED, "%s: %s", o->path, elf_errmsg(-1));
}

/* ------------------------------------------------------------------ reading */

static wisp_status check_header(object *o)
{
    o->elf = o->bytes.size ? elf_memory((char *)(uintptr_t)o->bytes.data, o->bytes.size) : NULL;
    bool is_object = o->elf && elf_kind(o->elf) == ELF_K_ELF &&
                     gelf_getehdr(o->elf, &o->header) && o->header.e_type == ET_REL &&
                     o->header.e_ident[EI_CLASS] == ELFCLASS64 &&
                     o->header.e_ident[EI_DATA] == ELFDATA2LSB &&
                     (o->header.e_machine == EM_X86_64 || o->header.e_machine == EM_AARCH64);
    if (!is_object)
        return wisp_fail(o->err, WISP_UNSUPPORTED, "%s is no object file for x86-64 or aarch64",
                         o->path);
    if (o->thunks->machine && o->thunks->machine != o->header.e_machine)
        return wisp_fail(o->err, WISP_MISMATCH,
                         "%s is for machine %u, and the first object for %u", o->path,
                         o->header.e_machine, o->thunks->machine);
    o->thunks->machine = o->header.e_machine;
    return WISP_OK;
}

/* Whether a section's bytes lie in the file. */
static bool is_in_file(const object *o, const GElf_Shdr *section)
{
    return section->sh_offset <= o->bytes.size &&
           section->sh_size <= o->bytes.size - section->sh_offset;
}

static wisp_status find_symbols(object *o)
{
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(o->elf, scn));) {
        GElf_Shdr header;
        if (!gelf_getshdr(scn, &header))
            return fail_malformed(o);
        const char *name = elf_strptr(o->elf, o->header.e_shstrndx, header.sh_name);
        if (name && strncmp(name, ".gnu.lto_", 9) == 0)
            return wisp_fail(o->err, WISP_UNSUPPORTED,
                             "%s was compiled with -flto, and has no functions yet", o->path);
        if (header.sh_type != SHT_SYMTAB)
            continue;
        o->symbols = header;
        o->symbols_index = elf_ndxscn(scn);
        o->table = elf_getdata(scn, NULL);
        o->names_index = header.sh_link;
    }
    Elf_Scn *names = o->symbols_index ? elf_getscn(o->elf, o->names_index) : NULL;
    if (!names || !gelf_getshdr(names, &o->names))
        return wisp_fail(o->err, WISP_UNSUPPORTED, "%s has no symbols", o->path);
    bool is_sound =
        o->table && is_in_file(o, &o->symbols) && is_in_file(o, &o->names) &&
        o->header.e_shnum && /* or there are more sections than fit there */
        o->header.e_shentsize == sizeof(Elf64_Shdr) && o->header.e_shoff <= o->bytes.size &&
        (uint64_t)o->header.e_shnum * sizeof(Elf64_Shdr) <= o->bytes.size - o->header.e_shoff;
    return is_sound ? WISP_OK
                    : wisp_fail(o->err, WISP_MALFORMED, "%s: its tables leave the file", o->path);
}

static GElf_Sym symbol_at(const object *o, size_t index)
{
    GElf_Sym symbol;
    return gelf_getsym(o->table, (int)index, &symbol) ? symbol : (GElf_Sym){0};
}

static size_t symbol_count(const object *o)
{
    return o->symbols.sh_size / sizeof(Elf64_Sym);
}

static const char *name_of(const object *o, const GElf_Sym *symbol)
{
    const char *name = elf_strptr(o->elf, o->names_index, symbol->st_name);
    return name ? name : "";
}

/* Whether assemblers take [name] as it is. */
static bool is_plain_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.$0123456789";
    size_t len = strspn(name, letters);
    return len && len <= NAME_MAX && name[len] == '\0' && !(*name >= '0' && *name <= '9');
}

static bool is_defined_function(const GElf_Sym *symbol)
{
    return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
           symbol->st_shndx < SHN_LORESERVE;
}

/* ------------------------------------------------------------------ what is to be done */

static wisp_status add_thunk(object *o, const char *name, const GElf_Sym *symbol)
{
    wisp_thunks *thunks = o->thunks;
    wisp_thunk *thunk = wisp_arena_alloc(thunks->arena, 1, sizeof *thunk);
    const char *copy = wisp_arena_text(thunks->arena, name, strlen(name));
    if (!thunk || !copy)
        return wisp_fail_memory(o->err, sizeof *thunk);
    int visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    *thunk = (wisp_thunk){copy, visibility == STV_HIDDEN || visibility == STV_INTERNAL, NULL};
    if (thunks->last)
        thunks->last->next = thunk;
    else
        thunks->first = thunk;
    thunks->last = thunk;
    thunks->count++;
    return WISP_OK;
}

/* Whether [symbol] gets a thunk now: it is the only definition that a linker would take. */
static bool is_wanted(const object *o, const GElf_Sym *symbol)
{
    return is_defined_function(symbol) && ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL &&
           is_plain_name(name_of(o, symbol));
}

/* Those of a file that was taken before have their thunks by the names that it got then. */
static const char *taken_before(const char *name)
{
    size_t len = strlen(WISP_ORIGINAL_PREFIX);
    return strncmp(name, WISP_ORIGINAL_PREFIX, len) == 0 ? name + len : NULL;
}

static wisp_status plan_symbol(object *o, size_t index)
{
    GElf_Sym symbol = symbol_at(o, index);
    const char *name = name_of(o, &symbol);
    if (!is_defined_function(&symbol) || ELF64_ST_BIND(symbol.st_info) == STB_LOCAL)
        return WISP_OK;
    const char *before = taken_before(name);
    if (before) {
        o->thunks->skipped--; /* as the weak one of that name was counted */
        return add_thunk(o, before, &symbol);
    }
    if (!is_wanted(o, &symbol)) {
        o->thunks->skipped++;
        return WISP_OK;
    }
    o->added_count++;
    o->added_names_size += strlen(WISP_ORIGINAL_PREFIX) + strlen(name) + 1;
    return add_thunk(o, name, &symbol);
}

static wisp_status plan(object *o)
{
    wisp_status status = WISP_OK;
    for (size_t i = 1; i < symbol_count(o) && !status; i++)
        status = plan_symbol(o, i);
    if (!status && o->names.sh_size + o->added_names_size > UINT32_MAX)
        return wisp_fail(o->err, WISP_LIMIT, "%s has more than 4 GiB of names", o->path);
    return status;
}

/* ------------------------------------------------------------------ the changed file */

static size_t align(size_t at)
{
    return (at + 7) & ~(size_t)7;
}

/* The file as it was, then its table of symbols with room for more, then their names. */
static wisp_status lay_out(object *o, wisp_bytes *out)
{
    size_t symbols_size = o->symbols.sh_size + o->added_count * sizeof(Elf64_Sym);
    o->symbols_at = align(o->bytes.size);
    o->names_at = align(o->symbols_at + symbols_size);
    size_t size = o->names_at + o->names.sh_size + o->added_names_size;
    o->out = wisp_arena_alloc(o->thunks->arena, size, 1);
    if (!o->out)
        return wisp_fail_memory(o->err, size);
    memcpy(o->out, o->bytes.data, o->bytes.size);
    memcpy(o->out + o->symbols_at, o->bytes.data + o->symbols.sh_offset, o->symbols.sh_size);
    memcpy(o->out + o->names_at, o->bytes.data + o->names.sh_offset, o->names.sh_size);
    *out = (wisp_bytes){o->out, size};
    return WISP_OK;
}

/* ELF's numbers are little-endian here, whatever this machine is. */
static void put(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static uint8_t *symbol_bytes(object *o, size_t index)
{
    return o->out + o->symbols_at + index * sizeof(Elf64_Sym);
}

/* Puts "__wisp_original_[name]" behind the names that are there, at *[at]. */
static void write_name(object *o, const char *name, size_t *at)
{
    char *to = (char *)o->out + o->names_at + *at;
    memcpy(to, WISP_ORIGINAL_PREFIX, strlen(WISP_ORIGINAL_PREFIX));
    strcpy(to + strlen(WISP_ORIGINAL_PREFIX), name);
    *at += strlen(to) + 1;
}

static void write_symbols(object *o)
{
    size_t next = symbol_count(o), name_at = o->names.sh_size;
    for (size_t i = 1; i < symbol_count(o); i++) {
        GElf_Sym symbol = symbol_at(o, i);
        if (!is_wanted(o, &symbol) || taken_before(name_of(o, &symbol)))
            continue;
        uint8_t *original = symbol_bytes(o, next++);
        memcpy(original, symbol_bytes(o, i), sizeof(Elf64_Sym));
        put(original + offsetof(Elf64_Sym, st_name), name_at, sizeof(Elf64_Word));
        original[offsetof(Elf64_Sym, st_other)] = STV_HIDDEN;
        symbol_bytes(o, i)[offsetof(Elf64_Sym, st_info)] = ELF64_ST_INFO(STB_WEAK, STT_FUNC);
        write_name(o, name_of(o, &symbol), &name_at);
    }
}

/* Says in the header of section [index] where it lies now. */
static void move_section(object *o, size_t index, uint64_t offset, uint64_t size)
{
    uint8_t *header = o->out + o->header.e_shoff + index * sizeof(Elf64_Shdr);
    put(header + offsetof(Elf64_Shdr, sh_offset), offset, sizeof(Elf64_Off));
    put(header + offsetof(Elf64_Shdr, sh_size), size, sizeof(Elf64_Xword));
}

static wisp_status rewrite(object *o, wisp_bytes *out)
{
    wisp_status status = lay_out(o, out);
    if (status)
        return status;
    write_symbols(o);
    move_section(o, o->symbols_index, o->symbols_at,
                 o->symbols.sh_size + o->added_count * sizeof(Elf64_Sym));
    move_section(o, o->names_index, o->names_at, o->names.sh_size + o->added_names_size);
    return WISP_OK;
}

wisp_status wisp_thunks_take(wisp_thunks *thunks, const char *path, wisp_bytes bytes,
                             wisp_bytes *out, wisp_error *err)
{
    object o = {.thunks = thunks, .path = path, .bytes = bytes, .err = err};
    *out = bytes;
    elf_version(EV_CURRENT);
    wisp_status status = check_header(&o);
    if (!status)
        status = find_symbols(&o);
    if (!status)
        status = plan(&o);
    if (!status && o.added_count)
        status = rewrite(&o, out);
    elf_end(o.elf);
    return status;
}

/* ------------------------------------------------------------------ assembly */

static const char thunk_x86_64[] = "\tendbr64\n"
                                   "\tjmp\t*" WISP_SLOT_PREFIX "%s(%%rip)\n";

static const char thunk_aarch64[] = "\thint\t#34\n" /* bti c */
                                    "\tadrp\tx16, " WISP_SLOT_PREFIX "%s\n"
                                    "\tldr\tx16, [x16, #:lo12:" WISP_SLOT_PREFIX "%s]\n"
                                    "\tbr\tx16\n";

/* Puts one thunk into [to], of [size] bytes; gives how many it takes. */
static size_t print_thunk(const wisp_thunk *thunk, uint32_t machine, char *to, size_t size)
{
    const char *name = thunk->name;
    char code[3 * NAME_MAX]; /* two names and some words */
    if (machine == EM_X86_64)
        snprintf(code, sizeof code, thunk_x86_64, name);
    else
        snprintf(code, sizeof code, thunk_aarch64, name, name);
    return (size_t)snprintf(
        to, size,
        "\n\t.text\n\t.balign\t16\n\t.globl\t%s\n%s%s%s\t.type\t%s, %%function\n"
        "%s:\n\t.cfi_startproc\n%s\t.cfi_endproc\n\t.size\t%s, .-%s\n"
        "\t.data\n\t.balign\t8\n\t.globl\t" WISP_SLOT_PREFIX "%s\n\t.hidden\t" WISP_SLOT_PREFIX
        "%s\n\t.type\t" WISP_SLOT_PREFIX "%s, %%object\n\t.size\t" WISP_SLOT_PREFIX
        "%s, 8\n" WISP_SLOT_PREFIX "%s:\n\t.quad\t" WISP_ORIGINAL_PREFIX "%s\n",
        name, thunk->is_hidden ? "\t.hidden\t" : "", thunk->is_hidden ? name : "",
        thunk->is_hidden ? "\n" : "", name, name, code, name, name, name, name, name, name, name,
        name);
}

static const char head[] = "/* Made by wisp symbols --thunks. */\n";
static const char tail[] = "\n\t.section\t.note.GNU-stack, \"\", %progbits\n";

wisp_status wisp_thunks_print(const wisp_thunks *thunks, wisp_bytes *out, wisp_error *err)
{
    size_t size = sizeof head + sizeof tail;
    for (const wisp_thunk *thunk = thunks->first; thunk; thunk = thunk->next)
        size += print_thunk(thunk, thunks->machine, NULL, 0);
    char *text = wisp_arena_alloc(thunks->arena, size, 1);
    if (!text)
        return wisp_fail_memory(err, size);
    strcpy(text, head);
    size_t len = sizeof head - 1;
    for (const wisp_thunk *thunk = thunks->first; thunk; thunk = thunk->next)
        len += print_thunk(thunk, thunks->machine, text + len, size - len);
    strcpy(text + len, tail);
    *out = (wisp_bytes){(uint8_t *)text, len + sizeof tail - 1};
    return WISP_OK;
}
