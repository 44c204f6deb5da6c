#include "artifacts.h"

#include "base/error.h"
#include "tuf/percent.h"

#define FILE_NAME_SIZE                                                                           \
    (WISP_FOLDER_NAME_SIZE - 8) /* leaves room for what unfinished ones end in */

static wisp_status file_name(const char *name, char file[FILE_NAME_SIZE], wisp_error *err)
{
    if (!wisp_percent_encode(name, "-_~", file, FILE_NAME_SIZE))
        return wisp_fail(err, WISP_LIMIT, "the name '%.60s…' is too long for a file", name);
    return WISP_OK;
}

bool artifacts_have(const wisp_folder *folder, const char *name, const wisp_file_info *info)
{
    char file[FILE_NAME_SIZE];
    wisp_bytes bytes;
    if (file_name(name, file, NULL) != WISP_OK ||
        wisp_folder_read(folder, file, (size_t)info->length, &bytes, NULL) != WISP_OK)
        return false;
    bool is_same = wisp_file_info_check(info, name, bytes, NULL) == WISP_OK;
    wisp_folder_free(folder, bytes);
    return is_same;
}

wisp_status artifacts_put(const wisp_folder *folder, const char *name, wisp_bytes content,
                          wisp_error *err)
{
    char file[FILE_NAME_SIZE];
    wisp_status status = file_name(name, file, err);
    return status == WISP_OK ? wisp_folder_replace(folder, file, content, err) : status;
}
