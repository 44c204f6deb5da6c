#ifndef BENCH_CDN_H
#define BENCH_CDN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A model of a content delivery network: edges that cache what an origin has, each for itself.
 * An edge answers from its cache while what it has is fresh; then it asks the origin whether that
 * changed (a conditional request). It asks once for all who wait for the same file. What it
 * assumes is in docs/bench/update.md.
 */

#define CDN_EDGES     200
#define CDN_FILES_MAX 16
#define CDN_FOR_EVER  UINT32_MAX /* a file that never changes */

typedef enum cdn_answer {
    CDN_HIT,         /* from the edge's cache */
    CDN_REVALIDATED, /* the origin said that it has not changed */
    CDN_FETCHED      /* the origin sent it */
} cdn_answer;

typedef struct cdn_file {
    const char *name;
    uint32_t size;        /* bytes of the body */
    uint32_t max_age_s;   /* how long an edge believes what it has */
    uint32_t version;     /* at the origin now */
    uint64_t requests[3]; /* by answer */
} cdn_file;

typedef struct cdn {
    cdn_file files[CDN_FILES_MAX];
    unsigned file_len;
    struct {
        uint32_t version, expires;
        bool is_there;
    } cache[CDN_EDGES][CDN_FILES_MAX];
    uint64_t edge_bytes, origin_bytes; /* sent, with what HTTP adds */
    uint32_t *edge_load, *origin_load; /* requests in each second of the day */
} cdn;

/* Makes a network whose caches are empty; false without memory. */
bool cdn_init(cdn *network, uint32_t seconds);
void cdn_deinit(cdn *network);

/* Puts a file on the origin; gives its number. */
unsigned cdn_add(cdn *network, const char *name, uint32_t size, uint32_t max_age_s);

/* Asks [edge] for [file] at [now], in seconds; gives the version that it answers with. */
uint32_t cdn_get(cdn *network, unsigned edge, unsigned file, uint32_t now);

#endif
