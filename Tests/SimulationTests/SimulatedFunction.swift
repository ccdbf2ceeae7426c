import DyadModel
import DyadReplicator

/// What a function was invoked with, and what must never be seen of it.
struct SimulatedFunction {
    /// Handled, or kept as given up; by any process.
    private var done: Set<SequenceNumber> = []
    /// The same, by the process that lives now.
    private var doneInLife: Set<SequenceNumber> = []
    private var lifeBegan: Checkpoint?
    private(set) var violations: [String] = []

    /// A filter lets four of five through.
    static func isWanted(_ sequence: SequenceNumber) -> Bool { (Int(sequence.text.suffix(15)) ?? 0) % 5 != 0 }

    func isDone(_ sequence: SequenceNumber) -> Bool { done.contains(sequence) }

    mutating func beginLife(from checkpoint: Checkpoint?) {
        doneInLife = []
        lifeBegan = checkpoint
    }

    /// All earlier records of a key are done with, or stand in front of it in the same batch.
    mutating func invoke(_ batch: [ReplicaWrite], source: SimulatedSource) {
        var before: Set<SequenceNumber> = []
        for write in batch {
            guard let sequence = write.sequence, let number = write.key.number("id"), write.event != nil else {
                return violations.append("an event without a number")
            }
            if !Self.isWanted(sequence) { violations.append("\(sequence) was to be held back") }
            if let change = source.changes[sequence], isCovered(change) {
                violations.append("\(sequence) was handed over from behind the checkpoint")
            }
            for change in source.history[number] ?? [] where change.sequence < sequence && change.isWanted {
                let isFirst =
                    doneInLife.contains(change.sequence) || before.contains(change.sequence) || isCovered(change)
                if !isFirst { violations.append("\(sequence) was handed over before \(change.sequence)") }
            }
            before.insert(sequence)
        }
    }

    /// The process began behind it.
    private func isCovered(_ change: SimulatedSource.Change) -> Bool {
        switch lifeBegan?.shards[change.shard] {
        case .finished: true
        case .after(let sequence): change.sequence <= sequence
        default: false
        }
    }

    mutating func handled(_ batch: [ReplicaWrite]) { note(batch.compactMap(\.sequence)) }
    mutating func keep(_ letters: [DeadLetter]) {
        note(letters.compactMap(\.write.sequence))
        if letters.contains(where: { $0.failure?.condition == nil }) { violations.append("given up for no reason") }
    }

    private mutating func note(_ sequences: [SequenceNumber]) {
        done.formUnion(sequences)
        doneInLife.formUnion(sequences)
    }

    /// Whatever a checkpoint claims is done.
    mutating func check(_ checkpoint: Checkpoint, source: SimulatedSource) {
        for change in source.changes.values where change.isWanted && !done.contains(change.sequence) {
            let isClaimed =
                switch checkpoint.shards[change.shard] {
                case .finished: true
                case .after(let sequence): change.sequence <= sequence
                default: false
                }
            if isClaimed { violations.append("the checkpoint claims \(change.sequence), which is not done") }
        }
    }
}
