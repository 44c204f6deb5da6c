#include "name.h"

#include "../take.h"

#include <ctype.h>
#include <string.h>

/* ------------------------------------------------------------------ the table */

static size_t hash(const char *name)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 32);
}

/* The entry of [name], or the free one where it belongs. The table is never full. */
static struct name_entry *entry_of(const name_table *table, const char *name)
{
    size_t at = hash(name) & (table->room - 1);
    while (table->entries[at].name && strcmp(table->entries[at].name, name) != 0)
        at = (at + 1) & (table->room - 1);
    return &table->entries[at];
}

void *name_find(const name_table *table, const char *name)
{
    return table->room ? entry_of(table, name)->value : NULL;
}

static void grow(name_table *table)
{
    name_table old = *table;
    table->room = old.room ? old.room * 2 : 64;
    table->entries = take(table->arena, table->room, sizeof *table->entries);
    for (size_t i = 0; i < old.room; i++)
        if (old.entries[i].name)
            *entry_of(table, old.entries[i].name) = old.entries[i];
}

void name_set(name_table *table, const char *name, void *value)
{
    if (table->len * 4 >= table->room * 3)
        grow(table);
    struct name_entry *entry = entry_of(table, name);
    table->len += !entry->name;
    *entry = (struct name_entry){name, value};
}

/* ------------------------------------------------------------------ identifiers */

/* What clang does not let a program declare, and what wisp_patch.h has; <stdint.h>, which it
 * includes, has the fast integers in other sizes than the program. */
static bool is_taken(const char *name)
{
    static const char *const words[] = {
        "auto",     "break",    "case",     "char",     "const",    "continue", "default",
        "do",       "double",   "else",     "enum",     "extern",   "float",    "for",
        "goto",     "if",       "inline",   "int",      "long",     "register", "restrict",
        "return",   "short",    "signed",   "sizeof",   "static",   "struct",   "switch",
        "typedef",  "union",    "unsigned", "void",     "volatile", "while",    "asm",
        "typeof",   "NULL",     "offsetof", "true",     "false",    "bool",     "_Bool",
        "_Alignas", "_Alignof", "_Atomic",  "_Noreturn"};
    static const char *const starts[] = {"wisp_",      "WISP_",    "original_",
                                         "__builtin_", "int_fast", "uint_fast"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

const char *name_identifier(wisp_arena *arena, const char *text)
{
    size_t size = strlen(text), len = 0;
    char *out = take(arena, size + 3, 1);
    if (isdigit((unsigned char)text[0]))
        out[len++] = '_';
    for (const char *at = text; *at; at++) {
        bool is_letter = isalnum((unsigned char)*at) || *at == '_';
        if (is_letter)
            out[len++] = *at;
        else if (len > 0 && out[len - 1] != '_') /* one for a run of signs */
            out[len++] = '_';
    }
    if (len > 1 && out[len - 1] == '_' && text[size - 1] != '_')
        len--;
    if (size && len == 0)
        out[len++] = '_';
    out[len] = '\0';
    if (is_taken(out))
        strcpy(out + len, "_");
    return out;
}

const char *name_claim(name_table *table, const char *text, void *value)
{
    enum { LENGTH_MAX = 200 }; /* names of templates have thousands, those of files 255 */
    const char *whole = name_identifier(table->arena, text);
    const char *wanted = take_text(table->arena, whole, strnlen(whole, LENGTH_MAX)),
               *name = wanted;
    for (unsigned i = 2; name_find(table, name); i++)
        name = take_print(table->arena, "%s_%u", wanted, i);
    name_set(table, name, value);
    return name;
}
