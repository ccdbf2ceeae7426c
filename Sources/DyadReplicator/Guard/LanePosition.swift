/// Up to where a lane is applied, as its row at the target says.
///
/// Every batch moves it by a compare-and-set in the transaction that writes the batch. So a lane's batches are applied
/// once each and in their order, whoever sends them and however late they arrive.
package enum LanePosition: Sendable, Hashable {
    /// The row is there, and nothing was applied yet.
    case beginning
    case through(SequenceNumber)
    /// The last batch of a scan's segment, by what it holds: a scan has no sequence numbers.
    case scanned(UInt64)
    /// The scan is over. What of it comes late is older than the replay and is dropped.
    case sealed

    /// As the row has it. An empty string would do, but not every server takes one.
    package var text: String {
        switch self {
        case .beginning: "-"
        case .through(let sequence): sequence.text
        case .scanned(let digest): "scan-\(String(digest, radix: 16))"
        case .sealed: "sealed"
        }
    }

    package init?(_ text: String) {
        if text == "-" {
            self = .beginning
        } else if text == "sealed" {
            self = .sealed
        } else if text.hasPrefix("scan-"), let digest = UInt64(text.dropFirst(5), radix: 16) {
            self = .scanned(digest)
        } else if let sequence = SequenceNumber(text) {
            self = .through(sequence)
        } else {
            return nil
        }
    }
}
