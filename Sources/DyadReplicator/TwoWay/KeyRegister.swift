/// What one side's bookkeeping knows of one key. Both directions read it, and change it by compare-and-set alone.
///
/// It tells the replicator's own writes from everyone else's, whose they are, and which of two wins; it has no clock and
/// does no I/O. A deleted item keeps its register for as long as a replay is possible: that is its tombstone.
package struct KeyRegister: Sendable, Equatable {
    /// A write of the replicator's own whose stream record was not seen yet.
    package struct Applied: Sendable, Equatable {
        package var digest: StateDigest
        package var version: ReplicaVersion
        /// Milliseconds since 1970, by the replicator's clock. A stream keeps no record as old as this may get: an entry
        /// whose record must be gone is dropped as it is read.
        package var writtenAt: Int64

        package init(_ digest: StateDigest, _ version: ReplicaVersion, writtenAt: Int64 = 0) {
            self.digest = digest
            self.version = version
            self.writtenAt = writtenAt
        }
    }

    /// Grows with every change; 0 when there is no row.
    package var revision = 0
    /// The last record of this side's stream that was processed.
    package var seen: SequenceNumber?
    /// The latest time in this side's history so far: a local write that comes next is later.
    package var clock: Int64 = 0
    /// The newest version of the other side that this side's history holds: a local write that comes next has seen it.
    package var basis: ReplicaVersion?
    /// The winner, as far as this side knows.
    package var version: ReplicaVersion?
    /// The winner's state.
    package var digest: StateDigest?
    /// In the order in which they were written. Each has a record in the stream that is still to come: its own, or where
    /// it changed nothing, that of the local write that had made the same state.
    package var applied: [Applied] = []

    package init() {}

    /// A state on its way to the other side.
    package struct Outgoing: Sendable, Equatable {
        package var version: ReplicaVersion
        /// The newest version of the other side that its writer can have seen.
        package var basis: ReplicaVersion?
        package var digest: StateDigest

        package init(_ version: ReplicaVersion, basis: ReplicaVersion?, digest: StateDigest) {
            self.version = version
            self.basis = basis
            self.digest = digest
        }
    }

    /// The register after the next change of it.
    private var changed: KeyRegister {
        var next = self
        next.revision += 1
        return next
    }

    /// This state is part of this side's history from here on.
    private mutating func note(_ version: ReplicaVersion, at side: String) {
        clock = max(clock, version.time)
        if version.origin != side { basis = max(basis ?? version, version) }
    }
}

// MARK: A record of this side's stream

extension KeyRegister {
    package enum Reception: Sendable, Equatable {
        /// Processed before; a crash may have kept the state from the other side.
        case known(Outgoing?)
        /// The replicator's own write.
        case echo(KeyRegister)
        /// A local write, the newest that this side knows. With `restores` its state is written again at this side: an
        /// older one of the replicator's lies over it.
        case wins(KeyRegister, restores: Bool, Outgoing)
        /// A local write over which a newer one of the other side lies already.
        case loses(KeyRegister, own: ReplicaVersion, to: ReplicaVersion)
    }

    /// The item itself must be read, after this register, before `receive` can decide.
    package func needsItem(for sequence: SequenceNumber, _ digest: StateDigest) -> Bool {
        if let seen, sequence <= seen { return false }
        return !applied.isEmpty && applied.first?.digest != digest
    }

    /// - Parameters:
    ///   - digest: of the state that the record tells of.
    ///   - time: the record's, in milliseconds.
    ///   - current: of the item as it was read after this register; needed where `needsItem` says so.
    ///   - side: this side's name.
    ///   - now: milliseconds since 1970, by the replicator's clock.
    package func receive(
        _ sequence: SequenceNumber, _ digest: StateDigest, time: Int64, current: StateDigest?, at side: String,
        now: Int64 = 0
    ) -> Reception {
        if let seen, sequence <= seen {
            guard let version, version.origin == side, version.sequence == sequence else { return .known(nil) }
            return .known(Outgoing(version, basis: basis, digest: digest))
        }
        var next = changed
        next.seen = sequence
        // Only the oldest can be next: a state further on is there by someone else's doing.
        if let oldest = applied.first, oldest.digest == digest {
            next.applied.removeFirst()
            next.note(oldest.version, at: side)
            return .echo(next)
        }
        let own = ReplicaVersion(time: max(time, clock + 1), origin: side, sequence: sequence)
        next.clock = own.time
        if let version, version > own { return .loses(next, own: own, to: version) }
        next.version = own
        next.digest = digest
        // What lies over it otherwise is a later local write, whose record is still to come.
        let restores = current != digest && applied.contains { $0.digest == current }
        if restores { next.applied.append(Applied(digest, own, writtenAt: now)) }
        return .wins(next, restores: restores, Outgoing(own, basis: basis, digest: digest))
    }
}

// MARK: An item of this side's scan

extension KeyRegister {
    package enum Survey: Sendable, Equatable {
        /// What is known of it, or no more than that it is there.
        case found(Outgoing)
        /// Nothing is known of this state: the item must be read again, after this register.
        case needsItem
        /// It changed since the scan: the stream tells of that.
        case stale
        /// A local write whose record may be gone. The register is to say so.
        case unrecorded(KeyRegister, Outgoing)
    }

    /// - Parameter current: of the item as it was read after this register; nil while it was not.
    package func survey(_ digest: StateDigest, current: StateDigest?, at side: String) -> Survey {
        guard let version else { return .found(Outgoing(.unknown(at: side), basis: nil, digest: digest)) }
        if digest == self.digest { return .found(Outgoing(version, basis: basis, digest: digest)) }
        if let own = applied.last(where: { $0.digest == digest }) {
            return .found(Outgoing(own.version, basis: basis, digest: digest))
        }
        guard let current else { return .needsItem }
        guard current == digest else { return .stale }
        var next = changed
        let own = ReplicaVersion(time: max(clock, version.time) + 1, origin: side, sequence: nil)
        next.clock = own.time
        next.version = own
        next.digest = digest
        return .unrecorded(next, Outgoing(own, basis: basis, digest: digest))
    }
}

// MARK: A state of the other side

extension KeyRegister {
    package enum Acceptance: Sendable, Equatable {
        /// This side has it, or a newer one.
        case settled
        /// The item is that already: only the register changes.
        case adopt(KeyRegister)
        /// The item is to be written. `over` is the version that is thereby lost and that its writer had not seen.
        case write(KeyRegister, over: ReplicaVersion?)
    }

    /// The item itself must be read, after this register, before `accept` can decide.
    package func needsItem(for state: Outgoing) -> Bool { version.map { $0 < state.version } ?? true }

    /// - Parameters:
    ///   - current: of the item as it was read after this register.
    ///   - side: this side's name.
    ///   - now: milliseconds since 1970, by the replicator's clock.
    package func accept(
        _ state: Outgoing, current: StateDigest, at side: String, now: Int64 = 0
    ) -> Acceptance {
        guard needsItem(for: state) else { return .settled }
        var next = changed
        next.version = state.version
        next.digest = state.digest
        if current == state.digest {
            // Without a write there will be no record. Local writes still to come from the stream are later than this.
            next.note(state.version, at: side)
            return .adopt(next)
        }
        next.applied.append(Applied(state.digest, state.version, writtenAt: now))
        guard let version, version.origin == side, current == digest, state.basis.map({ $0 < version }) ?? true else {
            return .write(next, over: nil)
        }
        return .write(next, over: version)
    }
}
