#include "tuf/drive.h"

wisp_status wisp_drive_phase(wisp_drive *d, wisp_workflow *workflow, wisp_status status,
                             wisp_error *err)
{
    wisp_want want;
    while (status == WISP_OK && wisp_workflow_wants(workflow, &want)) {
        wisp_download file;
        status = wisp_fetch_file(d->net, d->allocator, d->url, want.path, want.name,
                                 want.size_max, &file, err);
        d->bytes_fetched += file.size;
        status = wisp_workflow_take(workflow, status, wisp_download_bytes(&file), err);
        wisp_download_free(&file);
    }
    return status;
}

wisp_status wisp_drive_content(wisp_drive *d, const char *url, const char *name,
                               const wisp_target *target, wisp_download *out, wisp_error *err)
{
    wisp_status status = wisp_fetch_file(d->net, d->allocator, url, target->path, name,
                                         (size_t)target->info.length, out, err);
    d->bytes_fetched += out->size;
    if (status == WISP_LIMIT)
        return wisp_file_info_exceeded(&target->info, name, err);
    if (status == WISP_OK)
        status = wisp_file_info_check(&target->info, name, wisp_download_bytes(out), err);
    return status;
}
