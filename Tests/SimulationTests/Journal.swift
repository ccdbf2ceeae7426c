import DyadModel

/// What happened in a simulated world: a hash of every step, and words when they are asked for. To make words of every
/// step takes longer than the steps.
struct Journal {
    private var hash = Hasher()
    let keepsLines: Bool
    private(set) var lines: [String] = []

    init(keepsLines: Bool = false) { self.keepsLines = keepsLines }

    /// Equal for equal journals, within one test process.
    var fingerprint: Int { hash.finalize() }

    /// - Parameter who: whose step it is, where there are several.
    mutating func note(_ mark: Mark, by who: String = "", at now: Timestamp) {
        hash.combine(now.milliseconds)
        if !who.isEmpty { hash.combine(who) }
        hash.combine(mark)
        if keepsLines { lines.append("\(now.milliseconds) \(who.isEmpty ? "" : "\(who) ")\(mark)") }
    }

    mutating func note(_ line: String, at now: Timestamp) {
        hash.combine(now.milliseconds)
        hash.combine(line)
        if keepsLines { lines.append("\(now.milliseconds) \(line)") }
    }

    /// In words alone, which need not be made unless `keepsLines`.
    mutating func tell(_ line: String, at now: Timestamp) {
        if keepsLines { lines.append("\(now.milliseconds) \(line)") }
    }
}
