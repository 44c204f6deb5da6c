#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "sandbox.h"
#include "../scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t sandbox_time(void *user)
{
    return ((sandbox *)user)->time;
}

int sandbox_setup(void **state)
{
    sandbox *s = calloc(1, sizeof *s);
    assert_non_null(s);
    const char *tmp = getenv("TMPDIR");
    snprintf(s->dir, sizeof s->dir, "%s/wisp-test-XXXXXX",
             tmp && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->dir));
    s->os = *wisp_os_posix();
    s->os.user = s;
    s->os.wall_time_s = sandbox_time;
    s->time = 1893456000; /* 2030-01-01T00:00:00Z */
    *state = s;
    return 0;
}

int sandbox_setup_project(void **state)
{
    sandbox_setup(state);
    sandbox *s = *state;
    wisp_config config = wisp_config_default();
    wisp_error err;
    assert_ok(wisp_project_create(NULL, &s->os, sandbox_path(s, "p"), &config, &err), err);
    return 0;
}

int sandbox_teardown(void **state)
{
    sandbox *s = *state;
    scratch_remove(s->dir);
    free(s);
    return 0;
}

const char *sandbox_path(sandbox *s, const char *name)
{
    char *path = s->paths[s->path_at++ % 8];
    size_t len = strlen(s->dir);
    memcpy(path, s->dir, len);
    snprintf(path + len, sizeof s->paths[0] - len, "/%s", name);
    return path;
}

bool sandbox_has(sandbox *s, const char *name)
{
    return access(sandbox_path(s, name), F_OK) == 0;
}

unsigned sandbox_mode(sandbox *s, const char *name)
{
    struct stat st;
    assert_int_equal(stat(sandbox_path(s, name), &st), 0);
    return st.st_mode & 07777;
}

void sandbox_write(sandbox *s, const char *name, const char *text)
{
    FILE *file = fopen(sandbox_path(s, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

char *sandbox_read(sandbox *s, const char *name)
{
    FILE *file = fopen(sandbox_path(s, name), "rb");
    if (!file)
        fail_msg("no file %s", name);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_in_range(fread(text, 1, 65535, file), 1, 65534);
    fclose(file);
    return text;
}

void sandbox_edit(sandbox *s, const char *name, const char *old, const char *new)
{
    char *text = sandbox_read(s, name), *at = text, *found, *edited = calloc(2, 65536);
    assert_non_null(edited);
    assert_non_null(strstr(text, old));
    while ((found = strstr(at, old))) {
        strncat(edited, at, (size_t)(found - at));
        strcat(edited, new);
        at = found + strlen(old);
    }
    strcat(edited, at);
    sandbox_write(s, name, edited);
    free(edited);
    free(text);
}

wisp_project *sandbox_open(sandbox *s)
{
    wisp_project *project;
    wisp_error err;
    assert_ok(wisp_project_open(NULL, &s->os, sandbox_path(s, "p"), &project, &err), err);
    return project;
}

void sandbox_publish_to(sandbox *s, const char *channel, const char *content, uint64_t version,
                        wisp_published *out)
{
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.place = {.channel = channel},
                        .modules = {{NULL, {(const uint8_t *)content, strlen(content)}}},
                        .module_len = 1,
                        .version = version};
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, out, &err), err);
    wisp_project_close(project);
}

wisp_published sandbox_publish(sandbox *s, const char *content, uint64_t version)
{
    wisp_published published;
    sandbox_publish_to(s, NULL, content, version, &published);
    wisp_published_deinit(&published);
    return published;
}

void sandbox_verify(sandbox *s, wisp_repository *out)
{
    wisp_error err;
    wisp_repository_init(out, NULL, &s->os, sandbox_path(s, "p/repo"));
    assert_ok(wisp_repository_read(out, &err), err);
    assert_ok(wisp_repository_check_targets(out, &err), err);
}
