#include "rig.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <wisp/blackbox.h>
#include <wisp/bridge.h>
#include <wisp/native.h>

#include "host/measure/blackbox_page.h"

/*
 * Runs of a program with a black box. Most of them end by a copy of the page, taken from inside
 * an entry: it is what the next process would find if this one had ended there.
 */

struct run {
    uint8_t page[WISP_BLACKBOX_SIZE];
    uint8_t found[WISP_BLACKBOX_SIZE]; /* as it was in the entry that ends the run */
    bool has_ended;
    wisp_blackbox *box;
    wisp_host *host;
    wisp_guest *guest;
    struct ledger ledger;
};

static void end_run(struct run *run)
{
    if (!run->has_ended)
        memcpy(run->found, run->page, sizeof run->found);
    run->has_ended = true;
}

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    (void)guest, (void)channel, (void)bytes;
    end_run(user);
}

static wisp_status on_link(void *user, wisp_linker *linker, wisp_error *err)
{
    (void)linker, (void)err;
    end_run(user);
    return WISP_OK;
}

static void on_log(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                   size_t size)
{
    (void)guest, (void)level, (void)text, (void)size;
    end_run(user);
}

static const wisp_guest_config guest_config = {
    .name = "worker", .app_id = 0x1122334455667788, .on_message = on_message, .on_log = on_log};

/* Begins a run of the program that finds what the one before has left. */
static void begin(struct run *run)
{
    ledger_init(&run->ledger);
    run->has_ended = false;
    assert_int_equal(
        wisp_blackbox_open_memory(&run->ledger.allocator, run->page, &run->box, NULL), WISP_OK);
    wisp_host_config config = {.allocator = &run->ledger.allocator, .blackbox = run->box};
    assert_int_equal(wisp_host_new(&config, &run->host, NULL), WISP_OK);
    wisp_guest_config guest = guest_config;
    guest.user = run;
    assert_int_equal(wisp_guest_new(run->host, &guest, &run->guest, NULL), WISP_OK);
}

/* Ends it: in the entry that was chosen, or in an orderly way if there was none. */
static void end(struct run *run)
{
    bool has_ended = run->has_ended; /* the modules still say goodbye */
    wisp_host_free(run->host);
    wisp_blackbox_close(run->box);
    assert_int_equal(run->ledger.live_blocks, 0);
    if (has_ended)
        memcpy(run->page, run->found, sizeof run->page);
}

static wisp_status start(struct run *run, const char *name)
{
    return wisp_guest_start(run->guest, rig_module(name), NULL);
}

static void deliver(struct run *run, enum channel channel)
{
    struct command c = {0};
    wisp_guest_deliver(run->guest, channel, (wisp_bytes){(const uint8_t *)&c, sizeof c}, NULL);
}

/* A run that ends in the middle of module [name]. */
static void crash_in(struct run *run, const char *name)
{
    begin(run);
    assert_int_equal(start(run, name), WISP_OK);
    deliver(run, COUNT);
    assert_true(run->has_ended);
    end(run);
}

static void assert_nobody(const struct run *run)
{
    wisp_blame blame;
    assert_false(wisp_blackbox_blame(run->box, &blame));
}

/* ------------------------------------------------------------------ whom to blame */

static void an_orderly_end_is_nobodys_fault(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    begin(&run);
    assert_nobody(&run);
    assert_int_equal(start(&run, "v1"), WISP_OK);
    assert_int_equal(wisp_guest_save(run.guest, NULL), WISP_OK);
    end(&run);
    begin(&run);
    assert_nobody(&run);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v1")), 0);
    end(&run);
}

static void the_entry_that_did_not_return_is_to_blame(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    crash_in(&run, "v2");
    begin(&run);
    wisp_blame blame;
    assert_true(wisp_blackbox_blame(run.box, &blame));
    assert_string_equal(blame.guest, "worker");
    assert_true(blame.app_id == 0x1122334455667788);
    assert_int_equal(blame.version, 2);
    assert_string_equal(blame.entry, "message");
    assert_int_equal(blame.type, COUNT);
    assert_int_equal(blame.times, 1);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v2")), 1);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v1")), 0);
    end(&run);
}

static void expect_entry(struct run *run, const char *entry, uint32_t version)
{
    wisp_blame blame;
    assert_true(run->has_ended);
    end(run);
    begin(run);
    assert_true(wisp_blackbox_blame(run->box, &blame));
    assert_string_equal(blame.entry, entry);
    assert_int_equal(blame.version, version);
    end(run);
    memset(run, 0, sizeof *run);
}

static void each_kind_of_entry_is_noted(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    begin(&run);
    start(&run, "v1");
    wisp_guest_stop(run.guest); /* it says goodbye */
    expect_entry(&run, "stop", 1);

    begin(&run);
    start(&run, "start_repeats_1");
    wisp_host_step(run.host, UINT64_MAX);
    expect_entry(&run, "task", 1);

    begin(&run);
    start(&run, "v1");
    assert_int_equal(wisp_guest_swap(run.guest, rig_module("v2"), NULL), WISP_OK);
    expect_entry(&run, "restore", 2); /* it logs */
}

/* What a module is linked with is the program's to add, and can crash as well. */
static void loading_is_noted_before_the_version_is_known(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    begin(&run);
    wisp_guest_config config = {.name = "a name that is longer than what there is room for",
                                .on_link = on_link,
                                .user = &run};
    wisp_guest *guest;
    assert_int_equal(wisp_guest_new(run.host, &config, &guest, NULL), WISP_OK);
    wisp_guest_start(guest, rig_module("v1"), NULL);
    assert_true(run.has_ended);
    end(&run);
    begin(&run);
    wisp_blame blame;
    assert_true(wisp_blackbox_blame(run.box, &blame));
    assert_string_equal(blame.entry, "load");
    assert_string_equal(blame.guest, "a name that is longer than what");
    assert_int_equal(blame.version, 0);
    end(&run);
}

static struct run *native_run;

static int native_start(void)
{
    return 0;
}

static void native_message(uint32_t channel, const void *data, uint32_t size)
{
    (void)channel, (void)data, (void)size;
    end_run(native_run);
}

/* Such modules crash their programs for real. They are told apart by guest and version. */
static void native_modules_are_blamed_each_for_itself(void **state)
{
    (void)state;
    static struct run run;
    static wisp_native_link link;
    static const wisp_native good = {.version = 6, .link = &link, .start = native_start};
    static const wisp_native bad = {
        .version = 5, .link = &link, .start = native_start, .message = native_message};
    native_run = &run;
    memset(&run, 0, sizeof run);
    for (int i = 0; i < 3; i++) {
        begin(&run);
        assert_int_equal(wisp_guest_start_native(run.guest, &bad, NULL), WISP_OK);
        deliver(&run, COUNT);
        assert_true(run.has_ended);
        end(&run);
    }
    begin(&run);
    wisp_blame blame;
    assert_true(wisp_blackbox_blame(run.box, &blame));
    assert_int_equal(blame.version, 5);
    assert_int_equal(blame.times, 3);
    assert_int_equal(wisp_guest_start_native(run.guest, &bad, NULL), WISP_BANNED);
    assert_int_equal(wisp_guest_start_native(run.guest, &good, NULL), WISP_OK);
    end(&run);
}

/* ------------------------------------------------------------------ boot loops */

static void a_module_that_ends_three_runs_in_a_row_is_not_started_again(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    for (int i = 0; i < 3; i++)
        crash_in(&run, "v2");
    begin(&run);
    wisp_blame blame;
    wisp_error err;
    assert_true(wisp_blackbox_blame(run.box, &blame));
    assert_int_equal(blame.times, 3);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v2")), 3);
    assert_int_equal(wisp_guest_start(run.guest, rig_module("v2"), &err), WISP_BANNED);
    assert_non_null(strstr(err.text, "3 times in a row"));
    assert_int_equal(start(&run, "v1"), WISP_OK); /* another one is */
    assert_int_equal(wisp_guest_swap(run.guest, rig_module("v2"), NULL), WISP_BANNED);
    wisp_blackbox_forgive(run.box, blame.module);
    assert_int_equal(wisp_guest_swap(run.guest, rig_module("v2"), NULL), WISP_OK);
    end(&run);
    memset(&run, 0, sizeof run);
}

static void a_run_that_ends_otherwise_breaks_the_row(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    crash_in(&run, "v2");
    crash_in(&run, "v2");
    begin(&run);
    assert_int_equal(start(&run, "v2"), WISP_OK);
    end(&run);
    crash_in(&run, "v2");
    begin(&run);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v2")), 1);
    end(&run);
}

static void the_fault_of_another_breaks_the_row_as_well(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    crash_in(&run, "v2");
    begin(&run);
    wisp_guest *second;
    wisp_guest_config config = {.name = "second"};
    assert_int_equal(wisp_guest_new(run.host, &config, &second, NULL), WISP_OK);
    assert_int_equal(wisp_guest_start(second, rig_module("v2"), NULL), WISP_OK);
    assert_int_equal(start(&run, "v1"), WISP_OK);
    deliver(&run, COUNT);
    end(&run);
    begin(&run);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v1")), 1);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v2")), 0);
    end(&run);
}

static void a_run_without_the_module_says_nothing_of_it(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    crash_in(&run, "v2");
    crash_in(&run, "v1");
    begin(&run);
    end(&run);
    begin(&run);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v1")), 1);
    assert_int_equal(wisp_blackbox_times(run.box, rig_module("v2")), 1);
    end(&run);
}

static void the_latest_are_remembered_and_the_oldest_make_room(void **state)
{
    (void)state;
    static wisp_blackbox_book book;
    static uint8_t page[WISP_BLACKBOX_SIZE];
    for (uint64_t module = 1; module <= WISP_BLACKBOX_RECORDS_MAX + 5; module++) {
        wisp_blackbox_note note = wisp_blackbox_note_of("guest", 0, module, 1);
        wisp_put_u32(note.bytes, WISP_ENTRY_TASK + 1);
        wisp_blackbox_add(&book, &note);
    }
    wisp_blackbox_encode(&book, page);
    assert_int_equal(wisp_blackbox_decode(page, &book, NULL), WISP_OK);
    assert_int_equal(book.len, WISP_BLACKBOX_RECORDS_MAX);
    assert_true(wisp_blackbox_module(&book.records[0].note) == WISP_BLACKBOX_RECORDS_MAX + 5);
    assert_null(wisp_blackbox_find(&book, 5));
    assert_non_null(wisp_blackbox_find(&book, 6));
}

/* ------------------------------------------------------------------ looking from outside */

static void one_in_use_can_be_read(void **state)
{
    (void)state;
    static struct run run;
    memset(&run, 0, sizeof run);
    crash_in(&run, "v1");
    crash_in(&run, "v1");
    crash_in(&run, "v2"); /* ended, but nobody has opened it since */
    wisp_blame blames[8];
    size_t len;
    bool is_open;
    wisp_bytes bytes = {run.page, sizeof run.page};
    assert_int_equal(wisp_blackbox_read(bytes, blames, 8, &len, &is_open, NULL), WISP_OK);
    assert_int_equal(len, 2);
    assert_true(is_open);
    assert_int_equal(blames[0].version, 2);
    assert_int_equal(blames[0].times, 1);
    assert_int_equal(blames[1].version, 1);
    assert_int_equal(blames[1].times, 2);
    assert_int_equal(wisp_blackbox_read(bytes, blames, 1, &len, &is_open, NULL), WISP_OK);
    assert_int_equal(len, 1);
    begin(&run);
    end(&run);
    assert_int_equal(wisp_blackbox_read(bytes, blames, 8, &len, &is_open, NULL), WISP_OK);
    assert_int_equal(len, 2);
    assert_false(is_open);
}

static void what_is_no_black_box_is_told_and_counts_as_empty(void **state)
{
    (void)state;
    static struct run run;
    static const struct {
        size_t at;
        wisp_status status;
    } damages[] = {{0, WISP_MALFORMED},
                   {8, WISP_UNSUPPORTED},
                   {16, WISP_MALFORMED},
                   {WISP_BLACKBOX_RECORDS_AT, WISP_MALFORMED},
                   {WISP_BLACKBOX_SIZE - 1, WISP_MALFORMED}};
    wisp_blame blame;
    size_t len;
    bool is_open;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        memset(&run, 0, sizeof run);
        crash_in(&run, "v1");
        crash_in(&run, "v1");
        run.page[damages[i].at] ^= 1;
        wisp_bytes bytes = {run.page, sizeof run.page};
        assert_int_equal(wisp_blackbox_read(bytes, &blame, 1, &len, &is_open, NULL),
                         damages[i].status);
        begin(&run);
        assert_nobody(&run);
        assert_int_equal(wisp_blackbox_times(run.box, rig_module("v1")), 0);
        end(&run);
    }
    wisp_bytes cut = {run.page, sizeof run.page - 1};
    assert_int_equal(wisp_blackbox_read(cut, &blame, 1, &len, &is_open, NULL), WISP_MALFORMED);
}

/* ------------------------------------------------------------------ files */

static char path[] = "blackbox.XXXXXX";

static wisp_status open_file(wisp_blackbox **box)
{
    return wisp_blackbox_open(NULL, NULL, path, box, NULL);
}

static void kill_process(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    (void)user, (void)guest, (void)channel, (void)bytes;
    raise(SIGKILL);
}

/* Runs a module whose message ends the process. */
static void run_to_the_end(void)
{
    wisp_blackbox *box;
    wisp_host *host;
    wisp_guest *guest;
    if (open_file(&box) != WISP_OK)
        _exit(1);
    wisp_host_config config = {.blackbox = box};
    wisp_guest_config guest_of = {.name = "doomed", .on_message = kill_process};
    struct command c = {0};
    wisp_bytes bytes = {(const uint8_t *)&c, sizeof c};
    if (wisp_host_new(&config, &host, NULL) != WISP_OK ||
        wisp_guest_new(host, &guest_of, &guest, NULL) != WISP_OK ||
        wisp_guest_start(guest, rig_module("v3"), NULL) != WISP_OK ||
        wisp_guest_deliver(guest, COUNT, bytes, NULL) != WISP_OK)
        _exit(2);
    _exit(3);
}

static void make_file(void)
{
    memcpy(path, "blackbox.XXXXXX", sizeof path);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

static void a_process_that_was_killed_leaves_its_note(void **state)
{
    (void)state;
    make_file();
    rig_module("v3");
    for (uint32_t times = 1; times <= 2; times++) {
        pid_t child = fork();
        if (child == 0)
            run_to_the_end();
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    wisp_blackbox *box, *second;
    wisp_blame blame;
    assert_int_equal(open_file(&box), WISP_OK);
    assert_true(wisp_blackbox_blame(box, &blame));
    assert_string_equal(blame.guest, "doomed");
    assert_int_equal(blame.version, 3);
    assert_int_equal(blame.times, 2);
    assert_int_equal(open_file(&second), WISP_BUSY);
    wisp_blackbox_close(box);
    assert_int_equal(open_file(&box), WISP_OK);
    assert_false(wisp_blackbox_blame(box, &blame));
    assert_int_equal(wisp_blackbox_times(box, rig_module("v3")), 2);
    wisp_blackbox_close(box);
    unlink(path);
}

/* The system's table, of which call number [fail_at] fails. */
static struct {
    int calls, fail_at, open;
} faults;

static bool is_fault(void)
{
    return ++faults.calls == faults.fail_at;
}

static int faulty_open(void *user, const char *name, int flags)
{
    if (is_fault())
        return -EACCES;
    faults.open++;
    return wisp_os_posix()->open(user, name, flags);
}

static int faulty_close(void *user, int fd)
{
    faults.open--;
    return wisp_os_posix()->close(user, fd);
}

static int faulty_lock(void *user, int fd)
{
    return is_fault() ? -ENOLCK : wisp_os_posix()->lock(user, fd);
}

static int64_t faulty_size(void *user, int fd)
{
    return is_fault() ? -EIO : wisp_os_posix()->file_size(user, fd);
}

static int64_t faulty_write(void *user, int fd, const void *from, size_t size, uint64_t offset)
{
    return is_fault() ? -ENOSPC : wisp_os_posix()->write_at(user, fd, from, size, offset);
}

static void a_system_that_fails_gives_no_black_box(void **state)
{
    (void)state;
    wisp_os os = *wisp_os_posix();
    os.open = faulty_open;
    os.close = faulty_close;
    os.lock = faulty_lock;
    os.file_size = faulty_size;
    os.write_at = faulty_write;
    struct ledger ledger;
    ledger_init(&ledger);
    wisp_blackbox *box;
    wisp_error err;
    memset(&faults, 0, sizeof faults);
    do {
        make_file();
        faults.fail_at++;
        faults.calls = 0;
        wisp_status status = wisp_blackbox_open(&ledger.allocator, &os, path, &box, &err);
        assert_int_equal(status, faults.calls >= faults.fail_at ? WISP_IO : WISP_OK);
        if (status == WISP_OK)
            wisp_blackbox_close(box);
        else
            assert_non_null(strstr(err.text, path));
        assert_int_equal(faults.open, 0);
        assert_int_equal(ledger.live_blocks, 0);
        unlink(path);
    } while (faults.calls >= faults.fail_at);
    assert_int_equal(faults.fail_at, 5);

    ledger.refuse_from = ledger.calls + 1;
    ledger.refuse_to = SIZE_MAX;
    assert_int_equal(wisp_blackbox_open(&ledger.allocator, &os, path, &box, NULL),
                     WISP_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_orderly_end_is_nobodys_fault),
        cmocka_unit_test(the_entry_that_did_not_return_is_to_blame),
        cmocka_unit_test(each_kind_of_entry_is_noted),
        cmocka_unit_test(loading_is_noted_before_the_version_is_known),
        cmocka_unit_test(native_modules_are_blamed_each_for_itself),
        cmocka_unit_test(a_module_that_ends_three_runs_in_a_row_is_not_started_again),
        cmocka_unit_test(a_run_that_ends_otherwise_breaks_the_row),
        cmocka_unit_test(the_fault_of_another_breaks_the_row_as_well),
        cmocka_unit_test(a_run_without_the_module_says_nothing_of_it),
        cmocka_unit_test(the_latest_are_remembered_and_the_oldest_make_room),
        cmocka_unit_test(one_in_use_can_be_read),
        cmocka_unit_test(what_is_no_black_box_is_told_and_counts_as_empty),
        cmocka_unit_test(a_process_that_was_killed_leaves_its_note),
        cmocka_unit_test(a_system_that_fails_gives_no_black_box),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
