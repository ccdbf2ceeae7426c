import Subprocess
import SystemPackage

/// The machine's interpreters: asked once for where and what they are.
package actor Interpreters {
    package struct Interpreter: Sendable, Equatable {
        /// The executable itself, behind whatever found it.
        package let path: String
        /// `Python 3.11.7`, `Node.js v20.20.2`.
        package let version: String
    }

    package enum Missing: Error, Equatable { case missing(String) }

    private let python: String
    private let node: String
    private var known: [LambdaRuntime.Kind: Result<Interpreter, Missing>] = [:]

    /// - Parameters:
    ///   - python: a path, or a name that is looked up in this process's PATH.
    ///   - node: likewise.
    package init(python: String = "python3", node: String = "node") {
        self.python = python
        self.node = node
    }

    /// - Throws: why there is none, in words for who runs the server.
    package func interpreter(for kind: LambdaRuntime.Kind) async throws(Missing) -> Interpreter? {
        guard kind == .python || kind == .node else { return nil }
        if case .success(let interpreter)? = known[kind] { return interpreter }
        let result = await kind == .python ? Self.askPython(python) : Self.askNode(node)
        known[kind] = result
        return try result.get()
    }

    private static func askPython(_ command: String) async -> Result<Interpreter, Missing> {
        let code = "import sys; print(sys.executable); print('Python %d.%d.%d' % sys.version_info[:3])"
        return await ask(command, ["-I", "-c", code])
    }

    private static func askNode(_ command: String) async -> Result<Interpreter, Missing> {
        await ask(command, ["-e", "console.log(process.execPath); console.log('Node.js ' + process.version)"])
    }

    private static func ask(_ command: String, _ arguments: [String]) async -> Result<Interpreter, Missing> {
        let executable: Executable = command.contains("/") ? .path(FilePath(command)) : .name(command)
        let limit = 64 << 10
        guard
            let result = try? await run(
                executable, arguments: Arguments(arguments), input: .none, output: .string(limit: limit),
                error: .discarded),
            result.terminationStatus.isSuccess
        else { return .failure(.missing("'\(command)' cannot be run")) }
        let lines = (result.standardOutput).split(separator: "\n").map(String.init)
        guard lines.count == 2, lines[0].hasPrefix("/") else {
            return .failure(.missing("'\(command)' does not say where it is"))
        }
        return .success(Interpreter(path: lines[0], version: lines[1]))
    }
}
