import DyadModel
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Valid requests of every operation: `fixtures/requests.txt`, where its form is told.
struct Corpus {
    struct Request {
        let operation: String
        let body: JSONTree
    }

    /// Makes the tables that the others are about.
    private(set) var setUp: [Request] = []
    private(set) var requests: [Request] = []

    init() throws {
        var isSetUp = true
        for line in try Self.text().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { isSetUp = false }
            let parts = line.split(separator: " ", maxSplits: 1)
            guard !line.hasPrefix("#"), parts.count == 2 else { continue }
            let request = Request(operation: String(parts[0]), body: try JSONTree(String(parts[1])))
            if isSetUp { setUp.append(request) } else { requests.append(request) }
        }
    }

    private static func text(from here: String = #filePath) throws -> String {
        let root = here.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/fixtures/requests.txt", "rb"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        try #require(count < bytes.count, "the corpus is larger than what is read of it")
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
