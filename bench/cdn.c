#include "cdn.h"

#include <stdlib.h>
#include <string.h>

#define HEADERS_SIZE 300 /* bytes that HTTP adds to an answer */

bool cdn_init(cdn *network, uint32_t seconds)
{
    memset(network, 0, sizeof *network);
    network->edge_load = calloc(seconds, sizeof *network->edge_load);
    network->origin_load = calloc(seconds, sizeof *network->origin_load);
    if (network->edge_load && network->origin_load)
        return true;
    cdn_deinit(network);
    return false;
}

void cdn_deinit(cdn *network)
{
    free(network->edge_load);
    free(network->origin_load);
}

unsigned cdn_add(cdn *network, const char *name, uint32_t size, uint32_t max_age_s)
{
    network->files[network->file_len] = (cdn_file){name, size, max_age_s, 1, {0}};
    return network->file_len++;
}

uint32_t cdn_get(cdn *network, unsigned edge, unsigned number, uint32_t now)
{
    cdn_file *file = &network->files[number];
    cdn_answer answer = CDN_HIT;
    network->edge_load[now]++;
    network->edge_bytes += file->size + HEADERS_SIZE;
    if (!network->cache[edge][number].is_there || now >= network->cache[edge][number].expires) {
        bool is_same = network->cache[edge][number].is_there &&
                       network->cache[edge][number].version == file->version;
        answer = is_same ? CDN_REVALIDATED : CDN_FETCHED;
        network->origin_load[now]++;
        network->origin_bytes += HEADERS_SIZE + (is_same ? 0 : file->size);
        network->cache[edge][number].is_there = true;
        network->cache[edge][number].version = file->version;
        network->cache[edge][number].expires =
            file->max_age_s == CDN_FOR_EVER ? CDN_FOR_EVER : now + file->max_age_s;
    }
    file->requests[answer]++;
    return network->cache[edge][number].version;
}
