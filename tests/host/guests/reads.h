#ifndef READS_H
#define READS_H

/* What guests/reader.c does with the bytes of an event, by its type. */
enum reads {
    READ = 0x8001,
    READ_NOTHING, /* does not look at them */
    CHANGE,       /* two of them, that no other guest changes */
    CHANGE_AND_TRAP
};

#endif
