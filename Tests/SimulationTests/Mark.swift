import DyadReplicator

/// A step of a story, cheap to hash and told in words when someone wants to read it.
struct Mark: Hashable, CustomStringConvertible {
    private let what: String
    private let whom: String
    private let count: Int
    private let index: Int

    init(_ what: String, _ whom: String = "", _ count: Int = 0, index: Int = 0) {
        self.what = what
        self.whom = whom
        self.count = count
        self.index = index
    }

    init(_ what: String, _ count: Int) { self.init(what, "", count) }

    fileprivate init(_ what: String, _ lane: LaneID, _ count: Int = 0) {
        switch lane.owner {
        case .shard(let id): self.init(what, id.rawValue, count, index: lane.index)
        case .segment(let segment): self.init(what, "segment", count, index: segment)
        }
    }

    var description: String { "\(what) \(whom)/\(index) \(count)" }
}

extension ReplicationEvent {
    var mark: Mark {
        switch self {
        case .listed(let listing): Mark("listed", listing.shards.count)
        case .opened(let id, let iterator): Mark("opened", id.rawValue, Int(iterator.token) ?? -1)
        case .read(let id, let page):
            Mark("read", id.rawValue, page.records.count, index: page.next.flatMap { Int($0.token) } ?? -1)
        case .scanned(let segment, let page): Mark("scanned", "segment", page.items.count, index: segment)
        case .applied(let lane, let outcome): Mark("applied", lane, outcome.unprocessed.count)
        case .buried(let lane): Mark("buried", lane)
        case .saved: Mark("saved")
        case .sealed: Mark("sealed")
        case .forgot(let id): Mark("forgot", id.rawValue)
        case .granted(let lease): Mark("granted", lease.id.description)
        case .revoked(let id): Mark("revoked", id.description)
        case .observed(let leases, _): Mark("observed", leases.count)
        case .lease(let event): Mark("lease", event.line)
        case .spooled(let totals): Mark("spooled", totals.records)
        case .fetched(let id, let records): Mark("fetched", id.rawValue, records.count)
        case .forgotSpooled(let totals): Mark("forgot", totals.records)
        case .spoolDiscarded: Mark("discarded")
        case .failed(_, let error): Mark("failed", error.message)
        case .tick: Mark("tick")
        case .stop: Mark("stop")
        }
    }
}

extension ReplicationEffect {
    var mark: Mark {
        switch self {
        case .list: Mark("> list")
        case .open(let id, _): Mark("> open", id.rawValue)
        case .read(let id, let iterator, _): Mark("> read", id.rawValue, Int(iterator.token) ?? -1)
        case .scan(let segment, _, _): Mark("> scan", segment)
        case .apply(let lane, let batch): Mark("> apply", lane, batch.writes.count)
        case .bury(let lane, let letters): Mark("> bury", lane, letters.count)
        case .save(let checkpoint): Mark("> save", checkpoint.shards.count)
        case .seal: Mark("> seal")
        case .forget(let id): Mark("> forget", id.rawValue)
        case .lease(let effect): Mark("> lease", effect.line)
        case .spool(let pages): Mark("> spool", pages.first?.shard.rawValue ?? "", pages.count)
        case .fetch(let id, _, _): Mark("> fetch", id.rawValue)
        case .forgetSpooled(let progress): Mark("> forget", progress.count)
        case .discardSpool: Mark("> discard")
        case .announce: Mark("> announce")
        case .end: Mark("> end")
        }
    }
}
