#ifndef WISP_HOST_RECORD_FORMAT_H
#define WISP_HOST_RECORD_FORMAT_H

/* What the bytes of a recording mean (docs/formats.md). The numbers are part of the format. */

#define WISP_RECORD_MAGIC "wisprec"

enum {
    WISP_RECORD_FORMAT = 1,
    WISP_RECORD_HEAD_SIZE = 12, /* of a segment: the magic with its NUL, and the format */
    WISP_FRAME_HEAD_SIZE = 8    /* of a frame: the size of its content, and its checksum */
};

/* The first byte of a frame's content. */
typedef enum wisp_frame_kind {
    WISP_FRAME_RECORDS = 1,  /* then: microseconds since the beginning, and records */
    WISP_FRAME_SNAPSHOT = 2, /* then: a snapshot, and … */
    WISP_FRAME_STATE = 3     /* … a saved state, for the life that begins next */
} wisp_frame_kind;

/* The first byte of a record. */
typedef enum wisp_record_kind {
    WISP_RECORD_GUEST = 1,
    WISP_RECORD_IMPORT = 2,
    WISP_RECORD_TOPIC = 3,
    WISP_RECORD_LIFE = 4,
    WISP_RECORD_ENTRY = 5
} wisp_record_kind;

/* Kinds of entries: those of host/version/entry.h, whose order may change, and the making of the
 * instance, which is none but runs code. */
#define WISP_RECORDED_ENTRIES(X)                                                                 \
    X(1, START)                                                                                  \
    X(2, MESSAGE)                                                                                \
    X(3, EVENT)                                                                                  \
    X(4, TASK)                                                                                   \
    X(5, DONE)                                                                                   \
    X(6, SAVE)                                                                                   \
    X(7, RESTORE)                                                                                \
    X(8, STOP)

enum { WISP_RECORDED_LOAD = 0, WISP_RECORDED_KIND_COUNT = 9 };

#endif
