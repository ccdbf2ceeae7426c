package import DyadModel

/// A register as a row of the bookkeeping table.
///
/// The key attributes are the item's own, all others begin with `dyad:`: `revision` and `expires` (N, `expires` in seconds
/// since 1970, for the table's time to live), `stream` (S, the label of the stream that the row belongs to), `peer` (S, the
/// other side's name), `seen` (S),
/// `clock` (N), `basis` and `version` (S, see `ReplicaVersion`), `digest` (S, base64) and `applied` (L of S, digest, time
/// of writing and version with spaces between).
package enum RegisterFormat {
    package struct Unreadable: Error { package var reason: String }

    package static let prefix = "dyad:"
    package static let revisionName = "dyad:revision"
    package static let expiryName = "dyad:expires"

    /// Seconds that a row is kept after its last change: longer than a stream keeps a record that needs it.
    package static let lifetime: Int64 = 7 * 86_400
    /// Milliseconds after which a write's record is no longer in any stream (AWS: 24 hours; two for clocks that differ).
    static let recordLifetime: Int64 = 26 * 3_600_000

    /// - Parameters:
    ///   - stream: tells the rows of this stream from those of one before it.
    ///   - now: by the replicator's clock. A row lives on from this or from its own time, whichever is later.
    package static func row(
        _ register: KeyRegister, of key: ItemBytes, stream: String, peer: String, now: Timestamp
    ) -> ItemBytes {
        var row = key.decoded()
        let last = max(now.milliseconds, register.clock, register.version?.time ?? 0)
        row["dyad:revision"] = .number(DynamoNumber(register.revision))
        row["dyad:expires"] = .number(DynamoNumber(Int(last / 1000 + lifetime)))
        row["dyad:stream"] = .string(Text(stream))
        row["dyad:peer"] = .string(Text(peer))
        row["dyad:clock"] = .number(DynamoNumber(Int(register.clock)))
        row["dyad:seen"] = register.seen.map { .string(Text($0.text)) }
        row["dyad:basis"] = register.basis.map { .string(Text($0.description)) }
        row["dyad:version"] = register.version.map { .string(Text($0.description)) }
        row["dyad:digest"] = register.digest.map { .string(Text($0.base64)) }
        if !register.applied.isEmpty {
            row["dyad:applied"] = .list(
                register.applied.map { .string(Text("\($0.digest.base64) \($0.writtenAt) \($0.version)")) })
        }
        return ItemBytes(row)
    }

    /// - Parameter peer: the other side's name.
    /// - Returns: the register; one that knows nothing but its revision when the row belongs to another stream, whose
    ///   records are gone.
    package static func read(
        _ row: ItemBytes, stream: String, peer: String, now: Timestamp
    ) throws(Unreadable) -> KeyRegister {
        var register = KeyRegister()
        guard let revision = number(row, "dyad:revision") else { throw Unreadable(reason: "it has no dyad:revision") }
        register.revision = Int(revision)
        if let other = string(row, "dyad:peer"), other != peer {
            throw Unreadable(
                reason: "it belongs to another link, which goes to \(other): each pair of tables needs a bookkeeping "
                    + "table of its own (--bookkeeping-table)")
        }
        guard string(row, "dyad:stream") == stream else { return register }
        guard let clock = number(row, "dyad:clock") else { throw Unreadable(reason: "it has no dyad:clock") }
        register.clock = clock
        register.seen = string(row, "dyad:seen").flatMap { SequenceNumber($0) }
        register.basis = try version(string(row, "dyad:basis"))
        register.version = try version(string(row, "dyad:version"))
        register.digest = string(row, "dyad:digest").flatMap { StateDigest(base64: $0) }
        guard (register.version == nil) == (register.digest == nil) else {
            throw Unreadable(reason: "its dyad:digest cannot be read")
        }
        if let list = row.attribute(named: "dyad:applied") {
            guard case .list(let entries) = list else { throw Unreadable(reason: "its dyad:applied is no list") }
            for entry in entries {
                guard case .string(let text) = entry, let own = try applied(text.string) else {
                    throw Unreadable(reason: "its dyad:applied cannot be read")
                }
                if now.milliseconds - own.writtenAt < recordLifetime { register.applied.append(own) }
            }
        }
        return register
    }

    private static func applied(_ text: String) throws(Unreadable) -> KeyRegister.Applied? {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let digest = StateDigest(base64: parts[0]), let writtenAt = Int64(parts[1]),
            let version = try version(String(parts[2]))
        else { return nil }
        return KeyRegister.Applied(digest, version, writtenAt: writtenAt)
    }

    private static func version(_ text: String?) throws(Unreadable) -> ReplicaVersion? {
        guard let text else { return nil }
        guard let version = ReplicaVersion(text) else { throw Unreadable(reason: "\(text) is no version") }
        return version
    }

    private static func string(_ row: ItemBytes, _ name: Text) -> String? {
        guard case .string(let text) = row.attribute(named: name) else { return nil }
        return text.string
    }

    private static func number(_ row: ItemBytes, _ name: Text) -> Int64? {
        guard case .number(let number) = row.attribute(named: name) else { return nil }
        return Int64(number.description)
    }
}
