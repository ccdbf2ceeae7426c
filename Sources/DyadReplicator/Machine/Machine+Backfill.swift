import DyadModel

// The backfill: positions first, then the scan, then the replay. While the scan runs the stream goes to a spool. Where
// there is none it is not read: it keeps its records for a day, and a scan that takes longer than that is ended.
extension ReplicationMachine {
    var isScanning: Bool { if case .scanning = backfill { true } else { false } }

    /// The scan is done and the disk does not say so: a restart would scan again. Replaying waits, so that no item of a
    /// scan is ever written behind a record of the replay.
    var isScanUnsaved: Bool {
        if case .replaying = backfill, case .scanning = savedBackfill { true } else { false }
    }

    private var scanID: ScanID? {
        guard options.isGuarded, case .scanning(let since, let all) = backfill else { return nil }
        return ScanID(since: since, segments: all.count)
    }

    mutating func restoreBackfill(_ now: Timestamp) {
        if options.isShared { return }
        switch backfill {
        case .scanning(_, let saved):
            segments = saved.map(SegmentState.init)
            announce(.backfillResumed(finished: saved.count { $0 == .finished }, of: saved.count))
        case nil where isResumed && options.backfill:
            // The positions in the checkpoint are older than the scan that begins now.
            beginBackfill(now)
        case .replaying, .consistent, nil: break
        }
    }

    mutating func beginBackfill(_ now: Timestamp) {
        appliedThrough = nil
        segments = Array(repeating: SegmentState(.untouched), count: options.parallelism)
        backfill = .scanning(since: now, segments: segments.map(\.progress))
        announce(.backfillStarted(segments: segments.count))
    }

    /// The shards' positions are on disk: a change that the scan does not see will be replayed, whatever happens now.
    private var arePositionsSaved: Bool {
        guard listCount > 0, case .scanning = savedBackfill else { return false }
        // Where a shard begins stood in the table before the scan.
        if options.isShared { return true }
        return shards.allSatisfy { $0.saved != nil }
    }

    mutating func endOverlongScan(_ now: Timestamp) {
        guard case .scanning(let since, _) = backfill else { return }
        guard let began = unspooledSince(since) else { return }
        let passed = now.milliseconds - began.milliseconds
        // An hour is left for the replay to reach the records that are about to be trimmed.
        guard passed > options.retention - 3_600_000 else { return }
        stop(.failed(spool == nil ? .backfillOutlived(passed) : .spoolOutlived(passed)), now)
    }

    mutating func advanceScan(_ now: Timestamp) {
        guard holdsBackfill, arePositionsSaved else { return }
        sealIfDue(now)
        for index in segments.indices {
            buryIfDue(LaneID(.segment(index)), now)
            if batchesInFlight < options.parallelism, segments[index].lane.isReady(at: now) {
                var batch = segments[index].lane.take(keysMax: options.batchSize, bytesMax: options.batchBytesMax)
                batch.scan = scanID
                send(batch, of: LaneID(.segment(index)))
            }
            let segment = segments[index]
            guard segment.progress != .finished, segment.lane.isEmpty, !segment.isReading, segment.notBefore <= now
            else { continue }
            segments[index].isReading = true
            var after: ItemBytes?
            if case .after(let key) = segment.progress { after = key }
            effects.append(.scan(segment: index, of: segments.count, after: after))
        }
    }

    mutating func scanned(_ index: Int, _ page: SnapshotPage, _ now: Timestamp) {
        succeeded(.source, now)
        guard segments.indices.contains(index), segments[index].isReading else { return }
        segments[index].isReading = false
        segments[index].failures = 0
        segments[index].next = page.lastKey.map { .after($0) } ?? .finished
        counts.itemsScanned += page.items.count
        for found in page.items {
            segments[index].lane.add(
                Lane.Entry(
                    write: ReplicaWrite(key: found.key, .put(found.item)), before: nil, createdAt: now,
                    byteCount: found.item.utf8.count))
        }
        segmentSettled(index)
    }

    /// A segment moves on when all of its page is applied.
    mutating func segmentSettled(_ index: Int) {
        guard segments[index].lane.isEmpty, case .scanning(let since, _) = backfill else { return }
        segments[index].progress = segments[index].next
        backfill = .scanning(since: since, segments: segments.map(\.progress))
        if areSegmentsFinished, !options.isGuarded { finishScan() }
    }

    private var areSegmentsFinished: Bool { segments.allSatisfy { $0.progress == .finished } }

    private mutating func finishScan() {
        guard case .scanning(let since, _) = backfill else { return }
        backfill = .replaying(since: since)
        segments = []
        announce(.scanFinished(items: counts.itemsScanned))
    }

    /// A guarded target is told that the scan is over before the replay may begin.
    private mutating func sealIfDue(_ now: Timestamp) {
        guard options.isGuarded, areSegmentsFinished, !sealing.isUnderWay, sealing.notBefore <= now,
            case .scanning(let since, let all) = backfill
        else { return }
        sealing.isUnderWay = true
        effects.append(.seal(ScanID(since: since, segments: all.count)))
    }

    mutating func sealed(_ now: Timestamp) {
        succeeded(.target, now)
        guard sealing.isUnderWay else { return }
        sealing = SealState()
        finishScan()
    }

    mutating func sealFailed(_ error: PortError, _ now: Timestamp) {
        guard sealing.isUnderWay else { return }
        sealing.isUnderWay = false
        sealing.failures += 1
        sealing.notBefore = now.advanced(by: options.pause(afterFailures: sealing.failures, using: &random))
        if !error.isRetryable { stop(.failed(.target(nil, nil, key: nil, error.message)), now) }
    }

    mutating func scanFailed(_ index: Int, _ error: PortError, _ now: Timestamp) {
        guard segments.indices.contains(index), segments[index].isReading else { return }
        segments[index].isReading = false
        segments[index].failures += 1
        let pause = options.pause(afterFailures: segments[index].failures, using: &random)
        segments[index].notBefore = now.advanced(by: pause)
        if !error.isRetryable { stop(.failed(.source(.scan(segment: index), error.message)), now) }
    }
}
