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

#endif
