import DyadModel
import DyadStore
import Synchronization
import Testing

@testable import DyadEngine

struct GroupCommitTests {
    /// Jobs that lie in one commit: the first one waits until all others have arrived.
    private func answers(_ region: TestRegion, _ jobs: [RegionWriter.Write]) throws -> [String] {
        let writer = try region.emulator.region(region.scope).writer
        let call = region.emulator.call(region.scope)
        let (arrived, hasStarted) = (OneShot(), OneShot())
        let first: RegionWriter.Write = { (_, _) throws(DynamoError) in
            hasStarted.set()
            arrived.wait()
            return []
        }
        writer.submit(first, call) { _ in }
        hasStarted.wait()
        let told = Told(jobs.count)
        for (number, job) in jobs.enumerated() {
            writer.submit(job, call) { told.set(Self.text($0), of: number) }
        }
        arrived.set()
        return told.wait()
    }

    private static func text(_ answer: Result<[UInt8], DynamoError>) -> String {
        switch answer {
        case .success(let body): String(decoding: body, as: UTF8.self)
        case .failure(let error): error.message ?? ""
        }
    }

    private func save(_ name: String) -> RegionWriter.Write {
        { (store, _) throws(DynamoError) in
            try store.put(document: "kind", name, Array(name.utf8))
            return Array(name.utf8)
        }
    }

    private func refuse() -> RegionWriter.Write {
        { (_, _) throws(DynamoError) in throw DynamoError.validation("before it wrote") }
    }

    private func saveAndRefuse(_ name: String, _ runs: RunCount) -> RegionWriter.Write {
        { (store, _) throws(DynamoError) in
            runs.count()
            try store.put(document: "kind", name, Array(name.utf8))
            throw DynamoError.validation("behind its write")
        }
    }

    @Test func `a job that fails behind its write leaves nothing, and its neighbours all`() throws {
        let region = try TestRegion()
        let runs = RunCount()
        let answers = try answers(region, [save("a"), refuse(), saveAndRefuse("gone", runs), save("b")])
        #expect(answers == ["a", "before it wrote", "behind its write", "b"])
        // Without savepoints at first, then with them.
        #expect(runs.value == 2)
        #expect(try region.read { try $0.rows.documents("kind").map(\.id) } == ["a", "b"])
    }
}

/// Counts on any thread.
private final class RunCount: Sendable {
    private let counted = Atomic<Int>(0)
    var value: Int { counted.load(ordering: .acquiring) }
    func count() { counted.add(1, ordering: .acquiringAndReleasing) }
}

/// What was told to each of several.
private final class Told: Sendable {
    private let texts: Mutex<[Int: String]> = Mutex([:])
    private let count: Int
    private let done = OneShot()

    init(_ count: Int) { self.count = count }

    func set(_ text: String, of number: Int) {
        let told = texts.withLock { texts in
            texts[number] = text
            return texts.count
        }
        if told == count { done.set() }
    }

    func wait() -> [String] {
        done.wait()
        return texts.withLock { texts in (0..<count).map { texts[$0] ?? "" } }
    }
}
