import Synchronization
import Testing

@testable import DyadEngine

@Suite final class SettlingTests: Sendable {
    private let told = Mutex<[String]>([])

    private func wait(in settling: Settling, as name: String) -> Bool {
        settling.add { [self] in told.withLock { $0.append(name) } }
    }

    private func names() -> [String] { told.withLock { $0 } }

    @Test func `all who wait are told behind the turn that leaves nothing due`() {
        let settling = Settling()
        settling.turn { true }
        #expect(wait(in: settling, as: "a"))
        settling.turn { true }
        #expect(wait(in: settling, as: "b"))
        settling.turn { true }
        #expect(names() == [])
        settling.turn { false }
        #expect(names() == ["a", "b"])
        settling.turn { false }
        #expect(names() == ["a", "b"])
    }

    @Test func `chores without an end are not waited for`() {
        let settling = Settling()
        for round in 1...2 {
            #expect(wait(in: settling, as: "a"))
            for _ in 1..<Settling.turnsMax { settling.turn { true } }
            #expect(names().count == round - 1)
            settling.turn { true }
            #expect(names().count == round)
        }
    }

    @Test func `who waits at the end is told, and nobody waits after it`() {
        let settling = Settling()
        #expect(wait(in: settling, as: "a"))
        settling.end()
        #expect(names() == ["a"])
        #expect(!wait(in: settling, as: "b"))
        #expect(names() == ["a"])
    }
}
