#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sends what was printed on its way: to a pipe it would stay until much more is printed.
func flushOutput() { fflush(nil) }
