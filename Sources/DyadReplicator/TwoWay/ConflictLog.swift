package import DyadModel

/// Conflicts in a file, a line of JSON each, with what lost as well as what won.
///
/// A line is on disk before the winner is written over the loser, so that nothing is lost that is not kept. Where that
/// write then does not come about, after a crash or because someone else was faster, the line stays, and another follows.
package actor ConflictLog {
    private let file: DurableFile

    package init(path: String) { file = DurableFile(path: path) }

    package func add(_ conflicts: [WriteConflict], foundAt time: Timestamp) throws(PortError) {
        guard !conflicts.isEmpty else { return }
        var lines: [UInt8] = []
        // A line that a crash cut short is ended first, and so is told from this one.
        let size = try file.size()
        if size > 0, try file.read(from: size - 1, upTo: 1) != [UInt8(ascii: "\n")] { lines.append(UInt8(ascii: "\n")) }
        for conflict in conflicts { lines += Self.line(conflict, foundAt: time) }
        try file.append(lines)
    }

    /// `{"time":"2026-11-23T10:00:00.000Z","keys":{…},"winner":{"region":"…","eventTime":ms,"sequenceNumber":"…","item":{…}},
    /// "loser":{"region":"…","eventTime":ms,"deleted":true}}`.
    ///
    /// `eventTime` is the version's; an item that a backfill found has none. Neither `item` nor `deleted` stands where
    /// the state was written over before the conflict was found.
    static func line(_ conflict: WriteConflict, foundAt time: Timestamp) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("time", "\(time.label)Z")
            json.member("keys") { $0.splice(conflict.key.utf8) }
            json.member("winner") { write(conflict.winner, to: &$0) }
            json.member("loser") { write(conflict.loser, to: &$0) }
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ contender: WriteConflict.Contender, to json: inout JSONWriter) {
        json.object { json in
            json.member("region", contender.origin)
            json.member("eventTime", contender.version.map { Int($0.time) })
            json.member("sequenceNumber", contender.version?.sequence?.text)
            switch contender.change {
            case .put(let item): json.member("item") { $0.splice(item.utf8) }
            case .delete: json.member("deleted", true)
            case nil: break
            }
        }
    }
}
