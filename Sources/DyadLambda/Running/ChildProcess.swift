import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A process that runs a function's code, and all that it starts: one process group, which lives no longer than this
/// process does.
///
/// The group ends when `kill` is called, and by itself when the lifeline breaks: a pipe whose one end this process holds
/// and a small shell of the group waits at the other. So it ends with this process, too, whatever ends that.
struct ChildProcess: Sendable {
    struct Command: Sendable {
        /// The executable and its arguments.
        var words: [String]
        var folder: String
        var environment: [String: String]
    }

    /// Waits for the lifeline's end, then kills the group it is in, itself included. It is nobody's child, so that a
    /// handler that waits for its own children does not meet it.
    private static let script = """
        exec 3<&0 </dev/null
        ( ( read -r line <&3; kill -KILL 0 ) </dev/null >/dev/null 2>&1 & )
        exec 3<&-
        cd "$1" || exit 127
        shift
        exec "$@"
        """

    private let state: Known

    /// Starts the process; `output` gets what it writes, `ended` how it ended, once, last.
    static func start(
        _ command: Command, output: OutputPipe,
        ended: @escaping @Sendable (EnvironmentPool.Ending) async -> Void
    ) -> ChildProcess {
        let state = Known()
        let child = ChildProcess(state: state)
        Task {
            let ending = await run(command, output: output, state: state)
            output.close()
            child.kill()
            await ended(ending)
        }
        return child
    }

    private static func run(_ command: Command, output: OutputPipe, state: Known) async -> EnvironmentPool.Ending {
        guard let lifeline = try? FileDescriptor.pipeClosedOnExec() else {
            return .notStarted("no pipe: \(String(cString: strerror(errno)))")
        }
        state.value.withLock { $0.lifeline = lifeline.writeEnd }
        var options = PlatformOptions()
        options.processGroupID = 0
        let environment = command.environment.reduce(into: [Environment.Key: String]()) { known, variable in
            if let key = Environment.Key(rawValue: variable.key) { known[key] = variable.value }
        }
        let configuration = Configuration(
            executable: .path("/bin/sh"),
            arguments: Arguments(["-c", script, "sh", command.folder] + command.words),
            environment: .custom(environment), platformOptions: options)
        do {
            let result = try await Subprocess.run(
                configuration, input: .fileDescriptor(lifeline.readEnd, closeAfterSpawningProcess: true),
                output: .fileDescriptor(output.writeEnd, closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { execution in
                state.value.withLock { $0.group = execution.processIdentifier.value }
            }
            switch result.terminationStatus {
            case .exited(let code): return .exited(code)
            case .signaled(let signal): return .signaled(signal)
            }
        } catch {
            return .notStarted("\(error)")
        }
    }

    /// Kills the group, and breaks the lifeline. A second time it does nothing.
    func kill() {
        state.value.withLock { state in
            // The shell that waits keeps the group's number taken as long as it runs.
            if let group = state.group, !state.isKilled { _ = systemKill(-group, SIGKILL) }
            if state.group != nil { state.isKilled = true }
            try? state.lifeline?.close()
            state.lifeline = nil
        }
    }

    /// The largest size that the process had in memory, in megabytes; nil where the system does not tell.
    var memoryMegabytes: Int? {
        #if os(Linux)
            guard let group = state.value.withLock({ $0.group }),
                let text = try? FileReader.text(at: "/proc/\(group)/status"),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
                let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({
                    Int($0)
                })
            else { return nil }
            return (kilobytes + 1023) / 1024
        #else
            return nil
        #endif
    }

    /// What is known of the process; shared with the task that waits for its end.
    private final class Known: Sendable {
        struct State {
            var group: pid_t?
            var lifeline: FileDescriptor?
            var isKilled = false
        }
        let value = Mutex(State())
    }
}

/// `kill(2)`, which a method of that name hides.
private func systemKill(_ process: pid_t, _ signal: Int32) -> Int32 {
    #if canImport(Glibc)
        Glibc.kill(process, signal)
    #else
        Darwin.kill(process, signal)
    #endif
}

extension FileDescriptor {
    /// A pipe that other processes started at the same moment do not inherit: one that did would hold it open.
    static func pipeClosedOnExec() throws(Errno) -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
        #if os(Linux)
            return try pipe(options: .closeOnExec)
        #else
            var ends: [Int32] = [-1, -1]
            guard Darwin.pipe(&ends) == 0 else { throw Errno(rawValue: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
        #endif
    }
}

/// Reads small files.
enum FileReader {
    static func text(at path: String) throws -> String {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        defer { try? file.close() }
        var bytes: [UInt8] = []
        let step = 16 << 10
        while bytes.count < 1 << 20 {
            let part = try [UInt8](unsafeUninitializedCapacity: step) { buffer, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard !part.isEmpty else { break }
            bytes += part
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
