#define _XOPEN_SOURCE 700 /* mkdtemp */
/* The file that libwisp-patch.so reads. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../scratch.h"
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEEDED                                                                                   \
    "\"program\": \"shop\", \"dir\": \"state\", \"url\": \"http://127.0.0.1:1\", "               \
    "\"target\": \"shop\", \"root\": \"root.json\""

typedef struct file {
    char dir[256], path[300];
    preload_config config;
    wisp_error err;
} file;

static wisp_status read_text(file *f, const char *text)
{
    FILE *out = fopen(f->path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    memset(&f->err, 0, sizeof f->err);
    return preload_config_read(f->path, &f->config, &f->err);
}

static int setup(void **state)
{
    static file f;
    char root[300];
    memset(&f, 0, sizeof f);
    strcpy(f.dir, "/tmp/wisp-preload-XXXXXX");
    if (!mkdtemp(f.dir))
        return -1;
    snprintf(f.path, sizeof f.path, "%s/patch.json", f.dir);
    snprintf(root, sizeof root, "%s/root.json", f.dir);
    FILE *out = fopen(root, "w");
    assert_non_null(out);
    fputs("{}", out);
    fclose(out);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    file *f = *state;
    preload_config_free(&f->config);
    return scratch_remove(f->dir);
}

static void what_is_not_said_has_a_default(void **state)
{
    file *f = *state;
    char dir[300];
    assert_int_equal(read_text(f, "{" NEEDED "}"), WISP_OK);
    snprintf(dir, sizeof dir, "%s/state", f->dir);
    assert_string_equal(f->config.program, "shop");
    assert_string_equal(f->config.dir, dir); /* beside the file, wherever the program stands */
    assert_int_equal(f->config.root_size, 2);
    assert_null(f->config.socket);
    assert_null(f->config.log);
    assert_int_equal(f->config.interval_s, 3600);
    assert_int_equal(f->config.health_s, 0);
    assert_int_equal(f->config.attempts, 0);
    assert_null(f->config.imports);
    assert_int_equal(f->config.grant, WISP_PATCH_GRANT_ARGUMENTS);
}

static void all_that_is_said_counts(void **state)
{
    file *f = *state;
    assert_int_equal(read_text(f, "{" NEEDED ", \"channel\": \"beta\", \"socket\": \"/run/s\", "
                                  "\"log\": \"/var/log/shop\", \"host_version\": \"1.2\", "
                                  "\"events_url\": \"http://e\", \"interval\": 60, "
                                  "\"health\": 5, \"attempts\": 2, \"grant\": \"process\"}"),
                     WISP_OK);
    assert_string_equal(f->config.channel, "beta");
    assert_string_equal(f->config.socket, "/run/s");
    assert_string_equal(f->config.log, "/var/log/shop");
    assert_string_equal(f->config.host_version, "1.2");
    assert_string_equal(f->config.events_url, "http://e");
    assert_int_equal(f->config.interval_s, 60);
    assert_int_equal(f->config.health_s, 5);
    assert_int_equal(f->config.attempts, 2);
    assert_int_equal(f->config.grant, WISP_PATCH_GRANT_PROCESS);
}

static void what_makes_no_sense_is_refused_with_words(void **state)
{
    static const struct {
        const char *text, *words;
        wisp_status status;
    } bad[] = {
        {"", "", WISP_MALFORMED},
        {"{" NEEDED, "", WISP_MALFORMED},
        {"{}", "program", WISP_MALFORMED},
        {"{" NEEDED ", \"intervall\": 60}", "no member 'intervall'", WISP_INVALID},
        {"{" NEEDED ", \"grant\": \"all\"}", "expected none, arguments or process", WISP_INVALID},
        {"{" NEEDED ", \"interval\": \"60\"}", "interval", WISP_MALFORMED},
        {"{" NEEDED ", \"interval\": 9999999}", "expected 1 to 4294967", WISP_INVALID},
        {"{" NEEDED ", \"health\": 0}", "'health' is 0, expected 1 to", WISP_INVALID},
        {"{" NEEDED ", \"attempts\": 0}", "'attempts' is 0", WISP_INVALID},
        {"{" NEEDED ", \"imports\": \"program.*\"}", "imports", WISP_MALFORMED},
        {"{" NEEDED ", \"imports\": [\"program.*\", 5]}", "no text", WISP_INVALID},
        {"{" NEEDED ", \"imports\": [\"program\"]}", "'program'", WISP_INVALID},
        {"{" NEEDED ", \"socket\": 5}", "socket", WISP_MALFORMED},
    };
    file *f = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_text(f, bad[i].text), bad[i].status);
        assert_non_null(strstr(f->err.text, bad[i].words));
        preload_config_free(&f->config);
    }
}

static void what_is_listed_may_be_imported_and_nothing_else(void **state)
{
    static const struct {
        wisp_patch_import import;
        bool is_allowed;
    } cases[] = {{{"program", "price_of"}, true}, {{"system", "getenv"}, true},
                 {{"system", "getenvy"}, false},  {{"system", "str"}, true},
                 {{"system", "strlen"}, true},    {{"system", "st"}, false},
                 {{"original", "price"}, false},  {{"programs", "price"}, false}};
    file *f = *state;
    assert_int_equal(read_text(f, "{" NEEDED ", \"imports\": "
                                  "[\"program.*\", \"system.getenv\", \"system.str*\"]}"),
                     WISP_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(preload_config_allows(&f->config, &cases[i].import),
                         cases[i].is_allowed);
}

static void a_list_of_nothing_allows_nothing(void **state)
{
    file *f = *state;
    assert_int_equal(read_text(f, "{" NEEDED ", \"imports\": []}"), WISP_OK);
    assert_non_null(f->config.imports);
    assert_false(preload_config_allows(&f->config, &(wisp_patch_import){"wisp", "log"}));
}

static void files_that_are_not_there_are_named(void **state)
{
    file *f = *state;
    wisp_error err;
    assert_int_equal(preload_config_read("/nowhere/patch.json", &f->config, &err), WISP_IO);
    assert_non_null(strstr(err.text, "/nowhere/patch.json"));
    assert_int_equal(read_text(f, "{\"program\": \"shop\", \"dir\": \"state\", \"url\": \"u\", "
                                  "\"target\": \"shop\", \"root\": \"none.json\"}"),
                     WISP_IO);
    assert_non_null(strstr(f->err.text, "none.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_said_has_a_default, setup, teardown),
        cmocka_unit_test_setup_teardown(all_that_is_said_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused_with_words, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_listed_may_be_imported_and_nothing_else, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_list_of_nothing_allows_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(files_that_are_not_there_are_named, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
