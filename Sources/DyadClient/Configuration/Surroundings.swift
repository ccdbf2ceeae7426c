#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The environment and the files a program finds itself among; an argument, so that tests need neither.
package struct Surroundings: Sendable {
    package let variables: [String: String]
    /// A small text file's content; nil when it cannot be read.
    package let file: @Sendable (_ path: String) -> [UInt8]?

    package init(variables: [String: String], file: @escaping @Sendable (_ path: String) -> [UInt8]? = { _ in nil }) {
        self.variables = variables
        self.file = file
    }

    /// An environment variable's value; an empty one counts as absent, as AWS's tools have it.
    package subscript(_ name: String) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    /// This process's own.
    package static var process: Surroundings {
        Surroundings(variables: environment()) { path in contents(of: path) }
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }

    private static func contents(of path: String) -> [UInt8]? {
        /// Bytes; nobody's credentials file comes near.
        let countMax = 4 << 20
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count < countMax {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return ferror(file) == 0 ? content : nil }
            content += chunk[..<count]
        }
        return nil
    }
}
