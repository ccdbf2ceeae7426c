#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An operation again and again, on the engine alone: for counting instructions and allocations, which a clock cannot.
///
/// `DyadOperations OPERATION COUNT` runs it COUNT times in this process: no sockets, a clock that stands still, always the
/// same inputs, one request after the other. Two counts under callgrind tell what one operation takes. A program of its
/// own because the engine alone builds in a fraction of what HTTP servers and clients take; hence no library for its two
/// arguments either.
@main
struct DyadOperations {
    static func main() {
        do {
            try run()
        } catch {
            print("DyadOperations: \(error)")
            exit(1)
        }
    }

    private static func run() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 2, let operation = arguments.first.flatMap(CountedOperation.init),
            let count = arguments.last.flatMap({ Int($0) }), count >= 0
        else {
            let names = CountedOperation.allCases.map(\.rawValue).joined(separator: ", ")
            throw Complaint("usage: DyadOperations OPERATION COUNT, where OPERATION is one of \(names)")
        }
        let engine = try CountedEngine()
        defer { engine.stop() }
        let bodies = operation.bodies
        for number in 0..<count { try engine.send(operation.target, bodies[number % bodies.count]) }
    }
}

struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
