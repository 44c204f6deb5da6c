#include "subjects.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

const patch_subject *subject_named(const char *name)
{
    for (const patch_subject *at = subjects; at->name; at++)
        if (strcmp(at->name, name) == 0)
            return at;
    return NULL;
}

wisp_patch_image subject_image(void)
{
    static const uint8_t id[] = {0x57, 0x69, 0x73, 0x70, 0x50, 0x61,
                                 0x74, 0x63, 0x68, 0x00, 0x00, 0x01};
    wisp_patch_image image;
    assert_int_equal(wisp_patch_image_find((wisp_bytes){id, sizeof id}, &image, NULL), WISP_OK);
    return image;
}

static uintptr_t address_of(uint64_t (*function)(uint64_t number))
{
    uintptr_t address;
    memcpy(&address, &function, sizeof address);
    return address;
}

/* ------------------------------------------------------------------ text */

enum { SUBJECTS_MAX = 32 };
static uint8_t built[SUBJECTS_MAX][SUBJECT_SIZE];

__attribute__((constructor)) static void keep_text(void)
{
    for (const patch_subject *at = subjects; at->name; at++)
        memcpy(built[at - subjects], subject_found(at), SUBJECT_SIZE);
}

const uint8_t *subject_built(const patch_subject *subject)
{
    return built[subject - subjects];
}

const uint8_t *subject_found(const patch_subject *subject)
{
    return (const uint8_t *)address_of(subject->call);
}

wisp_patch_function subject_function(const patch_subject *subject, uint8_t entry[SUBJECT_SIZE])
{
    memcpy(entry, subject_built(subject), SUBJECT_SIZE);
    return (wisp_patch_function){.symbol = subject->name,
                                 .place = WISP_PATCH_SLED,
                                 .address = address_of(subject->call) - subject_image().base,
                                 .sled = subject->sled,
                                 .entry = {entry, SUBJECT_SIZE}};
}

/* ------------------------------------------------------------------ slots */

void subject_lead(wisp_patch_slot *slot, uint64_t (*replacement)(uint64_t number))
{
    memcpy(&slot->detour.dispatch, &replacement, sizeof replacement);
}

wisp_status subject_try_open(const wisp_patch_text *text, const wisp_patch_function *function,
                             wisp_patch_slot **out, wisp_error *err)
{
    wisp_patch_image image = subject_image();
    const void *entry = (const void *)(uintptr_t)subject_entry;
    return wisp_patch_slot_open(text, &image, function, entry, out, err);
}

static wisp_patch_slot *open_slot(const wisp_patch_text *text,
                                  const wisp_patch_function *function,
                                  uint64_t (*replacement)(uint64_t number))
{
    wisp_patch_slot *slot = NULL;
    wisp_error err = {0};
    if (subject_try_open(text, function, &slot, &err) != WISP_OK)
        fail_msg("%s: %s", function->symbol, err.text);
    subject_lead(slot, replacement);
    return slot;
}

wisp_patch_slot *subject_open(const wisp_patch_text *text, const patch_subject *subject,
                              uint64_t (*replacement)(uint64_t number))
{
    uint8_t entry[SUBJECT_SIZE];
    wisp_patch_function function = subject_function(subject, entry);
    return open_slot(text, &function, replacement);
}

wisp_patch_function subject_thunk_function(void)
{
    return (wisp_patch_function){.symbol = "subject_thunk",
                                 .place = WISP_PATCH_SLOT,
                                 .address = (uintptr_t)&subject_pointer - subject_image().base};
}

wisp_patch_slot *subject_open_thunk(const wisp_patch_text *text,
                                    uint64_t (*replacement)(uint64_t number))
{
    wisp_patch_function function = subject_thunk_function();
    return open_slot(text, &function, replacement);
}

uint64_t subject_original(const wisp_patch_slot *slot, uint64_t number)
{
    uint64_t (*original)(uint64_t number);
    memcpy(&original, &slot->detour.original, sizeof original);
    return original(number);
}

wisp_patch_text subject_text(wisp_patch_write write)
{
    wisp_patch_text text;
    wisp_error err = {0};
    if (wisp_patch_text_open(wisp_os_self_linux(), write, &text, &err) != WISP_OK) {
        printf("# %s\n", err.text);
        skip();
    }
    return text;
}
