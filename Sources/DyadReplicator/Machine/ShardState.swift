import DyadModel

/// One shard as the machine sees it.
struct ShardState {
    enum Reader: Equatable {
        /// No iterator: either its parent is not done, or one is due.
        case closed
        case opening
        case ready(ShardIterator)
        case reading(ShardIterator)
        /// The last page was read.
        case drained
    }

    let id: ShardID
    var parent: ShardID?
    /// Where it stood when this process began, or when it was first listed.
    let start: ShardProgress
    /// Someone relies on every record from `start` on: a checkpoint, a backfill, or a parent that was read to its end.
    let isPromised: Bool
    /// What the checkpoint on disk says; nil when it does not know the shard.
    var saved: ShardProgress?
    var reader: Reader
    var lanes: [Lane]
    var lastRead: SequenceNumber?
    var finishedAt: Timestamp?
    /// The iterator that LATEST gave is gone before a record was read: asked for again, it would skip records.
    var hasLostLatest = false
    var emptyPages = 0
    /// An open shard's tip was seen; `lastRead` was then this.
    var tip: Tip?
    /// When the page was asked for that is under way, or came last.
    var askedAt = Timestamp(milliseconds: .min)
    /// All changes made before this are read; nil before the first page.
    var readThrough: Timestamp?
    var failures = 0
    var notBefore = Timestamp(milliseconds: .min)
    /// Whether the target forgets it, where it is gone for good.
    var forgetting = Forgetting.no
    /// Its pages go to the spool; nil when they go to its lanes.
    var spooling: ShardSpool?
    /// The spool knows it.
    var isSpooled = false
    /// What was spooled of it went to its lanes; this was the last.
    var spoolEnd: SequenceNumber?
    /// All its changes made before this were read, or nobody needs them; nil where it was never spooled.
    var seenAt: Timestamp?

    struct Tip: Equatable { var sequence: SequenceNumber? }

    enum Hold: Equatable {
        case own
        /// Another worker's, or nobody's.
        case elsewhere
        /// Elsewhere too, and answers to what was asked before are still to come.
        case leaving
    }

    enum Forgetting {
        case no
        case underWay
        /// It cannot, and is not asked again.
        case refused
    }

    /// Whether a listing would show its parent if it were kept.
    enum Lineage { case unknown, asked, known }

    var hold = Hold.own
    /// Known from a lease's row alone, its parent may be unknown as well and is not to be taken for trimmed.
    var lineage = Lineage.known
    /// `appliedThrough` as its row said last while it was not this worker's.
    var observedThrough: Timestamp?
    /// Whoever holds it has found its tip since this worker is there.
    var hasCaughtUpElsewhere = false

    /// Requests are under way whose answers will come.
    var owesAnswers: Bool {
        switch reader {
        case .opening, .reading: return true
        case .closed, .ready, .drained: return lanes.contains { $0.inFlight > 0 || $0.isBurying }
        }
    }

    init(
        _ id: ShardID, parent: ShardID?, start: ShardProgress, saved: ShardProgress?, isPromised: Bool,
        lanes: [Lane]
    ) {
        self.id = id
        self.parent = parent
        self.start = start
        self.saved = saved
        self.isPromised = isPromised
        if case .finished(let time) = start {
            reader = .drained
            finishedAt = time
            self.lanes = []
        } else {
            reader = .closed
            self.lanes = lanes
        }
    }

    /// Since the machine began.
    var recordsRead = 0

    var isReading: Bool { if case .reading = reader { true } else { false } }
    var isIdle: Bool { lanes.allSatisfy { $0.isEmpty } }

    /// Up to where everything is applied: just before the oldest record that is not.
    var progress: ShardProgress {
        if let finishedAt { return .finished(at: finishedAt) }
        var oldest: Lane.Entry?
        for lane in lanes {
            guard let entry = lane.oldest else { continue }
            if let before = oldest?.before, let other = entry.before, before <= other { continue }
            if oldest != nil, oldest?.before == nil { continue }
            oldest = entry
        }
        if let oldest { return oldest.before.map { .after($0) } ?? start }
        return lastRead.map { .after($0) } ?? start
    }

    /// All changes made before this are applied. Records of a shard come in the order of their making.
    var appliedThrough: Timestamp? {
        if hold != .own { return observedThrough }
        var earliest = readThrough
        for lane in lanes {
            guard let oldest = lane.oldest?.createdAt else { continue }
            earliest = earliest.map { min($0, oldest) } ?? oldest
        }
        return earliest
    }

    mutating func haveRead(through time: Timestamp) { readThrough = max(readThrough ?? time, time) }

    /// How long ago its trim horizon was surely in front of all that is wanted; nil where a record names its position.
    func horizonPassed(at now: Timestamp) -> Int64? {
        guard position == .trimHorizon, let seenAt else { return nil }
        return now.milliseconds - seenAt.milliseconds
    }

    /// Where reading goes on.
    var position: StreamPosition {
        if let through = spooling?.through { return .after(through) }
        if let lastRead { return .after(lastRead) }
        switch start {
        case .after(let sequence): return .after(sequence)
        case .latest: return hasLostLatest ? .trimHorizon : .latest
        case .trimHorizon, .finished: return .trimHorizon
        }
    }

    /// All that it held when its tip was seen is applied and saved.
    var hasCaughtUp: Bool {
        guard let saved else { return false }
        if saved.isFinished { return true }
        if hold != .own { return hasCaughtUpElsewhere }
        guard let tip else { return false }
        guard let sequence = tip.sequence else { return true }
        guard case .after(let done) = saved else { return false }
        return done >= sequence
    }
}

/// One segment of the backfill's scan.
struct SegmentState {
    /// What is copied.
    var progress: SegmentProgress
    /// What will be, once the lane is empty.
    var next: SegmentProgress
    var lane = Lane()
    var isReading = false
    var failures = 0
    var notBefore = Timestamp(milliseconds: .min)

    init(_ progress: SegmentProgress) {
        self.progress = progress
        next = progress
    }
}

/// Telling a guarded target that the scan is over.
struct SealState {
    var isUnderWay = false
    var failures = 0
    var notBefore = Timestamp(milliseconds: .min)
}
