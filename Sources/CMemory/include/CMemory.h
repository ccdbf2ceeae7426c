// A process's memory, as far as Swift's own module of the C library leaves it out.
#ifndef DYAD_CMEMORY_H
#define DYAD_CMEMORY_H

/// Lets threads share `count` arenas. Does nothing where the C library is not GNU's.
void dyad_limit_arenas(int count);

/// Takes blocks of `bytes` and more from the system and gives them back to it when they are freed. Without this the C
/// library raises that bound with each such block that is freed, up to 32 MB. Does nothing where it is not GNU's.
void dyad_map_blocks(int bytes);

/// Takes pages of the program and its libraries that nobody can write to out of the process's memory. Those that are used
/// again come back from the system's copy of the files. Does nothing where the system is not Linux.
void dyad_forget_code(void);

#endif
