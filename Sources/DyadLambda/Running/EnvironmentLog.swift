import DyadModel
import Synchronization

/// What one environment writes: cut into lines, handed to the function's log, its end kept for the invocation at hand.
final class EnvironmentLog: Sendable {
    private struct State {
        var splitter = LineSplitter()
        var invocation = InvocationLog()
    }

    private let function: FunctionIdentity
    private let logs: FunctionLogs
    private let state = Mutex(State())

    init(of function: FunctionIdentity, in logs: FunctionLogs) {
        self.function = function
        self.logs = logs
    }

    /// What the process wrote, wherever it was cut.
    func receive(_ bytes: [UInt8]) {
        state.withLock { state in
            for line in state.splitter.lines(bytes) { write(line, &state) }
        }
    }

    /// A line of our own, behind what the process wrote.
    func write(_ line: String) {
        state.withLock { state in
            if let rest = state.splitter.last() { write(rest, &state) }
            write(Array(line.utf8), &state)
        }
    }

    private func write(_ line: [UInt8], _ state: inout State) {
        state.invocation.append(line)
        state.invocation.append([UInt8(ascii: "\n")])
        logs.write(line, of: function.name, in: function.scope)
    }

    /// The log of the invocation that ends here.
    func takeTail() -> [UInt8] {
        state.withLock { state in
            defer { state.invocation = InvocationLog() }
            return state.invocation.tail
        }
    }
}
