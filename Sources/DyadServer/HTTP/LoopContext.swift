import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the connections of one event loop share. Not Sendable: it stays on its loop.
final class LoopContext {
    /// Nil when the server has stopped.
    private(set) var responder: (any Responder)?
    let outbox: Outbox
    private var handlers: [ObjectIdentifier: RequestHandler] = [:]
    private var sweep: Scheduled<Void>?
    private var drained: EventLoopPromise<Void>?
    private var ids = RequestIDs()
    private var dateSecond = -1
    private var date = ""

    init(_ responder: any Responder, on eventLoop: any EventLoop) {
        self.responder = responder
        outbox = Outbox(eventLoop)
        scheduleSweep()
    }

    private func scheduleSweep() {
        let eventLoop = outbox.eventLoop.assumeIsolated()
        sweep = eventLoop.scheduleTask(in: .seconds(Limits.sweepSeconds)) { [weak self] in
            guard let self else { return }
            // Some close while this walks over them: a copy is walked.
            for handler in Array(handlers.values) { handler.sweep() }
            scheduleSweep()
        }
    }

    // MARK: Connections

    func opened(_ handler: RequestHandler) {
        handlers[ObjectIdentifier(handler)] = handler
        // It was accepted while the server began to stop.
        if drained != nil { handler.quiesce() }
    }

    func closed(_ handler: RequestHandler) {
        handlers[ObjectIdentifier(handler)] = nil
        if handlers.isEmpty { drained?.succeed() }
    }

    /// Closes idle connections at once and the others behind their answer.
    ///
    /// - Returns: when no connection is left, at the latest after the grace.
    func drain() -> EventLoopFuture<Void> {
        if let drained { return drained.futureResult }
        sweep?.cancel()
        let eventLoop = outbox.eventLoop
        let promise = eventLoop.makePromise(of: Void.self)
        drained = promise
        let deadline = eventLoop.assumeIsolated().scheduleTask(in: .seconds(Limits.stopGraceSeconds)) {
            for handler in Array(self.handlers.values) { handler.close() }
        }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        for handler in Array(handlers.values) { handler.quiesce() }
        if handlers.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    /// The last there is to do: what the responder holds, a reader's files for one, is let go on this loop.
    func letGo() { responder = nil }

    // MARK: Headers

    func nextRequestID() -> String { ids.next() }

    /// `Sun, 22 Nov 2026 17:26:15 GMT`, made once a second.
    func httpDate() -> String {
        let second = time(nil)
        if second != dateSecond {
            dateSecond = second
            date = httpDateText(epochSeconds: second)
        }
        return date
    }
}

/// Request ids as AWS's: 52 characters of `[0-9A-V]`, 260 random bits.
struct RequestIDs {
    private static let alphabet: [UInt8] = Array("0123456789ABCDEFGHIJKLMNOPQRSTUV".utf8)
    private var state: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        state = generator.next()
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): ids are to differ, not to be secret.
    private mutating func random() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func next() -> String {
        let words = (random(), random(), random(), random(), random())
        return String(unsafeUninitializedCapacity: 52) { buffer in
            Self.alphabet.withUnsafeBufferPointer { alphabet in
                // Twelve characters of five bits a word, four of the last.
                func fill(_ word: UInt64, _ range: Range<Int>) {
                    var rest = word
                    for index in range {
                        buffer[index] = alphabet[Int(rest & 31)]
                        rest >>= 5
                    }
                }
                fill(words.0, 0..<12)
                fill(words.1, 12..<24)
                fill(words.2, 24..<36)
                fill(words.3, 36..<48)
                fill(words.4, 48..<52)
            }
            return 52
        }
    }
}

/// The form of RFC 9110, section 5.6.7, in English whatever the process's locale is.
func httpDateText(epochSeconds: Int) -> String {
    var seconds = time_t(epochSeconds)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
        + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
}
