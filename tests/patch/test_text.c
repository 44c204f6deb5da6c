#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faulty_self.h"
#include "subjects.h"

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

/* ------------------------------------------------------------------ what is mapped */

/* What /proc/self/maps says of [address]: its line without the addresses; "" if nothing is. */
static const char *mapping_of(uintptr_t address)
{
    static char found[512];
    char line[sizeof found], *end;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    found[0] = 0;
    while (fgets(line, sizeof line, maps)) {
        uintptr_t low = strtoul(line, &end, 16), high = strtoul(end + 1, &end, 16);
        if (address >= low && address < high)
            snprintf(found, sizeof found, "%s", end + 1);
    }
    fclose(maps);
    return found;
}

static int writable_code; /* looks at which there was some */

static void look_for_writable_code(void)
{
    char line[512], rights[8];
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    bool is_found = false;
    while (fgets(line, sizeof line, maps))
        is_found |= sscanf(line, "%*s %7s", rights) == 1 && rights[1] == 'w' && rights[2] == 'x';
    fclose(maps);
    writable_code += is_found;
}

static int descriptor_count(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* ------------------------------------------------------------------ failures, in a fresh process
 */

/* Opens text for each call of the system that fails, and all after it. */
static void text_is_opened_by_what_works_or_not_at_all(void **state)
{
    (void)state;
    faulty_self system;
    wisp_patch_text text;
    wisp_error err;
    int descriptors = descriptor_count();
    bool is_struck = true;
    faulty_self_init(&system);
    for (uint64_t n = 1; is_struck; n++) {
        for (int further = 0; further < 2; further++) {
            system.fail_further = further != 0;
            faulty_self_fail(&system, n);
            wisp_status status =
                wisp_patch_text_open(&system.table, WISP_PATCH_WRITE_BEST, &text, &err);
            assert_true(status == WISP_OK || (status == WISP_UNSUPPORTED && further));
            assert_true((status == WISP_OK) ==
                        (wisp_patch_text_first(&text) != WISP_PATCH_WRITE_BEST));
        }
        is_struck = faulty_self_struck(&system);
    }
    assert_int_equal(descriptor_count(), descriptors);
}

static void check_opening(wisp_patch_write write, const char *name)
{
    faulty_self system;
    wisp_patch_text text = subject_text(write);
    uint8_t entry[SUBJECT_SIZE];
    wisp_patch_function function = subject_function(subject_named(name), entry);
    wisp_patch_slot *slot = NULL;
    wisp_status status = WISP_IO;
    faulty_self_init(&system);
    system.fail_further = true;
    text.system = &system.table;
    for (uint64_t n = 1; status != WISP_OK; n++) {
        faulty_self_fail(&system, n);
        status = subject_try_open(&text, &function, &slot, NULL);
        assert_true(status == WISP_IO || (status == WISP_OK && slot));
        assert_true(n < 1000);
    }
    faulty_self_fail(&system, 0);
    subject_lead(slot, plus_a_hundred);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    assert_int_equal(subject_named(name)->call(1), 101);
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
}

/* Pages for stubs included, if they run first. */
static void a_slot_that_fails_to_open_opens_later(void **state)
{
    (void)state;
    int descriptors = descriptor_count();
    check_opening(WISP_PATCH_WRITE_PAGE_SWAP, "subject_first");
    check_opening(WISP_PATCH_WRITE_STORE, "subject_second");
    assert_int_equal(descriptor_count(), descriptors);
}

static void a_slot_that_fails_to_open_opens_later_by_proc_mem(void **state)
{
    (void)state;
    check_opening(WISP_PATCH_WRITE_PROC_MEM, "subject_third");
}

/* The function is as the status says, whatever fails. */
static bool toggle_failing(const wisp_patch_text *text, faulty_self *system,
                           wisp_patch_slot *slot, uint64_t n)
{
    const patch_subject *subject = subject_named("subject_clang");
    faulty_self_fail(system, n);
    wisp_status status = wisp_patch_slot_attach(text, slot, NULL);
    assert_true(status == WISP_OK || status == WISP_IO);
    assert_int_equal(subject->call(1), status == WISP_OK ? 101 : 2);
    status = wisp_patch_slot_detach(text, slot, NULL);
    assert_true(status == WISP_OK || status == WISP_IO);
    assert_int_equal(subject->call(1), status == WISP_OK ? 2 : 101);
    bool is_struck = faulty_self_struck(system);
    faulty_self_fail(system, 0);
    assert_int_equal(wisp_patch_slot_detach(text, slot, NULL), WISP_OK);
    assert_int_equal(subject->call(1), 2);
    return is_struck;
}

static void check_toggling(wisp_patch_write write)
{
    faulty_self system;
    wisp_patch_text text = subject_text(write);
    wisp_patch_slot *slot = subject_open(&text, subject_named("subject_clang"), plus_a_hundred);
    int descriptors = descriptor_count();
    faulty_self_init(&system);
    text.system = &system.table;
    for (int further = 0; further < 2; further++) {
        system.fail_further = further != 0;
        uint64_t n = 1;
        while (toggle_failing(&text, &system, slot, n))
            n++;
        assert_true(n > 2); /* something had failed */
    }
    assert_int_equal(descriptor_count(), descriptors);
}

static void proc_mem_that_fails_changes_nothing(void **state)
{
    (void)state;
    check_toggling(WISP_PATCH_WRITE_PROC_MEM);
}

static void a_store_that_fails_changes_nothing(void **state)
{
    (void)state;
    check_toggling(WISP_PATCH_WRITE_STORE);
}

static void a_page_swap_that_fails_changes_nothing(void **state)
{
    (void)state;
    check_toggling(WISP_PATCH_WRITE_PAGE_SWAP);
}

static void where_several_ways_work_one_may_fail(void **state)
{
    (void)state;
    check_toggling(WISP_PATCH_WRITE_BEST);
}

/* ------------------------------------------------------------------ choices */

static int deny(void *user)
{
    (void)user;
    return -EACCES;
}

static int deny_file(void *user, size_t size)
{
    (void)user, (void)size;
    return -EACCES;
}

static int deny_rights(void *user, void *at, size_t size, bool is_writable)
{
    (void)user, (void)at, (void)size, (void)is_writable;
    return -EACCES;
}

static int64_t read_zeros(void *user, int fd, void *into, size_t size, uint64_t offset)
{
    (void)user, (void)fd, (void)offset;
    memset(into, 0, size);
    return (int64_t)size;
}

static void the_first_way_that_works_is_taken(void **state)
{
    (void)state;
    wisp_os_self system = *wisp_os_self_linux();
    wisp_patch_text text;
    wisp_error err;
    system.open_memory = deny;
    assert_int_equal(wisp_patch_text_open(&system, WISP_PATCH_WRITE_BEST, &text, &err), WISP_OK);
    assert_int_equal(wisp_patch_text_first(&text), WISP_PATCH_WRITE_STORE);
    system.set_writable = deny_rights;
    assert_int_equal(wisp_patch_text_open(&system, WISP_PATCH_WRITE_BEST, &text, &err), WISP_OK);
    assert_int_equal(wisp_patch_text_first(&text), WISP_PATCH_WRITE_PAGE_SWAP);
    assert_int_equal(wisp_patch_text_open(&system, WISP_PATCH_WRITE_STORE, &text, &err),
                     WISP_UNSUPPORTED);
    system.make_file = deny_file;
    assert_int_equal(wisp_patch_text_open(&system, WISP_PATCH_WRITE_BEST, &text, &err),
                     WISP_UNSUPPORTED);
    assert_string_equal(err.text, "text cannot be written here: proc-mem: Permission denied; "
                                  "store: Permission denied; page-swap: Permission denied");
}

/* In a child, which has no pages for stubs yet if this runs first. */
static int toggle_without_files(void)
{
    wisp_os_self system = *wisp_os_self_linux();
    wisp_patch_text text;
    system.make_file = deny_file;
    if (wisp_patch_text_open(&system, WISP_PATCH_WRITE_BEST, &text, NULL) != WISP_OK ||
        text.works[WISP_PATCH_WRITE_PAGE_SWAP])
        return 1;
    const patch_subject *subject = subject_named("subject_gcc");
    wisp_patch_slot *slot = subject_open(&text, subject, plus_a_hundred);
    if (wisp_patch_slot_attach(&text, slot, NULL) != WISP_OK || subject->call(1) != 101)
        return 2;
    return wisp_patch_slot_detach(&text, slot, NULL) == WISP_OK ? 0 : 3;
}

static void where_no_file_can_be_run_other_pages_are(void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(toggle_without_files());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void memory_that_is_not_ours_is_not_written(void **state)
{
    (void)state;
    wisp_os_self system = *wisp_os_self_linux();
    wisp_patch_text text;
    system.read_at = read_zeros;
    assert_int_equal(wisp_patch_text_open(&system, WISP_PATCH_WRITE_PROC_MEM, &text, NULL),
                     WISP_UNSUPPORTED);
}

static void check_no_writable_code(wisp_patch_write write)
{
    faulty_self system;
    wisp_patch_text text = subject_text(write);
    faulty_self_init(&system);
    system.after = look_for_writable_code;
    writable_code = 0;
    assert_int_equal(wisp_patch_text_open(&system.table, write, &text, NULL), WISP_OK);
    wisp_patch_slot *slot = subject_open(&text, subject_named("subject_gcc"), plus_a_hundred);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
    assert_true(system.calls > 0);
}

static void proc_mem_makes_no_page_writable(void **state)
{
    (void)state;
    check_no_writable_code(WISP_PATCH_WRITE_PROC_MEM);
    assert_int_equal(writable_code, 0);
}

static void page_swap_makes_no_page_writable(void **state)
{
    (void)state;
    check_no_writable_code(WISP_PATCH_WRITE_PAGE_SWAP);
    assert_int_equal(writable_code, 0);
}

static void store_leaves_no_page_writable(void **state)
{
    (void)state;
    check_no_writable_code(WISP_PATCH_WRITE_STORE);
    assert_true(writable_code > 0); /* in between: so the look is not blind */
    writable_code = 0;
    look_for_writable_code();
    assert_int_equal(writable_code, 0);
}

static void check_name(wisp_patch_write write, const char *name)
{
    wisp_patch_text text = subject_text(write);
    const patch_subject *subject = subject_named("subject_on_its_page");
    wisp_patch_slot *slot = subject_open(&text, subject, plus_a_hundred);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    const char *mapping = mapping_of(slot->at);
    if (strncmp(mapping, "r-xp ", 5) != 0 || !strstr(mapping, name))
        fail_msg("%s", mapping);
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
}

static void text_stays_the_files_but_for_swapped_pages(void **state)
{
    (void)state;
    check_name(WISP_PATCH_WRITE_STORE, "/test_patch_text");
    check_name(WISP_PATCH_WRITE_PAGE_SWAP, "/memfd:wisp-text (deleted)");
}

/* ------------------------------------------------------------------ where
 * memory-deny-write-execute */

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

enum { NO_MDWE = 77 };

/* What a child says by its status. */
static int toggle_hardened(wisp_patch_write write, wisp_patch_write first)
{
    wisp_patch_text text;
    if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0L, 0L, 0L) != 0)
        return NO_MDWE;
    if (wisp_patch_text_open(wisp_os_self_linux(), WISP_PATCH_WRITE_STORE, &text, NULL) !=
        WISP_UNSUPPORTED)
        return 1;
    if (wisp_patch_text_open(wisp_os_self_linux(), write, &text, NULL) != WISP_OK ||
        wisp_patch_text_first(&text) != first)
        return 2;
    const patch_subject *subject = subject_named("subject_gcc");
    wisp_patch_slot *slot = subject_open(&text, subject, plus_a_hundred);
    if (wisp_patch_slot_attach(&text, slot, NULL) != WISP_OK || subject->call(1) != 101)
        return 3;
    if (wisp_patch_slot_detach(&text, slot, NULL) != WISP_OK || subject->call(1) != 2)
        return 4;
    return 0;
}

static void check_hardened(wisp_patch_write write, wisp_patch_write first)
{
    int status = -1;
    subject_text(first); /* skips where that does not work at all */
    pid_t child = fork();
    if (child == 0)
        _exit(toggle_hardened(write, first));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_MDWE)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_hardened_process_is_patched_by_proc_mem(void **state)
{
    (void)state;
    check_hardened(WISP_PATCH_WRITE_BEST, WISP_PATCH_WRITE_PROC_MEM);
}

static void a_hardened_process_is_patched_by_page_swap(void **state)
{
    (void)state;
    check_hardened(WISP_PATCH_WRITE_PAGE_SWAP, WISP_PATCH_WRITE_PAGE_SWAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_no_file_can_be_run_other_pages_are),
        cmocka_unit_test(text_is_opened_by_what_works_or_not_at_all),
        cmocka_unit_test(a_slot_that_fails_to_open_opens_later),
        cmocka_unit_test(a_slot_that_fails_to_open_opens_later_by_proc_mem),
        cmocka_unit_test(proc_mem_that_fails_changes_nothing),
        cmocka_unit_test(a_store_that_fails_changes_nothing),
        cmocka_unit_test(a_page_swap_that_fails_changes_nothing),
        cmocka_unit_test(where_several_ways_work_one_may_fail),
        cmocka_unit_test(the_first_way_that_works_is_taken),
        cmocka_unit_test(memory_that_is_not_ours_is_not_written),
        cmocka_unit_test(proc_mem_makes_no_page_writable),
        cmocka_unit_test(page_swap_makes_no_page_writable),
        cmocka_unit_test(store_leaves_no_page_writable),
        cmocka_unit_test(a_hardened_process_is_patched_by_proc_mem),
        cmocka_unit_test(a_hardened_process_is_patched_by_page_swap),
        cmocka_unit_test(text_stays_the_files_but_for_swapped_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
