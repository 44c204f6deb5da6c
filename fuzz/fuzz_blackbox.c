#include <assert.h>
#include <string.h>

#include <wisp/blackbox.h>
#include <wisp/bridge.h>

#include "base/checksum.h"
#include "host/measure/blackbox_page.h"

/*
 * Any bytes as a black box: what is read makes sense, what is written of it is read as the same,
 * and opening it leaves one that is whole. The sum is set right first, if the last byte is odd.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_sum(uint8_t *page)
{
    wisp_bytes records = {page + WISP_BLACKBOX_RECORDS_AT,
                          WISP_BLACKBOX_SIZE - WISP_BLACKBOX_RECORDS_AT};
    memcpy(page, "wispbox\0\1\0\0\0\0\0\0", 16);
    wisp_put_u64(page + 16, wisp_checksum(records));
}

static size_t read_all(const uint8_t *page, wisp_blame *blames, size_t max, bool *is_open)
{
    size_t len;
    wisp_bytes bytes = {page, WISP_BLACKBOX_SIZE};
    if (wisp_blackbox_read(bytes, blames, max, &len, is_open, NULL) != WISP_OK)
        return 0;
    for (size_t i = 0; i < len; i++) {
        assert(memchr(blames[i].guest, '\0', sizeof blames[i].guest));
        assert(strlen(blames[i].entry) > 0);
        assert(blames[i].times > 0);
    }
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t page[WISP_BLACKBOX_SIZE];
    static wisp_blame before[WISP_BLACKBOX_RECORDS_MAX], after[WISP_BLACKBOX_RECORDS_MAX];
    memset(page, 0, sizeof page);
    memcpy(page, data, size < sizeof page ? size : sizeof page);
    if (size > 0 && data[size - 1] % 2)
        set_sum(page);
    bool was_open = false, is_open;
    size_t len = read_all(page, before, WISP_BLACKBOX_RECORDS_MAX, &was_open);

    wisp_blackbox *box;
    wisp_blame blame;
    if (wisp_blackbox_open_memory(NULL, page, &box, NULL) != WISP_OK)
        return 0;
    assert(wisp_blackbox_blame(box, &blame) == was_open);
    if (was_open)
        assert(blame.module == before[0].module && blame.times == before[0].times);
    wisp_blackbox_close(box);
    size_t left = read_all(page, after, WISP_BLACKBOX_RECORDS_MAX, &is_open);
    assert(!is_open && left <= len);
    return 0;
}
