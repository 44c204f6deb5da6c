#include "takes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sink that is a file: what it makes of segments, and what comes of a system that refuses. */

/* A system with two files, whose n-th call fails. */
static struct disk {
    wisp_os os;
    struct {
        char name[32];
        uint8_t bytes[1 << 16];
        size_t size;
        bool is_there;
    } files[2];
    int open_fd;
    int calls, fail_at;
} disk;

static bool fails(void)
{
    return ++disk.calls == disk.fail_at;
}

static int place_of(const char *path)
{
    return strcmp(path, "a.rec") == 0 ? 0 : 1;
}

static int disk_open(void *user, const char *path, int flags)
{
    (void)user;
    if (fails())
        return -EACCES;
    assert_int_equal(flags, WISP_OS_WRITE | WISP_OS_TRUNCATE);
    assert_int_equal(disk.open_fd, -1);
    disk.open_fd = place_of(path);
    disk.files[disk.open_fd].size = 0;
    disk.files[disk.open_fd].is_there = true;
    return disk.open_fd;
}

static int disk_close(void *user, int fd)
{
    (void)user;
    assert_int_equal(fd, disk.open_fd);
    disk.open_fd = -1;
    return 0;
}

/* Takes half of what it is given, as a system may. */
static int64_t disk_write_at(void *user, int fd, const void *from, size_t size, uint64_t offset)
{
    (void)user;
    assert_int_equal(fd, disk.open_fd);
    assert_int_equal(offset, disk.files[fd].size);
    if (fails())
        return -ENOSPC;
    size_t taken = size > 1 ? size / 2 : size;
    assert_true(offset + taken <= sizeof disk.files[fd].bytes);
    memcpy(disk.files[fd].bytes + offset, from, taken);
    disk.files[fd].size += taken;
    return (int64_t)taken;
}

static int disk_rename(void *user, const char *from, const char *to)
{
    (void)user;
    if (fails())
        return -EIO;
    assert_string_equal(from, "a.rec");
    assert_string_equal(to, "a.rec.old");
    disk.files[1] = disk.files[0];
    disk.files[0].is_there = false;
    return 0;
}

static void disk_init(int fail_at)
{
    memset(&disk, 0, sizeof disk);
    disk.os = *wisp_os_posix();
    disk.os.open = disk_open;
    disk.os.close = disk_close;
    disk.os.write_at = disk_write_at;
    disk.os.rename = disk_rename;
    disk.open_fd = -1;
    disk.fail_at = fail_at;
}

static int ends;
static wisp_status end_status;

static void on_end(void *user, wisp_guest *guest, wisp_status status, const char *reason)
{
    (void)user;
    (void)guest;
    (void)reason;
    ends++;
    end_status = status;
}

static wisp_status record(struct rig *r, const wisp_record_config *config, wisp_error *err)
{
    wisp_record_config full = *config;
    full.on_end = on_end;
    ends = 0;
    assert_int_equal(
        wisp_record_open_file(&r->ledger.allocator, &disk.os, "a.rec", &full.sink, err), WISP_OK);
    wisp_status status = wisp_guest_record(r->guest, &full, err);
    if (status != WISP_OK)
        full.sink.close(full.sink.user);
    return status;
}

static size_t count_entries(int place)
{
    wisp_recording *recording;
    wisp_recorded item;
    size_t count = 0;
    wisp_bytes bytes = {disk.files[place].bytes, disk.files[place].size};
    assert_int_equal(wisp_recording_open(NULL, bytes, &recording, NULL), WISP_OK);
    while (wisp_recording_next(recording, &item, NULL) == WISP_OK)
        count += item.kind == WISP_RECORDED_ENTRY;
    wisp_recording_close(recording);
    return count;
}

static void a_file_has_the_recording(void **state)
{
    (void)state;
    struct rig r;
    wisp_error err;
    disk_init(0);
    rig_start(&r, NULL, "v1");
    assert_int_equal(record(&r, &(wisp_record_config){0}, &err), WISP_OK);
    for (int i = 0; i < 5; i++)
        rig_deliver(&r, COUNT, 0, 0, 0);
    assert_int_equal(count_entries(0), 5); /* at once: a process that crashes has them */
    wisp_guest_record_end(r.guest);
    assert_int_equal(disk.open_fd, -1);
    assert_false(disk.files[1].is_there);
    assert_int_equal(ends, 1);
    rig_deinit(&r);
}

static void of_a_ring_the_segment_before_is_kept(void **state)
{
    (void)state;
    struct rig r;
    wisp_error err;
    wisp_record_status status;
    disk_init(0);
    rig_start(&r, NULL, "v1");
    wisp_record_config config = {.size_max = 60000, .is_ring = true};
    assert_int_equal(record(&r, &config, &err), WISP_OK);
    do {
        rig_deliver(&r, COUNT, 0, 0, 0);
        r.heard_len = 0;
        assert_true(wisp_guest_record_status(r.guest, &status));
    } while (status.segments < 3);
    /* And what came before them is gone. */
    assert_true(count_entries(0) + count_entries(1) < status.entries);
    assert_true(disk.files[0].size + disk.files[1].size <= 61000);
    rig_deinit(&r);
    assert_int_equal(disk.open_fd, -1);
}

static void a_system_that_refuses_ends_the_recording(void **state)
{
    (void)state;
    bool is_whole = false;
    for (int n = 1; !is_whole; n++) {
        struct rig r;
        wisp_error err;
        disk_init(n);
        rig_start(&r, NULL, "v1");
        wisp_record_config config = {.size_max = 40000, .is_ring = true, .buffer_size = 1 << 16};
        wisp_status status = record(&r, &config, &err);
        for (int i = 0; i < 1200; i++) {
            assert_int_equal(
                wisp_guest_send(r.guest, COUNT, (wisp_bytes){(uint8_t *)&i, 4}, NULL), WISP_OK);
            if (i % 400 == 399)
                rig_step(&r);
            r.heard_len = 0;
        }
        is_whole = disk.calls < n;
        if (!is_whole)
            assert_true(status == WISP_IO || (ends == 1 && end_status == WISP_IO));
        assert_int_equal(rig_status(&r).messages_in, 1200);
        rig_deinit(&r);
        assert_int_equal(disk.open_fd, -1);
        assert_true(n < 500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_the_recording),
        cmocka_unit_test(of_a_ring_the_segment_before_is_kept),
        cmocka_unit_test(a_system_that_refuses_ends_the_recording),
    };
    return cmocka_run_group_tests_name("host/record_file", tests, NULL, rig_free_modules);
}
