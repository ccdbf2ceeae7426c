import DyadModel
import DyadReplicator
import Testing

/// What a spool that is there, or is not, means for a replication that begins.
struct SpoolDecisionTests {
    private func decide(
        _ resume: Checkpoint?, _ found: SpoolContents?, name: String? = "f.spool", backfill: Bool = true
    ) -> SpoolDecision {
        SpoolDecision(
            resume: resume, checkpointName: "f", found: found, spoolName: name, link: Bench.link, backfill: backfill)
    }

    private func checkpoint(_ backfill: BackfillProgress?, spool: String? = nil) -> Checkpoint {
        Checkpoint(link: Bench.link, shards: [:], backfill: backfill, savedAt: Bench.start, spool: spool)
    }

    private func contents(_ id: String, records: Int = 3, _ change: (inout ReplicationLink) -> Void = { _ in })
        -> SpoolContents
    {
        var link = Bench.link
        change(&link)
        return SpoolContents(id: id, link: link, totals: SpoolTotals(records: records, bytes: 9))
    }

    private let scanning = BackfillProgress.scanning(since: Bench.start, segments: [.untouched])

    @Test func `a backfill that begins makes one, and one without a backfill makes none`() {
        #expect(decide(nil, nil) == .create(warning: nil))
        #expect(decide(nil, nil, backfill: false) == .none(discards: false))
        #expect(decide(nil, nil, name: nil) == .none(discards: false))
        #expect(decide(checkpoint(nil), nil) == .create(warning: nil))
        #expect(decide(checkpoint(.consistent(at: Bench.start)), nil) == .none(discards: false))
        // Of an older form, or begun without a spool: from its positions on it is spooled.
        #expect(decide(checkpoint(scanning), nil, backfill: false) == .create(warning: nil))
        #expect(decide(checkpoint(.replaying(since: Bench.start)), nil) == .none(discards: false))
    }

    @Test func `a checkpoint that counts on a spool goes on with that one alone`() {
        let resume = checkpoint(scanning, spool: "s")
        #expect(decide(resume, contents("s"), backfill: false) == .goOn(contents("s")))
        for found in [nil, contents("t"), contents("s") { $0.streamARN = "another" }] {
            guard case .refuse(let reason) = decide(resume, found, backfill: false) else {
                Issue.record("\(found?.id ?? "none") is taken")
                continue
            }
            #expect(reason.contains("f.spool"))
            guard case .beginAnew = decide(resume, found) else {
                Issue.record("\(found?.id ?? "none") is taken")
                continue
            }
        }
        guard case .refuse(let reason) = decide(resume, contents("s"), name: nil) else {
            Issue.record("it goes on without")
            return
        }
        #expect(reason.contains("--no-spool"))
    }

    @Test func `what another backfill of the same tables left is begun anew, with a warning if it held anything`() {
        #expect(decide(nil, contents("old", records: 0)) == .create(warning: nil))
        guard case .create(let warning?) = decide(nil, contents("old")) else {
            Issue.record("it goes in silence")
            return
        }
        #expect(warning.contains("3 changes"))
        #expect(decide(checkpoint(.consistent(at: Bench.start)), contents("old")) == .none(discards: true))
    }

    @Test func `the spool of other tables is refused, and left alone where none is needed`() {
        let foreign = contents("s") { $0.sourceTable = "other" }
        #expect(
            decide(nil, foreign)
                == .refuse(
                    "f.spool is the spool of other in cn-north-1 to tlog_replica in cn-northwest-1, not of tlog in "
                        + "cn-north-1 to tlog_replica in cn-northwest-1. Name another file with --spool."))
        guard case .refuse = decide(checkpoint(scanning, spool: "s"), foreign) else {
            Issue.record("it is taken")
            return
        }
        #expect(decide(nil, foreign, backfill: false) == .none(discards: false))
    }
}
