#ifndef DYAD_CSQLITE_H
#define DYAD_CSQLITE_H

#include <sqlite3.h>

/// Stops SQLite from counting the memory it has, for which it takes a lock with each block. Of the whole process, and only
/// before anything else of SQLite's was called: SQLITE_MISUSE then. A variadic function, which Swift cannot call.
static inline int dyad_sqlite_leave_memory_uncounted(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
