import DyadModel
import DyadReplicator
import Testing

/// What the rows of leases say together.
struct SharedProgressTests {
    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func row(
        _ id: ShardID, parent: ShardID? = nil, _ progress: ShardProgress = .trimHorizon, through: Int64? = nil
    ) -> Lease {
        Lease(.shard(id), parent: parent, progress: progress, appliedThrough: through.map(time))
    }

    private func watermark(
        _ leases: [Lease], _ shards: [ShardDescription], backfill: BackfillProgress? = nil
    ) -> Timestamp? {
        let beginning = Checkpoint(link: Bench.link, backfill: backfill, savedAt: Bench.start)
        return SharedProgress.checkpoint(beginning: beginning, leases: leases, shards: shards, now: Bench.start)
            .appliedThrough
    }

    @Test func `all is applied up to where the slowest shard is`() {
        let shards = [ShardDescription(a), ShardDescription(b)]
        #expect(watermark([row(a, through: 7), row(b, through: 5)], shards) == time(5))
    }

    @Test func `a shard that nobody has begun, or knows yet, leaves nothing to say`() {
        let shards = [ShardDescription(a), ShardDescription(b)]
        #expect(watermark([row(a, through: 7), row(b)], shards) == nil)
        #expect(watermark([row(a, through: 7)], shards) == nil)
    }

    @Test func `a finished shard holds nothing back, its children do`() {
        let shards = [ShardDescription(a), ShardDescription(b, parent: a)]
        let done = row(a, .finished(at: time(1)), through: 3)
        #expect(watermark([done], shards) == nil)
        #expect(watermark([done, row(b, parent: a)], shards) == nil)
        #expect(watermark([done, row(b, parent: a, through: 9)], shards) == time(9))
    }

    @Test func `a child waits behind its parent, and the parent alone counts`() {
        let shards = [ShardDescription(a), ShardDescription(b, parent: a), ShardDescription(c, parent: b)]
        #expect(watermark([row(a, through: 4)], shards) == time(4))
        #expect(watermark([row(a, through: 4), row(b, parent: a)], shards) == time(4))
        #expect(watermark([row(b, parent: a)], shards) == nil)
    }

    @Test func `a row whose shard the stream no longer lists counts until it is finished`() {
        #expect(watermark([row(a, through: 2), row(b, through: 8)], [ShardDescription(b)]) == time(2))
        #expect(watermark([row(a, .finished(at: time(1))), row(b, through: 8)], [ShardDescription(b)]) == time(8))
    }

    @Test func `while the table is copied nothing is said, whatever the shards have`() {
        let (shards, rows) = ([ShardDescription(a)], [row(a, through: 8)])
        let scanning = BackfillProgress.scanning(since: time(1), segments: [.untouched])
        #expect(watermark(rows, shards, backfill: scanning) == nil)
        for (progress, expected) in [
            (scanning, nil), (.replaying(since: time(1)), nil), (.consistent(at: time(1)), time(8)),
        ] as [(BackfillProgress, Timestamp?)] {
            #expect(watermark(rows + [Lease(.backfill, backfill: progress)], shards, backfill: scanning) == expected)
        }
    }
}
