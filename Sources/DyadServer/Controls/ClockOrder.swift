import DyadModel

/// What `POST /_dyad/clock` asks for: `{"advanceSeconds": 3600}`, `{"epochSeconds": 1795371975}`, `{"running": false}`.
///
/// The first two exclude each other; the third may go with either.
struct ClockOrder: Equatable {
    var move: MovableClock.Move?
    var isRunning: Bool?

    init(parsing body: [UInt8]) throws(OrderMistake) {
        guard let document = try? JSONDocument(parsing: body), document.root.kind == .object else {
            throw OrderMistake(message: "the body is not a JSON object")
        }
        var moves: [MovableClock.Move] = []
        for (name, value) in document.root.members {
            switch name {
            case "advanceSeconds":
                guard let count = Self.milliseconds(value), count >= 0 else {
                    throw OrderMistake(message: "advanceSeconds is a number, 0 or more")
                }
                moves.append(.by(milliseconds: count))
            case "epochSeconds":
                guard let count = Self.milliseconds(value) else {
                    throw OrderMistake(message: "epochSeconds is a number, the seconds since 1970")
                }
                moves.append(.to(Timestamp(milliseconds: count)))
            case "running":
                guard value.kind == .true || value.kind == .false else {
                    throw OrderMistake(message: "running is true or false")
                }
                isRunning = value.kind == .true
            default: throw OrderMistake(message: "there is no '\(name)', only advanceSeconds, epochSeconds and running")
            }
        }
        guard moves.count <= 1 else { throw OrderMistake(message: "give one of advanceSeconds and epochSeconds, once") }
        move = moves.first
        guard move != nil || isRunning != nil else {
            throw OrderMistake(message: "nothing to do: give advanceSeconds, epochSeconds or running")
        }
    }

    /// A JSON number of seconds, to the nearest millisecond; nil for what is none. What is beyond the clock's end is as
    /// far as one can go beyond it.
    private static func milliseconds(_ value: JSONNode) -> Int64? {
        guard value.kind == .number, let seconds = Double(String(decoding: value.raw, as: UTF8.self)) else {
            return nil
        }
        let most = Double(MovableClock.end.milliseconds) + 1
        return Int64(max(-most, min(most, (seconds * 1000).rounded())))
    }
}
