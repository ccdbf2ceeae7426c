import CZip
import DyadModel
import Synchronization
import Testing

@testable import DyadLambda

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A Lambda of its own for a test, with whatever the machine has for Python and Node.
struct LambdaBench: Sendable {
    static let scope = Scope(
        account: AccountID("123456789012").unsafelyUnwrapped, region: RegionName("cn-north-1"))
    static let role = "arn:aws-cn:iam::123456789012:role/service-role/replica"

    let service: LambdaService
    let store = MemoryDocumentStore()
    let clock: ManualClock
    let folder: String
    let lines = LogLines()

    /// What functions wrote, and the server about them.
    final class LogLines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
        func contains(_ text: String) -> Bool { all.contains { $0.contains(text) } }
    }

    init(environments: Int = 10, python: String = "python3") throws {
        folder = "/tmp/dyad-lambda-test-\(Identifiers.hex(8))"
        clock = ManualClock()
        var settings = LambdaService.Settings(endpoint: "http://127.0.0.1:1", folder: folder)
        settings.pool.environmentsMax = environments
        // The machine may be busy: what is tried here is not how fast it starts a process.
        settings.pool.startMilliseconds = 60_000
        settings.python = python
        let lines = lines
        settings.print = { name, line in lines.add("\(name) \(String(decoding: line, as: UTF8.self))") }
        service = try LambdaService(settings, store: store, clock: clock) { role, _ in role == Self.role }
    }

    func call(
        _ method: String, _ target: String, _ body: [UInt8] = [], headers: [(name: String, value: String)] = []
    ) async -> ServiceReply {
        await service.respond(
            to: ServiceRequest(
                method: method, target: target, headers: headers, body: body, scope: Self.scope, service: "lambda",
                accessKeyID: "AKIDEXAMPLE", id: "request"))
    }

    static func creation(
        _ name: String, zip: [UInt8], runtime: String = "python3.12", handler: String = "index.handler",
        role: String = role, more: (inout JSONWriter) -> Void = { _ in }
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("FunctionName", name)
            $0.member("Runtime", runtime)
            $0.member("Handler", handler)
            $0.member("Role", role)
            $0.member("Code") { $0.object { $0.member("ZipFile", base64(zip)) } }
            more(&$0)
        }
        return json.bytes
    }

    static func base64(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        Base64.encode(bytes, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Makes a function whose one file is `index.py`, and lets it take a minute: the machine may be busy.
    @discardableResult
    func make(
        _ name: String = "f", python source: String, timeout: Int = 60, handler: String = "index.handler",
        runtime: String = "python3.12", more: (inout JSONWriter) -> Void = { _ in }
    ) async throws -> ServiceReply {
        try await make(
            name, files: [ZipFile("index.py", source)], runtime: runtime, handler: handler, timeout: timeout,
            more: more)
    }

    @discardableResult
    func make(
        _ name: String = "f", files: [ZipFile], runtime: String, handler: String = "index.handler",
        timeout: Int = 60, more: (inout JSONWriter) -> Void = { _ in }
    ) async throws -> ServiceReply {
        let body = Self.creation(name, zip: try makeZip(files), runtime: runtime, handler: handler) {
            $0.member("Timeout", timeout)
            more(&$0)
        }
        let reply = await call("POST", "/2015-03-31/functions", body)
        #expect(reply.status == 201, "\(reply.text)")
        return reply
    }

    func invoke(
        _ name: String = "f", _ payload: String = "{}", headers: [(name: String, value: String)] = []
    ) async -> ServiceReply {
        await call("POST", "/2015-03-31/functions/\(name)/invocations", Array(payload.utf8), headers: headers)
    }

    /// The processes whose command line names this bench's folder.
    var processes: [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = Int32(name), let words = try? FileReader.text(at: "/proc/\(name)/cmdline"),
                words.contains(self.folder)
            else { continue }
            found.append(process)
        }
        return found
    }
}

/// A file for a zip.
struct ZipFile {
    var name: String
    var bytes: [UInt8]
    /// Type and permissions as Unix has them.
    var mode: UInt32

    init(_ name: String, _ text: String, mode: UInt32 = 0o100644) {
        self.name = name
        bytes = Array(text.utf8)
        self.mode = mode
    }
}

struct ZipTrouble: Error { let text: String }

/// Written by libzip to a file and read back: it writes to memory only for who counts references.
func makeZip(_ files: [ZipFile]) throws -> [UInt8] {
    let path = "/tmp/dyad-zip-\(Identifiers.hex(8)).zip"
    defer { unlink(path) }
    var code: Int32 = 0
    guard let archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code) else { throw ZipTrouble(text: "\(code)") }
    let kept = files.map { file in
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, file.bytes.count))
        _ = copy.update(fromContentsOf: file.bytes)
        return copy
    }
    defer { kept.forEach { $0.deallocate() } }
    for (file, copy) in zip(files, kept) {
        guard let source = zip_source_buffer(archive, copy.baseAddress, zip_uint64_t(file.bytes.count), 0) else {
            throw ZipTrouble(text: "source")
        }
        let index = zip_file_add(archive, file.name, source, 0)
        guard index >= 0 else { throw ZipTrouble(text: file.name) }
        zip_file_set_external_attributes(archive, zip_uint64_t(index), 0, zip_uint8_t(ZIP_OPSYS_UNIX), file.mode << 16)
    }
    guard zip_close(archive) == 0 else { throw ZipTrouble(text: "close") }
    guard let file = fopen(path, "rb") else { throw ZipTrouble(text: "read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var step = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&step, 1, step.count, file)
        guard count > 0 else { return bytes }
        bytes += step[..<count]
    }
}

extension ServiceReply {
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONNode? { try? JSONDocument(parsing: body).root }
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
    subscript(_ member: String) -> String? { json?[member]?.string }

    /// The log's tail, as text.
    var log: String? {
        guard let encoded = header("X-Amz-Log-Result"), let bytes = Base64.decode(encoded.utf8) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Asks until it is so; false when a minute has passed.
func eventually(_ isSo: () async -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if await isSo() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return false
}
