#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wisp/record.h>

/*
 *     recorder FILE MODULE.wasm [NUMBER | record]…
 *
 * Runs the module in a guest that is recorded to FILE, from the beginning, or from where the word
 * "record" stands, and sends it each number on channel 1.
 */

static uint8_t module_bytes[1 << 20];

static void check(wisp_status status, const wisp_error *err)
{
    if (status == WISP_OK)
        return;
    fprintf(stderr, "recorder: %s\n", err->text);
    exit(1);
}

static wisp_module *read_module(const char *path)
{
    wisp_error err;
    wisp_module *module;
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(module_bytes, 1, sizeof module_bytes, file) : 0;
    check(wisp_module_new(NULL, (wisp_bytes){module_bytes, size}, &module, &err), &err);
    fclose(file);
    return module;
}

static void record(wisp_guest *guest, const char *path)
{
    wisp_error err;
    wisp_record_config config = {0};
    check(wisp_record_open_file(NULL, NULL, path, &config.sink, &err), &err);
    check(wisp_guest_record(guest, &config, &err), &err);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    wisp_error err;
    wisp_host *host;
    wisp_guest *guest;
    wisp_module *module = read_module(argv[2]);
    bool is_late = false;
    for (int i = 3; i < argc; i++)
        is_late |= strcmp(argv[i], "record") == 0;
    check(wisp_host_new(NULL, &host, &err), &err);
    check(wisp_guest_new(host, &(wisp_guest_config){.name = "meter", .restarts_max = 1}, &guest,
                         &err),
          &err);
    if (!is_late)
        record(guest, argv[1]);
    check(wisp_guest_start(guest, module, &err), &err);
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "record") == 0) {
            record(guest, argv[1]);
            continue;
        }
        uint32_t number = (uint32_t)strtoul(argv[i], NULL, 10);
        wisp_bytes bytes = {(const uint8_t *)&number, sizeof number};
        check(wisp_guest_send(guest, 1, bytes, &err), &err);
        wisp_host_step(host, 0);
    }
    wisp_host_free(host);
    wisp_module_free(module);
    return 0;
}
