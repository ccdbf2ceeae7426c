import DyadModel
import Testing

@testable import DyadServer

@Suite struct MovableClockTests {
    private let base = ManualClock(Timestamp(milliseconds: 1000))

    private func reading(_ milliseconds: Int64, _ isRunning: Bool) -> MovableClock.Reading {
        MovableClock.Reading(now: Timestamp(milliseconds: milliseconds), isRunning: isRunning)
    }

    @Test func `a running clock stays ahead by what it was moved`() throws {
        let clock = MovableClock(isRunning: true, base: base)
        #expect(clock.reading == reading(1000, true))
        #expect(try clock.change(.by(milliseconds: 500)) == reading(1500, true))
        base.advance(by: 7)
        #expect(clock.reading == reading(1507, true))
        #expect(try clock.change(.to(Timestamp(milliseconds: 9000))) == reading(9000, true))
        base.advance(by: 1)
        #expect(clock.now.milliseconds == 9001)
    }

    @Test func `one that stands still moves by hand alone`() throws {
        let clock = MovableClock(isRunning: false, base: base)
        base.advance(by: 5000)
        #expect(clock.reading == reading(1000, false))
        #expect(try clock.change(.by(milliseconds: 1)) == reading(1001, false))
    }

    @Test func `it is stopped and runs on without a gap`() throws {
        let clock = MovableClock(isRunning: true, base: base)
        try clock.change(.by(milliseconds: 100))
        #expect(try clock.change(nil, isRunning: false) == reading(1100, false))
        base.advance(by: 5000)
        #expect(clock.now.milliseconds == 1100)
        #expect(try clock.change(.by(milliseconds: 1), isRunning: true) == reading(1101, true))
        base.advance(by: 2)
        #expect(clock.reading == reading(1103, true))
    }

    @Test func `it does not move back, nor beyond the year 9999`() throws {
        let clock = MovableClock(isRunning: true, base: base)
        let refusal = MovableClock.Refusal.backward(from: Timestamp(milliseconds: 1000))
        #expect(throws: refusal) { try clock.change(.by(milliseconds: -1), isRunning: false) }
        #expect(throws: refusal) { try clock.change(.to(Timestamp(milliseconds: 999))) }
        for move in [
            MovableClock.Move.by(milliseconds: .max), .by(milliseconds: MovableClock.end.milliseconds),
            .to(MovableClock.end.advanced(by: 1)),
        ] {
            #expect(throws: MovableClock.Refusal.beyond(MovableClock.end)) { try clock.change(move) }
        }
        #expect(clock.reading == reading(1000, true))
        #expect(try clock.change(.to(Timestamp(milliseconds: 1000))) == reading(1000, true))
        #expect(try clock.change(.to(MovableClock.end)).now.label == "9999-12-31T23:59:59.999")
    }
}
