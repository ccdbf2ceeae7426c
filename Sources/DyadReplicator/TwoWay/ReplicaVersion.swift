package import DyadModel

/// When and where a state of an item was written: the clock by which the last writer wins.
///
/// A hybrid logical clock. Its time is the stream record's, raised where need be so that a write which follows a state
/// in its table's own history is later than that state, whatever the clocks say. Equal times go by the origin's name,
/// then by sequence number.
package struct ReplicaVersion: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970; 0 for a state that a scan found and that no version is known of.
    package var time: Int64
    /// The side that it was written at, by a name that both sides know it by.
    package var origin: String
    /// Of the stream record that told of it; nil when a scan did.
    package var sequence: SequenceNumber?

    package init(time: Int64, origin: String, sequence: SequenceNumber?) {
        self.time = time
        self.origin = origin
        self.sequence = sequence
    }

    /// Older than whatever a stream tells of.
    package static func unknown(at origin: String) -> Self { Self(time: 0, origin: origin, sequence: nil) }

    package var isUnknown: Bool { time == 0 }

    package static func < (left: Self, right: Self) -> Bool {
        if left.time != right.time { return left.time < right.time }
        if left.origin != right.origin { return left.origin < right.origin }
        switch (left.sequence, right.sequence) {
        case (_, nil): return false
        case (nil, _): return true
        case (let left?, let right?): return left < right
        }
    }
}

extension ReplicaVersion: CustomStringConvertible {
    /// `1795428000000 cn-north-1 111100000000000000000001`, with `-` for no sequence number.
    package var description: String { "\(time) \(origin) \(sequence?.text ?? "-")" }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, let time = Int64(parts[0]), !parts[1].isEmpty else { return nil }
        let sequence = SequenceNumber(String(parts[2]))
        guard sequence != nil || parts[2] == "-" else { return nil }
        self.init(time: time, origin: String(parts[1]), sequence: sequence)
    }
}

/// A state of an item in 32 bytes: equal states have equal digests, and a deleted item has one of its own.
package struct StateDigest: Sendable, Hashable {
    package let bytes: [UInt8]

    /// - Parameter item: nil for a deleted item.
    package init(_ item: ItemBytes?) { bytes = sha256(item?.utf8 ?? []) }

    package init(_ change: ItemChange) {
        switch change {
        case .put(let item): self.init(item)
        case .delete: self.init(nil)
        }
    }

    /// Nil unless it is 32 bytes in base64.
    package init?(base64 text: some StringProtocol) {
        guard let bytes = Base64.decode(Array(text.utf8)), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    package var base64: String {
        var text: [UInt8] = []
        Base64.encode(bytes, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static let deleted = StateDigest(nil)
}
