#include <wisp/net.h>
#include <wisp/update.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A device for scripts: opens an updater and does what the words say, one after the other.
 *
 *     device DIR URL ROOT LATER_S WORD…
 *
 * DIR is its state, URL that of the server, whose /events is its endpoint, ROOT the root.json
 * that it was shipped with; its clock is LATER_S seconds ahead. The words: check, commit, reject,
 * die (each of these three acquires a module first), report.
 */

static int64_t later_s;

static int64_t wall_time_s(void *user)
{
    return wisp_os_posix()->wall_time_s(user) + later_s;
}

static int check(wisp_updater *updater, wisp_error *err)
{
    wisp_update_result result;
    if (wisp_updater_check(updater, &result, err))
        return 1;
    printf("%s %" PRIu64 " %s\n", wisp_update_outcome_name(result.outcome), result.version,
           result.reason);
    return 0;
}

static int try_module(wisp_updater *updater, const char *word, wisp_error *err)
{
    wisp_image image;
    if (wisp_updater_acquire(updater, &image, err))
        return 1;
    printf("runs version %" PRIu64 "\n", image.version);
    fflush(stdout);
    if (strcmp(word, "die") == 0)
        abort();
    wisp_status status = strcmp(word, "commit") == 0
                             ? wisp_updater_commit(updater, &image, err)
                             : wisp_updater_reject(updater, &image, "it said no", err);
    wisp_image_free(updater, &image);
    return status != WISP_OK;
}

static int report(wisp_updater *updater)
{
    wisp_error err;
    wisp_update_status status;
    wisp_status reported = wisp_updater_report(updater, &err);
    wisp_updater_status(updater, &status);
    printf("%s: %" PRIu32 " wait\n", wisp_status_name(reported), status.events_waiting);
    return 0;
}

static int obey(wisp_updater *updater, const char *word, wisp_error *err)
{
    if (strcmp(word, "check") == 0)
        return check(updater, err);
    if (strcmp(word, "report") == 0)
        return report(updater);
    return try_module(updater, word, err);
}

static size_t read_file(const char *path, uint8_t *into, size_t size_max)
{
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(into, 1, size_max, file) : 0;
    if (file)
        fclose(file);
    return size;
}

int main(int argc, char **argv)
{
    static uint8_t root[65536];
    static const uint8_t base[] = "the embedded module";
    wisp_os os = *wisp_os_posix();
    wisp_error err = {0};
    wisp_net *net;
    wisp_updater *updater;
    char events_url[256];
    if (argc < 5 || wisp_net_curl_new(NULL, &net, &err))
        return 99;
    os.wall_time_s = wall_time_s;
    later_s = strtoll(argv[4], NULL, 10);
    snprintf(events_url, sizeof events_url, "%s/events", argv[2]);
    wisp_updater_config config = {.os = &os,
                                  .net = net,
                                  .dir = argv[1],
                                  .url = argv[2],
                                  .target = "module.wasm",
                                  .root = {root, read_file(argv[3], root, sizeof root)},
                                  .base = {base, sizeof base},
                                  .events_url = events_url};
    int code = wisp_updater_open(&config, &updater, &err) != WISP_OK;
    for (int i = 5; i < argc && code == 0; i++)
        code = obey(updater, argv[i], &err);
    if (code)
        fprintf(stderr, "%s\n", err.text);
    else
        wisp_updater_close(updater);
    wisp_net_curl_free(net);
    return code;
}
