import DyadEngine
import DyadModel
import NIOHTTP1

/// `/_dyad/clock` reads and moves the server's time.
struct ClockControl: Control {
    static let path = "/_dyad/clock"

    private let clock: MovableClock
    private let emulator: Emulator

    init(_ clock: MovableClock, of emulator: Emulator) {
        self.clock = clock
        self.emulator = emulator
    }

    var state: Reply? { Self.reply(clock.reading) }

    /// Moves the clock and answers when the chores that became due are done.
    func perform(_ body: [UInt8], through slot: ReplySlot) throws(OrderMistake) {
        let order = try ClockOrder(parsing: body)
        do throws(MovableClock.Refusal) {
            try clock.change(order.move, isRunning: order.isRunning)
        } catch {
            throw OrderMistake(message: Self.words(error))
        }
        emulator.settle { [clock] in slot.send(Self.reply(clock.reading)) }
    }

    private static func words(_ refusal: MovableClock.Refusal) -> String {
        switch refusal {
        case .backward(let now): "the clock only moves forward, and it is \(now.label)Z"
        case .beyond(let end): "the clock ends at \(end.label)Z"
        }
    }

    private static func reply(_ reading: MovableClock.Reading) -> Reply {
        var json = JSONWriter()
        json.object {
            $0.member("now", "\(reading.now.label)Z")
            $0.member("epochSeconds") { $0.seconds(milliseconds: reading.now.milliseconds) }
            $0.member("running", reading.isRunning)
        }
        return Reply(.ok, contentType: Front.json, body: json.bytes)
    }
}
