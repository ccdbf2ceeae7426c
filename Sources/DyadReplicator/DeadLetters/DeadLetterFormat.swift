import DyadModel

/// A dead letter as a line of JSON.
///
/// `{"time":"2026-11-23T10:00:00.000Z","timeMilliseconds":ms,"error":"…","attempts":1,"source":{"region":"…","table":"…"},"target":{…},
/// "record":{"shardId":"…","sequenceNumber":"…","eventTime":ms,"keys":{…},"newImage":{…}}}`; a delete has no newImage, an
/// item of a scan neither shard nor sequence number.
package enum DeadLetterFormat {
    package struct Unreadable: Error { package var reason: String }

    /// A letter and the tables that it belongs to.
    package struct Line: Sendable, Equatable {
        package var letter: DeadLetter
        package var sourceRegion: String
        package var sourceTable: String
        package var targetRegion: String
        package var targetTable: String
    }

    static func write(_ letter: DeadLetter, of link: ReplicationLink) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("time", "\(letter.rejectedAt.label)Z")
            json.member("timeMilliseconds", Int(letter.rejectedAt.milliseconds))
            json.member("error", letter.error)
            json.member("attempts", letter.attempts)
            side("source", link.sourceRegion, link.sourceTable, &json)
            side("target", link.targetRegion, link.targetTable, &json)
            json.member("record") { json in
                json.object { json in
                    json.member("shardId", letter.shard?.rawValue)
                    json.member("sequenceNumber", letter.write.sequence?.text)
                    json.member("eventTime", Int(letter.createdAt.milliseconds))
                    json.member("keys") { $0.splice(letter.write.key.utf8) }
                    if case .put(let item) = letter.write.change { json.member("newImage") { $0.splice(item.utf8) } }
                }
            }
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func side(_ name: StaticString, _ region: String, _ table: String, _ json: inout JSONWriter) {
        json.member(name) { json in
            json.object {
                $0.member("region", region)
                $0.member("table", table)
            }
        }
    }

    package static func read(_ line: [UInt8]) throws(Unreadable) -> Line {
        let root: JSONNode
        do { root = try JSONDocument(parsing: line).root } catch {
            throw Unreadable(reason: "it is no JSON from byte \(error.offset) on")
        }
        guard let record = root["record"], let keys = record["keys"], let error = root["error"]?.string,
            let (sourceRegion, sourceTable) = side(root["source"]),
            let (targetRegion, targetTable) = side(root["target"])
        else { throw Unreadable(reason: "it is no dead letter of dyad") }
        let key: ItemBytes
        var change = ItemChange.delete
        do throws(DynamoError) {
            key = try ItemBytes(parsing: keys)
            if let image = record["newImage"] { change = .put(try ItemBytes(parsing: image)) }
        } catch {
            throw Unreadable(reason: "its keys or its image are no item: \(error.message ?? error.code.rawValue)")
        }
        let sequence = record["sequenceNumber"]?.string.flatMap(SequenceNumber.init)
        func time(_ node: JSONNode?) -> Timestamp { Timestamp(milliseconds: Int64(node?.integer ?? 0)) }
        let letter = DeadLetter(
            shard: record["shardId"]?.string.map { ShardID($0) }, ReplicaWrite(key: key, change, sequence: sequence),
            createdAt: time(record["eventTime"]), error: error, attempts: root["attempts"]?.integer ?? 0,
            rejectedAt: time(root["timeMilliseconds"]))
        return Line(
            letter: letter, sourceRegion: sourceRegion, sourceTable: sourceTable, targetRegion: targetRegion,
            targetTable: targetTable)
    }

    private static func side(_ node: JSONNode?) -> (region: String, table: String)? {
        guard let region = node?["region"]?.string, let table = node?["table"]?.string else { return nil }
        return (region, table)
    }
}
