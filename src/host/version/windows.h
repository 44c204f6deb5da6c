#ifndef WISP_HOST_WINDOWS_H
#define WISP_HOST_WINDOWS_H

#include <wisp/event.h>

/*
 * The regions that a module has made, as it sees them: each through a window in its memory.
 *
 * A shared window shows the very bytes of the region: of a native module always, of WebAssembly
 * where pages of the region are mapped in the place of the module's own. Any other shows bytes
 * of the module's, which are copied into the region when that is posted, and out again before
 * done if it was to be changed. The module cannot tell the one from the other, as long as it
 * keeps off a region that an event carries.
 *
 * What a version is made to do again, by a recording or in a shadow, it does without a host that
 * maps; so windows are not shared while somebody notes its calls.
 *
 * Windows are of one version and end with it. The regions stay until no event carries them.
 */
typedef struct wisp_version wisp_version;

typedef struct wisp_window {
    wisp_region *region; /* held */
    uint64_t address;    /* of its bytes, as the module knows them */
    bool is_shared;
} wisp_window;

/* All zero is none. */
typedef struct wisp_windows {
    wisp_window *items;
    size_t len, capacity;
    uint64_t size; /* bytes of their regions */
} wisp_windows;

enum { WISP_WINDOW_UNIT = 65536 }; /* bytes: a window takes whole pages of linear memory */

/* Makes a region of [size] bytes that a WebAssembly module sees at [address], in memory that it
 * gives away for that. False if that is not at the beginning of a page, not inside its memory or
 * a region already, or for want of memory or over a limit of the guest or the host. */
bool wisp_windows_open(wisp_version *version, uint64_t address, size_t size);

/* The same for a native module, which is told where: NULL if it is refused. */
void *wisp_windows_open_native(wisp_version *version, size_t size);

/* The window at [address], or NULL. Good until one is opened or closed. */
wisp_window *wisp_windows_find(const wisp_windows *windows, uint64_t address);

/* Closes the window at [address]: the memory is the module's own again, and what is in it not
 * defined. False in *[is_closed] if there is none. WISP_IO if the system does not take the pages
 * away; then the window stays. */
wisp_status wisp_windows_close(wisp_version *version, uint64_t address, bool *is_closed,
                               wisp_error *err);

/* Has no window shared any more; the module sees the same bytes. WISP_IO likewise. */
wisp_status wisp_windows_unshare(wisp_version *version, wisp_error *err);

/* Lets go of all regions of [version], whose memory goes. */
void wisp_windows_deinit(wisp_version *version);

#endif
