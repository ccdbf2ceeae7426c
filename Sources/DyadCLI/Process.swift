import CMemory
import CSQLite
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// SIGTERM and SIGINT, taken from the system's default of ending the process at once.
struct StopSignals {
    private let arrivals: AsyncStream<String>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (arrivals, continuation) = AsyncStream.makeStream(of: String.self)
        self.arrivals = arrivals
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
    }

    /// The name of the first that came, or comes.
    func first() async -> String {
        defer { sources.forEach { $0.cancel() } }
        for await name in arrivals { return name }
        return "cancelled"
    }
}

/// A client that goes away is an error of that connection, not the end of the process.
func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

/// Connections and regions' files need descriptors: takes as many as the system allows.
func raiseOpenFilesLimit() {
    var limit = rlimit()
    #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    setrlimit(resource, &limit)
}

/// Keeps GNU's C library from taking ever more memory in a process that runs for long and whose blocks, large and small,
/// pass from thread to thread.
func keepMemoryTight() {
    // With an arena for each thread, as it has by default, there are holes everywhere. A million changes carried over then
    // took 85 MB, of which 9 in use.
    dyad_limit_arenas(2)
    // A page of records is a few blocks of a megabyte among thousands of small ones that stay longer. Cut out of the
    // arenas, as they are once one of them was freed, they made them grow from 38 to 45 MB over a million changes.
    dyad_map_blocks(512 << 10)
}

/// Takes out of the process's memory what its start alone needed of the program, once that is over: 20 MB of code and
/// tables, of which an idle server uses four and one that is asked ten.
func forgetStart() {
    Task.detached {
        try? await Task.sleep(for: .seconds(1))
        dyad_forget_code()
    }
}

/// Spares SQLite two locks a block. For a process that is Dyad's own: somebody else's may want to know its memory.
func leaveSQLiteUncounted() { _ = dyad_sqlite_leave_memory_uncounted() }

/// Nil when it is not set or empty.
func environmentVariable(_ name: String) -> String? {
    guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { return nil }
    return text
}

/// Writes a line to standard output at once: it may be a pipe that somebody waits at.
func printLine(_ line: String) { write("\(line)\n", to: STDOUT_FILENO) }

func printError(_ line: String) { write("\(line)\n", to: STDERR_FILENO) }

/// Writes to standard error without ending the line.
func printPart(_ text: String) { write(text, to: STDERR_FILENO) }

func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

private func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { bytes in
            #if canImport(Glibc)
                Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            #else
                Darwin.write(descriptor, bytes.baseAddress, bytes.count)
            #endif
        }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}
