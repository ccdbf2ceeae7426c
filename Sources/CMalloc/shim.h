// What Swift's own module of the C library leaves out of malloc.h.
#ifndef DYAD_CMALLOC_H
#define DYAD_CMALLOC_H

#if defined(__linux__)
#include <malloc.h>
#endif

/// Lets threads share `count` arenas. Does nothing where the C library is not GNU's.
static inline void dyad_limit_arenas(int count) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, count);
#else
    (void)count;
#endif
}

/// Takes blocks of `bytes` and more from the system and gives them back to it when they are freed. Without this the C
/// library raises that bound with each such block that is freed, up to 32 MB. Does nothing where it is not GNU's.
static inline void dyad_map_blocks(int bytes) {
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, bytes);
#else
    (void)bytes;
#endif
}

#endif
