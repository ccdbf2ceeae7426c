package import DyadModel

/// One change's way from the side that it was made at to the other: what to read, what to write, when it is done.
///
/// It asks for one thing at a time and is told what came of it. A register is always read before its item, and every
/// write expects the register that was read: a request that comes late, or comes twice, does nothing.
package struct Passage: Sendable {
    package enum Side: Sendable, Hashable { case origin, destination }

    /// Both sides' names, as versions have them.
    package struct Names: Sendable, Hashable {
        package var origin: String
        package var destination: String

        package init(origin: String, destination: String) {
            self.origin = origin
            self.destination = destination
        }
    }

    /// One transaction: a register, and an item where there is one to write.
    package struct Commit: Sendable, Equatable {
        package var side: Side
        /// The register that must be there still, by its revision.
        package var expected: Int
        package var register: KeyRegister
        package var change: ItemChange?
        /// Only if there is no item.
        package var isOnlyIfAbsent = false
    }

    package enum Ask: Sendable, Equatable {
        case register(Side)
        /// The item, read after the register.
        case item(Side)
        case commit(Commit)
    }

    private enum Stage {
        case originRegister
        case originItem(KeyRegister)
        case originCommit(Commit, KeyRegister.Outgoing?)
        case register(KeyRegister.Outgoing)
        case item(KeyRegister.Outgoing, KeyRegister)
        case commit(Commit, KeyRegister.Outgoing)
        case done
    }

    package let write: ReplicaWrite
    private let digest: StateDigest
    let names: Names
    private let yields: Bool
    private let now: Int64
    private var stage = Stage.originRegister

    /// Found by the commit that is asked for; counts once that is done.
    package private(set) var conflict: WriteConflict?
    /// It was the replicator's own write.
    package private(set) var isEcho = false
    /// There was nothing left to do, maybe because an earlier passage of the same change got through unheard.
    private(set) var isSettled = false
    /// What the side has then at which nothing was to be done.
    private(set) var settledVersion: ReplicaVersion?

    /// - Parameters:
    ///   - yields: an item that a scan found and that nothing is known of goes only where there is no item.
    ///   - now: by the replicator's clock.
    package init(_ write: ReplicaWrite, _ names: Names, yields: Bool, now: Timestamp) {
        self.now = now.milliseconds
        self.write = write
        self.names = names
        self.yields = yields
        digest = StateDigest(write.change)
    }

    /// Nil when it is done.
    package var ask: Ask? {
        switch stage {
        case .originRegister: .register(.origin)
        case .originItem: .item(.origin)
        case .originCommit(let commit, _), .commit(let commit, _): .commit(commit)
        case .register: .register(.destination)
        case .item: .item(.destination)
        case .done: nil
        }
    }

    package mutating func found(_ register: KeyRegister) {
        conflict = nil
        isEcho = false
        switch stage {
        case .originRegister:
            guard let sequence = write.sequence else { return survey(register, current: nil) }
            if register.needsItem(for: sequence, digest) {
                stage = .originItem(register)
            } else {
                receive(register, sequence, current: nil)
            }
        case .register(let outgoing):
            let isNews =
                outgoing.version.isUnknown ? register.version == nil : register.needsItem(for: outgoing)
            if isNews {
                stage = .item(outgoing, register)
            } else {
                settle(register)
            }
        default: preconditionFailure("no register was asked for")
        }
    }

    package mutating func found(item: ItemBytes?) {
        switch stage {
        case .originItem(let register):
            if let sequence = write.sequence {
                receive(register, sequence, current: item)
            } else {
                survey(register, current: .some(item))
            }
        case .item(let outgoing, let register): accept(outgoing, register, current: item)
        default: preconditionFailure("no item was asked for")
        }
    }

    /// The commit that was asked for is done.
    package mutating func committed() {
        switch stage {
        case .originCommit(_, let outgoing): stage = outgoing.map { .register($0) } ?? .done
        case .commit: stage = .done
        default: preconditionFailure("no commit was asked for")
        }
    }

    /// Someone else changed the register, or wrote the item that was to be absent: that side is looked at anew.
    package mutating func collided() {
        conflict = nil
        switch stage {
        case .originCommit: stage = .originRegister
        case .commit(_, let outgoing): stage = .register(outgoing)
        default: preconditionFailure("no commit was asked for")
        }
    }

    private mutating func settle(_ register: KeyRegister) {
        isSettled = true
        settledVersion = register.version
        stage = .done
    }

    private mutating func receive(_ register: KeyRegister, _ sequence: SequenceNumber, current item: ItemBytes?) {
        let current = register.needsItem(for: sequence, digest) ? StateDigest(item) : nil
        let reception = register.receive(
            sequence, digest, time: write.createdAt?.milliseconds ?? 0, current: current, at: names.origin,
            now: now)
        func commit(_ next: KeyRegister, _ change: ItemChange? = nil) -> Commit {
            Commit(side: .origin, expected: register.revision, register: next, change: change)
        }
        switch reception {
        case .known(let outgoing):
            if let outgoing { stage = .register(outgoing) } else { settle(register) }
        case .echo(let next):
            isEcho = true
            stage = .originCommit(commit(next), nil)
        case .wins(let next, let restores, let outgoing):
            stage = .originCommit(commit(next, restores ? write.change : nil), outgoing)
        case .loses(let next, let own, let winner):
            let state: ItemChange? = current == register.digest ? item.map { .put($0) } ?? .delete : nil
            conflict = WriteConflict(
                key: write.key, winner: .init(origin: winner.origin, winner, state),
                loser: .init(origin: own.origin, own, write.change))
            stage = .originCommit(commit(next), nil)
        }
    }

    private mutating func survey(_ register: KeyRegister, current item: ItemBytes??) {
        switch register.survey(digest, current: item.map { StateDigest($0) }, at: names.origin) {
        case .found(let outgoing):
            // What this table has from the other one needs no going back.
            if yields, outgoing.version.origin == names.destination {
                stage = .done
            } else {
                stage = .register(outgoing)
            }
        case .needsItem: stage = .originItem(register)
        case .stale: stage = .done
        case .unrecorded(let next, let outgoing):
            stage = .originCommit(
                Commit(side: .origin, expected: register.revision, register: next), outgoing)
        }
    }

    private mutating func accept(_ outgoing: KeyRegister.Outgoing, _ register: KeyRegister, current item: ItemBytes?) {
        let current = StateDigest(item)
        if outgoing.version.isUnknown, current == digest || (yields && item != nil) {
            stage = .done
            return
        }
        func commit(_ next: KeyRegister, _ change: ItemChange?) -> Commit {
            Commit(
                side: .destination, expected: register.revision, register: next, change: change,
                isOnlyIfAbsent: change != nil && yields && outgoing.version.isUnknown)
        }
        switch register.accept(outgoing, current: current, at: names.destination, now: now) {
        case .settled: stage = .done
        case .adopt(let next): stage = .commit(commit(next, nil), outgoing)
        case .write(let next, let lost):
            let isUnversioned = outgoing.version.isUnknown && item != nil
            if lost != nil || isUnversioned {
                conflict = WriteConflict(
                    key: write.key,
                    winner: .init(
                        origin: outgoing.version.origin, outgoing.version.isUnknown ? nil : outgoing.version,
                        write.change),
                    loser: .init(origin: names.destination, lost, item.map { .put($0) } ?? .delete))
            }
            stage = .commit(commit(next, write.change), outgoing)
        }
    }
}
