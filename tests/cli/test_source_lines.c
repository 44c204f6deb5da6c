#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "out.h"
#include "source_lines.h"

#include <stdlib.h>
#include <string.h>

/* The modules of the command line: at -O0, at -O2, with DWARF 5, without any. */
static wisp_bytes modules[4];

/* ------------------------------------------------------------------ helpers */

static wisp_module *load(wisp_bytes bytes)
{
    wisp_module *module;
    wisp_error err;
    if (wisp_module_new_borrowed(NULL, bytes, &module, &err))
        fail_msg("%s", err.text);
    return module;
}

static wisp_section code_of(const wisp_module *module)
{
    wisp_section section = {0};
    for (uint32_t i = 0; wisp_module_section(module, i, &section); i++) {
        if (section.id == 10)
            break;
    }
    return section;
}

static bool is_debug(const wisp_section *section)
{
    return section->id == 0 && strncmp(section->name, ".debug_", 7) == 0;
}

static void check_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);
    assert_true(len < size);
    for (size_t i = 0; i < len; i++)
        assert_true((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
}

/* Asks for the place of every byte of the code, and a few that are none; counts the answers. */
static uint32_t look_everywhere(wisp_bytes bytes)
{
    uint32_t found = 0;
    wisp_module *module = load(bytes);
    wisp_section code = code_of(module);
    source_lines *lines = source_lines_open(module, bytes.data);
    for (uint32_t i = 0; lines && i < code.size + 8; i++) {
        source_place places[SOURCE_PLACES_MAX];
        uint32_t len = source_lines_find(lines, code.offset - 4 + i, places);
        assert_true(len <= SOURCE_PLACES_MAX);
        for (uint32_t k = 0; k < len; k++) {
            check_text(places[k].function, sizeof places[k].function);
            check_text(places[k].file, sizeof places[k].file);
        }
        found += len > 0;
    }
    source_lines_close(lines);
    wisp_module_free(module);
    return found;
}

/* ------------------------------------------------------------------ claims */

static void all_of_a_function_has_lines(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(look_everywhere(modules[i]) > 20);
}

static void a_module_without_debug_information_has_none(void **state)
{
    (void)state;
    wisp_module *module = load(modules[3]);
    assert_null(source_lines_open(module, modules[3].data));
    wisp_module_free(module);
}

/* ------------------------------------------------------------------ damage */

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* One of the sections with DWARF, and where what is before it ends. */
static wisp_section pick_section(const wisp_module *module, uint32_t *seed, uint32_t *before)
{
    wisp_section section = {0}, list[16];
    uint32_t ends[16], len = 0, end = 8;
    for (uint32_t i = 0; wisp_module_section(module, i, &section) && len < 16; i++) {
        if (is_debug(&section)) {
            ends[len] = end;
            list[len++] = section;
        }
        end = section.offset + section.size;
    }
    assert_true(len >= 4);
    uint32_t picked = next_random(seed) % (len + !len);
    *before = ends[picked];
    return list[picked];
}

static uint32_t name_size(const wisp_section *section)
{
    return 1 + (uint32_t)strlen(section->name);
}

/* Changes one to eight bytes of [copy]. */
static void flip(uint8_t *copy, const wisp_section *section, uint32_t *seed)
{
    uint32_t skipped = name_size(section), size = section->size - skipped;
    if (size == 0)
        return; /* nothing to change */
    for (uint32_t n = 1 + next_random(seed) % 8; n > 0; n--) {
        uint8_t *byte = copy + section->offset + skipped + next_random(seed) % size;
        uint32_t how = next_random(seed) % 4;
        *byte = how == 0 ? 0xff : how == 1 ? 0 : (uint8_t)(*byte ^ 1u << next_random(seed) % 8);
    }
}

/* Takes bytes off the section's end; gives the size of the module that is left. */
static size_t cut(uint8_t *copy, size_t size, const wisp_section *section, uint32_t before,
                  uint32_t *seed)
{
    uint32_t least = name_size(section);
    uint32_t room = section->size - least;
    if (room == 0)
        return size;
    uint32_t left = least + next_random(seed) % room;
    uint8_t *to = copy + before + 1; /* behind the section's id */
    uint8_t *from = copy + section->offset;
    for (ptrdiff_t i = 0; i < from - to; i++) { /* a number as long as the one before */
        bool is_last = i == from - to - 1;
        to[i] = (uint8_t)((left >> 7 * i & 0x7f) | (is_last ? 0 : 0x80));
    }
    size_t behind = section->offset + section->size;
    memmove(from + left, copy + behind, size - behind);
    return size - (section->size - left);
}

/* Several times in one run: DWARF that is damaged in one place often hides the rest. */
static void damaged_debug_information_does_no_harm(void **state)
{
    (void)state;
    uint32_t seed = 2463534242u, still_found = 0;
    for (uint32_t i = 0; i < 900; i++) {
        wisp_bytes whole = modules[i % 3];
        wisp_module *module = load(whole);
        uint32_t before;
        wisp_section section = pick_section(module, &seed, &before);
        uint8_t *copy = malloc(whole.size);
        assert_non_null(copy);
        memcpy(copy, whole.data, whole.size);
        size_t size = whole.size;
        if (i % 5 == 0)
            size = cut(copy, size, &section, before, &seed);
        else
            flip(copy, &section, &seed);
        still_found += look_everywhere((wisp_bytes){copy, size}) > 0;
        free(copy);
        wisp_module_free(module);
    }
    assert_in_range(still_found, 100, 899); /* it has been read, and some of it was broken */
}

int main(int argc, char **argv)
{
    wisp_error err;
    for (int i = 0; i < 4; i++) {
        if (i + 1 >= argc || read_input(argv[i + 1], &modules[i], &err))
            return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_function_has_lines),
        cmocka_unit_test(a_module_without_debug_information_has_none),
        cmocka_unit_test(damaged_debug_information_does_no_harm),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 0; i < 4; i++)
        free((void *)(uintptr_t)modules[i].data);
    return failed;
}
