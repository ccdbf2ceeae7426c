import DyadModel
import DyadReplicator

/// Keys under which two tables looked different while both were written to, looked at again until that is certain.
///
/// The source is read strongly; when all that was changed by then is applied, the replica; then the source again. Only
/// an unchanged source with a replica that is not like it is a difference: no change can be on its way between them.
struct SuspectKeys: Sendable {
    let source: ComparedTable
    let target: ComparedTable
    let watermark: AppliedWatermark

    /// How often a key whose item changes all the time is looked at.
    static let roundsMax = 10

    struct Finding: Sendable {
        var key: ItemBytes
        /// Nil when there is none.
        var source: ItemBytes?
        var target: ItemBytes?
        var lastApplied: SequenceNumber?
    }

    struct Verdict: Sendable {
        var differences: [Finding] = []
        /// Keys that changed in every round, so that nothing is known.
        var restless: [ItemBytes] = []
    }

    func judge(_ keys: [ItemBytes]) async throws(PortError) -> Verdict {
        var verdict = Verdict()
        var open = keys
        for _ in 0..<Self.roundsMax where !open.isEmpty {
            let before = try await source.items(open)
            let checkpoint = try await watermark.wait(past: watermark.clock.now)
            let replica = try await target.items(open)
            let after = try await source.items(open)
            var next: [ItemBytes] = []
            for key in open {
                // What the source had on either side of the look is what the replica may show.
                if replica[key] == before[key] || replica[key] == after[key] { continue }
                guard before[key] == after[key] else {
                    next.append(key)
                    continue
                }
                verdict.differences.append(
                    Finding(
                        key: key, source: after[key], target: replica[key],
                        lastApplied: checkpoint.lastAppliedSequence))
            }
            open = next
        }
        verdict.restless = open
        return verdict
    }
}
