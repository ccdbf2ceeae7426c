import DyadEngine
import DyadModel
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whatever bytes an operation is sent, it answers, with no 500 and with JSON, and the process neither ends nor grows.
///
/// `DYAD_MUTANTS` is the number of requests that are spoiled at random, `DYAD_MUTANTS_SEED` where they begin. With
/// `DYAD_MUTANTS_TRACE` a file has the last request that was sent: what crashed.
@Suite(.serialized) struct FuzzTests {
    private static let count = environment("DYAD_MUTANTS").flatMap { Int($0) }
    private static let countByDefault = 20_000
    private static let seed = environment("DYAD_MUTANTS_SEED").flatMap { UInt64($0) } ?? 20_261_122
    /// What the process may have more at the end than when a fifth was sent: SQLite's caches are not full by then.
    private static let growthMax = 64 << 20
    /// A request that takes longer hangs: far beyond what any takes on a loaded machine in a debug build.
    private static let hangs = Duration.seconds(60)

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private func region(_ corpus: Corpus) throws -> FuzzedRegion {
        try FuzzedRegion(corpus, trace: Self.environment("DYAD_MUTANTS_TRACE"))
    }

    @Test func `the corpus has valid requests of every operation`() throws {
        let corpus = try Corpus()
        let built = Set((Catalogue.dynamoDB + Catalogue.streams).map(\.name))
        #expect(built.subtracting(corpus.requests.map(\.operation)) == [], "add requests to fixtures/requests.txt")
        let region = try region(corpus)
        for _ in 0..<3 {
            for request in corpus.requests {
                try region.send(request.operation, request.body.filled(region.known).bytes)
            }
        }
        #expect(built.subtracting(region.accepted.keys) == [], "none of its requests is valid")
    }

    @Test func `a body may end anywhere`() throws {
        let corpus = try Corpus()
        let region = try region(corpus)
        for request in corpus.requests {
            let bytes = request.body.filled(region.known).bytes
            for end in bytes.indices { try region.send(request.operation, Array(bytes[..<end])) }
        }
    }

    @Test func `letters of several bytes may stand anywhere in a string`() throws {
        let corpus = try Corpus()
        let region = try region(corpus)
        for request in corpus.requests {
            let body = request.body.filled(region.known)
            for (index, text) in body.strings where text.utf8.count < 200 {
                let letters = Array(text.unicodeScalars)
                for place in 0...letters.count {
                    for letter in Junk.letters {
                        var spoiled = body
                        let parts = [letters[..<place], letters[place...]].map { String(String.UnicodeScalarView($0)) }
                        spoiled.change(at: index) { $0 = .raw("\"\(parts[0])\(letter)\(parts[1])\"") }
                        try region.send(request.operation, spoiled.bytes)
                    }
                }
            }
        }
    }

    @Test func `nothing that is sent ends the process, is answered with a 500, or stays in memory`() throws {
        let corpus = try Corpus()
        let region = try region(corpus)
        var mutator = Mutator(seed: Self.seed, corpus: corpus.requests)
        let count = Self.count ?? Self.countByDefault
        var warm: Int?
        for number in 1...max(1, count) {
            let (operation, body) = mutator.request(region.known)
            try region.send(operation, body)
            if number == count / 5 { warm = residentBytes() }
        }
        let accepted = region.accepted.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("seed \(Self.seed), \(count) requests, accepted: \(accepted.joined(separator: ", "))")
        let slowest = region.slowest
        print("slowest: \(slowest.operation), \(slowest.body.count) bytes, \(slowest.time)")
        #expect(slowest.time < Self.hangs, "\(slowest.operation) \(String(decoding: slowest.body, as: UTF8.self))")
        guard let warm, let resident = residentBytes() else { return }
        print("resident: \(warm >> 20) MB after a fifth, \(resident >> 20) MB at the end")
        // Tests that run beside it take memory too: only when it was asked for it is alone.
        if Self.count != nil { #expect(resident - warm < Self.growthMax) }
    }
}
