import DyadModel

/// A checkpoint as JSON: what stands in the file.
///
/// `{"version":1,"source":{…},"target":{…},"savedAt":ms,"appliedThrough":ms,"shards":{"shardId-…":{"after":"111…"}},"backfill":{…},"spool":"id"}`.
/// A shard is `{"after":N}`, `{"from":"TRIM_HORIZON"}`, `{"from":"LATEST"}` or `{"finishedAt":ms}`.
enum CheckpointFormat {
    /// Form 2 is that of a checkpoint that counts on a spool: whoever does not know spools must not go on from it.
    static let version = 2

    struct Unreadable: Error { var reason: String }

    // MARK: Write

    static func write(_ checkpoint: Checkpoint) -> [UInt8] {
        var json = JSONWriter()
        let link = checkpoint.link
        json.object { json in
            json.member("version", checkpoint.spool == nil ? 1 : 2)
            json.member("source") { json in
                json.object { json in
                    json.member("region", link.sourceRegion)
                    json.member("table", link.sourceTable)
                    json.member("stream", link.streamARN)
                }
            }
            json.member("target") { json in
                json.object { json in
                    json.member("region", link.targetRegion)
                    json.member("table", link.targetTable)
                    json.member("tableId", link.targetID)
                }
            }
            json.member("savedAt", Int(checkpoint.savedAt.milliseconds))
            json.member("appliedThrough", checkpoint.appliedThrough.map { Int($0.milliseconds) })
            json.member("shards") { json in
                json.object { json in
                    for (id, progress) in checkpoint.shards.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                        json.key(id.rawValue)
                        write(progress, to: &json)
                    }
                }
            }
            if let backfill = checkpoint.backfill { json.member("backfill") { write(backfill, to: &$0) } }
            json.member("spool", checkpoint.spool)
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ progress: ShardProgress, to json: inout JSONWriter) {
        json.object { json in
            switch progress {
            case .trimHorizon: json.member("from", "TRIM_HORIZON")
            case .latest: json.member("from", "LATEST")
            case .after(let sequence): json.member("after", sequence.text)
            case .finished(let time): json.member("finishedAt", Int(time.milliseconds))
            }
        }
    }

    private static func write(_ backfill: BackfillProgress, to json: inout JSONWriter) {
        json.object { json in
            switch backfill {
            case .scanning(let since, let segments):
                json.member("phase", "scanning")
                json.member("since", Int(since.milliseconds))
                json.member("segments") { json in
                    json.array { json in
                        for segment in segments {
                            json.object { json in
                                switch segment {
                                case .untouched: break
                                case .after(let key): json.member("lastEvaluatedKey") { $0.splice(key.utf8) }
                                case .finished: json.member("finished", true)
                                }
                            }
                        }
                    }
                }
            case .replaying(let since):
                json.member("phase", "replaying")
                json.member("since", Int(since.milliseconds))
            case .consistent(let time):
                json.member("phase", "consistent")
                json.member("at", Int(time.milliseconds))
            }
        }
    }

    // MARK: Read

    static func read(_ bytes: [UInt8]) throws(Unreadable) -> Checkpoint {
        let root: JSONNode
        do { root = try JSONDocument(parsing: bytes).root } catch {
            throw Unreadable(reason: "it is no JSON from byte \(error.offset) on")
        }
        guard let found = root["version"]?.integer else { throw Unreadable(reason: "it is no checkpoint of dyad") }
        guard found <= version else { throw Unreadable(reason: "a newer dyad wrote it (format \(found))") }
        guard let source = root["source"], let target = root["target"], let savedAt = root["savedAt"]?.integer,
            let sourceRegion = source["region"]?.string, let sourceTable = source["table"]?.string,
            let stream = source["stream"]?.string, let targetRegion = target["region"]?.string,
            let targetTable = target["table"]?.string, let targetID = target["tableId"]?.string,
            let listed = root["shards"]
        else { throw Unreadable(reason: "it does not say what it belongs to") }
        var shards: [ShardID: ShardProgress] = [:]
        for (id, node) in listed.members { shards[ShardID(id)] = try progress(id, node) }
        var backfill: BackfillProgress?
        if let node = root["backfill"] { backfill = try self.backfill(node) }
        return Checkpoint(
            link: ReplicationLink(
                sourceRegion: sourceRegion, sourceTable: sourceTable, streamARN: stream, targetRegion: targetRegion,
                targetTable: targetTable, targetID: targetID),
            shards: shards, backfill: backfill,
            appliedThrough: root["appliedThrough"]?.integer.map { Timestamp(milliseconds: Int64($0)) },
            savedAt: Timestamp(milliseconds: Int64(savedAt)), spool: root["spool"]?.string)
    }

    private static func progress(_ id: String, _ node: JSONNode) throws(Unreadable) -> ShardProgress {
        if let sequence = node["after"]?.string.flatMap(SequenceNumber.init) { return .after(sequence) }
        if let time = node["finishedAt"]?.integer { return .finished(at: Timestamp(milliseconds: Int64(time))) }
        switch node["from"]?.string {
        case "TRIM_HORIZON": return .trimHorizon
        case "LATEST": return .latest
        default: throw Unreadable(reason: "it does not say where shard \(id) stands")
        }
    }

    private static func backfill(_ node: JSONNode) throws(Unreadable) -> BackfillProgress {
        func time(_ name: String) -> Timestamp? {
            node[name]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        }
        switch (node["phase"]?.string, time("since"), time("at")) {
        case ("replaying", let since?, _): return .replaying(since: since)
        case ("consistent", _, let time?): return .consistent(at: time)
        case ("scanning", let since?, _):
            guard let listed = node["segments"] else { break }
            var segments: [SegmentProgress] = []
            for segment in listed.elements {
                if segment["finished"] != nil {
                    segments.append(.finished)
                } else if let key = segment["lastEvaluatedKey"] {
                    guard let bytes = try? ItemBytes(parsing: key) else {
                        throw Unreadable(reason: "a segment's lastEvaluatedKey is no key")
                    }
                    segments.append(.after(bytes))
                } else {
                    segments.append(.untouched)
                }
            }
            if !segments.isEmpty { return .scanning(since: since, segments: segments) }
        default: break
        }
        throw Unreadable(reason: "it does not say where its backfill stands")
    }
}
