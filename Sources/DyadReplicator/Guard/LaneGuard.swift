import DyadModel

/// Decides how a lane's batch is written so that it is applied once and in its turn. Pure: it reads and writes nothing.
///
/// A batch holds all of the lane's changes behind the position up to its `through`, or ends with them: a position
/// further on than where the batch begins means that a part of it was applied, which writing it again does not change.
package struct LaneGuard: Sendable {
    package enum Step: Sendable, Equatable {
        /// It was applied before, by us or by another.
        case done
        /// The row must be read: `found` wants to know.
        case read
        /// All of it, if the row says `from`, and then the row says `to`.
        case write(from: LanePosition, to: LanePosition)
    }

    /// What the row said last; nil when that is not known.
    private var position: LanePosition?
    /// Where the last write of a scan's batch would have moved the row: an answer that was lost may have been a yes.
    private var attempted: LanePosition?

    package init() {}

    package func step(for batch: ReplicaBatch) -> Step {
        guard let position else { return .read }
        if position == .sealed { return .done }
        guard let through = batch.through else {
            let next = LanePosition.scanned(batch.digest(behind: position))
            return .write(from: position, to: next)
        }
        if case .through(let applied) = position, applied >= through { return .done }
        return .write(from: position, to: .through(through))
    }

    /// The write was carried out.
    package mutating func wrote(to next: LanePosition) {
        position = next
        attempted = nil
    }

    /// The write was not carried out, for the row said something else.
    package mutating func missed(to next: LanePosition) {
        position = nil
        attempted = next
    }

    /// The row was read.
    ///
    /// - Returns: whether it says that the write which was missed had been carried out before.
    package mutating func found(_ position: LanePosition) -> Bool {
        self.position = position
        defer { attempted = nil }
        return attempted == position
    }
}

extension ReplicaBatch {
    /// FNV-1a of what it holds and of what stands before it: equal for the same batch sent again.
    func digest(behind position: LanePosition) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            // No byte of UTF-8, so that two texts do not read as one.
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        add(position.text.utf8)
        for write in writes {
            add(write.key.utf8)
            if case .put(let item) = write.change { add(item.utf8) }
        }
        return hash
    }
}
