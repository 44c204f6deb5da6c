#include "host/measure/blackbox_page.h"

#include <string.h>

#include <wisp/bridge.h>

#include "base/checksum.h"
#include "base/error.h"

static const uint8_t magic[8] = "wispbox";

enum { FORMAT = 1, FORMAT_AT = 8, SUM_AT = 16 };

/* In a note. */
enum { KIND_AT = 0, TYPE_AT = 4, MODULE_AT = 8, APP_ID_AT = 16, VERSION_AT = 24, NAME_AT = 32 };

/* In a record, behind its note. */
enum { TIMES_AT = 64, HAS_RUN_AT = 68 };

/* ------------------------------------------------------------------ notes */

wisp_blackbox_note wisp_blackbox_note_of(const char *name, uint64_t app_id, uint64_t module,
                                         uint32_t version)
{
    wisp_blackbox_note note = {0};
    size_t size = strlen(name);
    wisp_put_u64(note.bytes + MODULE_AT, module);
    wisp_put_u64(note.bytes + APP_ID_AT, app_id);
    wisp_put_u32(note.bytes + VERSION_AT, version);
    memcpy(note.bytes + NAME_AT, name,
           size < WISP_BLAME_GUEST_MAX ? size : WISP_BLAME_GUEST_MAX - 1);
    return note;
}

uint64_t wisp_blackbox_module(const wisp_blackbox_note *note)
{
    return wisp_get_u64(note->bytes + MODULE_AT);
}

static bool makes_sense(const wisp_blackbox_note *note)
{
    uint32_t kind = wisp_get_u32(note->bytes + KIND_AT);
    return kind > 0 && kind <= WISP_BLACKBOX_LOAD + 1 &&
           note->bytes[NAME_AT + WISP_BLAME_GUEST_MAX - 1] == '\0';
}

wisp_blame wisp_blackbox_blame_of(const wisp_blackbox_note *note, uint32_t times)
{
    uint32_t kind = wisp_get_u32(note->bytes + KIND_AT) - 1;
    wisp_blame blame = {
        .app_id = wisp_get_u64(note->bytes + APP_ID_AT),
        .module = wisp_blackbox_module(note),
        .version = wisp_get_u32(note->bytes + VERSION_AT),
        .entry =
            kind == WISP_BLACKBOX_LOAD ? "load" : wisp_entry_kind_name((wisp_entry_kind)kind),
        .type = wisp_get_u32(note->bytes + TYPE_AT),
        .times = times,
    };
    memcpy(blame.guest, note->bytes + NAME_AT, sizeof blame.guest);
    return blame;
}

bool wisp_blackbox_under_way(const uint8_t *page, wisp_blackbox_note *note)
{
    memcpy(note->bytes, page + WISP_BLACKBOX_NOTE_AT, sizeof note->bytes);
    return makes_sense(note);
}

/* ------------------------------------------------------------------ pages */

/* Of the records alone: the rest is constant, or changes with each entry. */
static uint64_t sum_of(const uint8_t *page)
{
    return wisp_checksum((wisp_bytes){page + WISP_BLACKBOX_RECORDS_AT,
                                      WISP_BLACKBOX_SIZE - WISP_BLACKBOX_RECORDS_AT});
}

static wisp_status check_page(const uint8_t *page, wisp_error *err)
{
    if (memcmp(page, magic, sizeof magic) != 0)
        return wisp_fail_at(err, WISP_MALFORMED, 0, "these bytes are no black box");
    uint32_t format = wisp_get_u32(page + FORMAT_AT);
    if (format != FORMAT)
        return wisp_fail_at(err, WISP_UNSUPPORTED, FORMAT_AT,
                            "the black box has format %u, expected %d", format, FORMAT);
    if (wisp_get_u64(page + SUM_AT) != sum_of(page))
        return wisp_fail_at(err, WISP_MALFORMED, SUM_AT, "the black box is damaged");
    return WISP_OK;
}

wisp_status wisp_blackbox_decode(const uint8_t *page, wisp_blackbox_book *book, wisp_error *err)
{
    *book = (wisp_blackbox_book){.len = 0};
    wisp_status status = check_page(page, err);
    if (status != WISP_OK)
        return status;
    const uint8_t *at = page + WISP_BLACKBOX_RECORDS_AT;
    for (; book->len < WISP_BLACKBOX_RECORDS_MAX; at += WISP_BLACKBOX_RECORD_SIZE) {
        wisp_blackbox_record *record = &book->records[book->len];
        memcpy(record->note.bytes, at, sizeof record->note.bytes);
        record->times = wisp_get_u32(at + TIMES_AT);
        record->has_run = wisp_get_u32(at + HAS_RUN_AT) != 0;
        if (record->times == 0 || !makes_sense(&record->note))
            break;
        book->len++;
    }
    return WISP_OK;
}

void wisp_blackbox_encode(const wisp_blackbox_book *book, uint8_t *page)
{
    uint8_t *at = page + WISP_BLACKBOX_RECORDS_AT;
    memcpy(page, magic, sizeof magic);
    wisp_put_u64(page + FORMAT_AT, FORMAT);
    memset(at, 0, WISP_BLACKBOX_SIZE - WISP_BLACKBOX_RECORDS_AT);
    for (size_t i = 0; i < book->len; i++, at += WISP_BLACKBOX_RECORD_SIZE) {
        memcpy(at, book->records[i].note.bytes, WISP_BLACKBOX_NOTE_SIZE);
        wisp_put_u32(at + TIMES_AT, book->records[i].times);
        wisp_put_u32(at + HAS_RUN_AT, book->records[i].has_run);
    }
    wisp_put_u64(page + SUM_AT, sum_of(page));
}

/* ------------------------------------------------------------------ records */

wisp_blackbox_record *wisp_blackbox_find(wisp_blackbox_book *book, uint64_t module)
{
    for (size_t i = 0; i < book->len; i++)
        if (wisp_blackbox_module(&book->records[i].note) == module)
            return &book->records[i];
    return NULL;
}

void wisp_blackbox_remove(wisp_blackbox_book *book, wisp_blackbox_record *record)
{
    size_t behind = (size_t)(book->records + book->len - record) - 1;
    memmove(record, record + 1, behind * sizeof *record);
    book->len--;
}

void wisp_blackbox_add(wisp_blackbox_book *book, const wisp_blackbox_note *note)
{
    wisp_blackbox_record *known = wisp_blackbox_find(book, wisp_blackbox_module(note));
    wisp_blackbox_record record = {.note = *note, .times = known ? known->times : 0};
    if (record.times < UINT32_MAX)
        record.times++;
    if (known)
        wisp_blackbox_remove(book, known);
    else if (book->len == WISP_BLACKBOX_RECORDS_MAX)
        book->len--;
    memmove(book->records + 1, book->records, book->len * sizeof record);
    book->records[0] = record;
    book->len++;
}
