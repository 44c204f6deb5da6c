#include "tuf/metastore.h"

#include "base/error.h"
#include "tuf/percent.h"

#include <string.h>

#define SUFFIX ".json"

static wisp_status file_name(const char *name, char file[WISP_FOLDER_NAME_SIZE], wisp_error *err)
{
    if (!wisp_percent_encode(name, WISP_PERCENT_UNRESERVED, file,
                             WISP_FOLDER_NAME_SIZE - sizeof SUFFIX))
        return wisp_fail(err, WISP_LIMIT, "the role's name '%.60s…' is too long", name);
    strcat(file, SUFFIX);
    return WISP_OK;
}

static bool keep_all(const void *context, const char *name)
{
    (void)context;
    (void)name;
    return true;
}

wisp_status wisp_metastore_prepare(const wisp_folder *folder, wisp_error *err)
{
    wisp_status status = wisp_folder_make(folder, err);
    return status == WISP_OK ? wisp_folder_sweep(folder, keep_all, NULL, err) : status;
}

wisp_status wisp_metastore_load_listed(const wisp_folder *folder, wisp_role role,
                                       const char *name, const wisp_file_info *info,
                                       wisp_metadata **out, bool *is_listed, wisp_error *err)
{
    char file[WISP_FOLDER_NAME_SIZE];
    wisp_bytes bytes;
    wisp_status status = file_name(name, file, err);
    if (status == WISP_OK)
        status = wisp_folder_read(folder, file, wisp_role_size_max(role), &bytes, err);
    if (status != WISP_OK)
        return status;
    *is_listed = !info || wisp_file_info_check(info, name, bytes, NULL) == WISP_OK;
    status = wisp_metadata_parse_as(folder->allocator, role, name, bytes, out, err);
    wisp_folder_free(folder, bytes);
    return status;
}

wisp_status wisp_metastore_load(const wisp_folder *folder, wisp_role role, const char *name,
                                wisp_metadata **out, wisp_error *err)
{
    bool is_listed;
    return wisp_metastore_load_listed(folder, role, name, NULL, out, &is_listed, err);
}

wisp_status wisp_metastore_save(const wisp_folder *folder, const char *name, wisp_bytes bytes,
                                wisp_error *err)
{
    char file[WISP_FOLDER_NAME_SIZE];
    wisp_status status = file_name(name, file, err);
    return status == WISP_OK ? wisp_folder_replace(folder, file, bytes, err) : status;
}

static bool is_top_level(const void *context, const char *file)
{
    (void)context;
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        const char *name = wisp_role_name((wisp_role)role);
        size_t len = strlen(name);
        if (strncmp(file, name, len) == 0 && strcmp(file + len, SUFFIX) == 0)
            return true;
    }
    return false;
}

static bool count(void *context, const char *file)
{
    size_t *len = context;
    *len += !is_top_level(NULL, file);
    return true;
}

wisp_status wisp_metastore_make_room(const wisp_folder *folder, wisp_error *err)
{
    size_t len = 0;
    int code = folder->os->list_dir(folder->os->user, folder->path, count, &len);
    if (code < 0)
        return wisp_fail(err, WISP_IO, "cannot list the stored metadata");
    if (len < WISP_STORED_ROLES_MAX)
        return WISP_OK;
    return wisp_folder_sweep(folder, is_top_level, NULL, err);
}

wisp_status wisp_metastore_remove(const wisp_folder *folder, const char *name, wisp_error *err)
{
    char file[WISP_FOLDER_NAME_SIZE];
    wisp_status status = file_name(name, file, err);
    if (status == WISP_OK)
        status = wisp_folder_remove(folder, file, err);
    return status == WISP_OK ? wisp_folder_sync(folder, err) : status;
}
