#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A command of the shell, run until it ends or its time is up. It blocks the thread.
struct ShellCommand {
    enum Ending: Sendable, Equatable {
        /// Its exit status, 128 and the signal's number where one ended it, and what it wrote to standard output.
        case exited(Int32, output: [UInt8])
        /// Time was up, and it was killed.
        case timedOut
        /// It wrote more than is read, and was killed.
        case tooLong
        case notStarted(String)
    }

    let command: String
    let timeout: Duration
    /// Bytes.
    let outputBytesMax: Int
    /// Killed is all that it has started, too. At a terminal it stays in the group that may read from there, since it may
    /// ask a person for a code; then it alone is killed.
    var hasOwnGroup = !Self.hasTerminal

    /// Whether there is one to ask at, wherever standard input comes from.
    private static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0 else { return false }
        close(terminal)
        return true
    }

    /// Milliseconds between two looks at whether it has ended.
    private static let lookInterval: Int64 = 50

    func run() -> Ending {
        let began = ContinuousClock.now
        guard let (process, output) = start() else { return .notStarted(String(cString: strerror(errno))) }
        defer { close(output) }
        var bytes: [UInt8] = []
        var isOpen = true
        while true {
            let left = timeout - (ContinuousClock.now - began)
            guard left > .zero else { return kill(process, .timedOut) }
            if isOpen { isOpen = wait(output, left) ? read(output, into: &bytes) : true } else { rest(left) }
            guard bytes.count <= outputBytesMax else { return kill(process, .tooLong) }
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) == process else { continue }
            // What it has left behind may keep the pipe open for ever; what it wrote itself is there.
            while isOpen, bytes.count <= outputBytesMax, wait(output, .zero) { isOpen = read(output, into: &bytes) }
            let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
            return .exited(code, output: bytes)
        }
    }

    private func kill(_ process: pid_t, _ ending: Ending) -> Ending {
        signal(hasOwnGroup ? -process : process)
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        return ending
    }

    private func signal(_ target: pid_t) {
        #if canImport(Glibc)
            _ = Glibc.kill(target, SIGKILL)
        #else
            _ = Darwin.kill(target, SIGKILL)
        #endif
    }

    /// Whether there is something to read, its end included, before the time is up or a short while has passed.
    private func wait(_ output: Int32, _ left: Duration) -> Bool {
        var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Int32(Self.milliseconds(left))) > 0
    }

    private func rest(_ left: Duration) { poll(nil, 0, Int32(Self.milliseconds(left))) }

    private static func milliseconds(_ left: Duration) -> Int64 {
        let (seconds, attoseconds) = left.components
        guard seconds == 0 else { return lookInterval }
        return min(lookInterval, (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// - Returns: false at the end.
    private func read(_ output: Int32, into bytes: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        #if canImport(Glibc)
            let count = Glibc.read(output, &chunk, chunk.count)
        #else
            let count = Darwin.read(output, &chunk, chunk.count)
        #endif
        guard count > 0 else { return count < 0 && (errno == EINTR || errno == EAGAIN) }
        bytes += chunk[..<count]
        return true
    }

    /// The process and the end of its standard output; nil, with `errno` set, when there is none.
    private func start() -> (process: pid_t, output: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        // Nobody that is started at the same moment keeps them open. (Between the two calls somebody may; the process's
        // own end is seen even so.)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        #if canImport(Glibc)
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #else
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        // What this process ignores, it is not to ignore.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int32(POSIX_SPAWN_SETSIGDEF) | (hasOwnGroup ? Int32(POSIX_SPAWN_SETPGROUP) : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let texts = ["sh", "-c", command]
        var words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, environ)
        guard failure == 0 else {
            close(ends[0])
            errno = failure
            return nil
        }
        return (process, ends[0])
    }
}
