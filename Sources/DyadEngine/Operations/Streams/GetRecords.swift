package import DyadModel
package import DyadStore

/// Reads a shard's records from an iterator on.
package enum GetRecords: ReadOperation {
    package struct Input: WireStructure {
        var shardIterator = ""
        var limit: Int?

        package init() {}

        package static let shape = Shape<Self>(
            .required("ShardIterator", \.shardIterator, .length(1...2048)),
            .optional("Limit", \.limit, .range(1...recordsMax)))
    }

    package struct Plan: Sendable {
        let iterator: ShardIterator
        let limit: Int
    }

    /// Docs, GetRecords: a page is at most 1000 records and 1 MB.
    static let recordsMax = 1000
    static let pageBytesMax = 1 << 20

    package struct Output: WireOutput {
        let records: [Change]
        let next: String?
        let stream: StreamDescription
        let shard: StreamDescription.Shard
        let scope: Scope

        package func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("Records") { $0.array { json in for record in records { write(record, to: &json) } } }
                json.member("NextShardIterator", next)
            }
        }

        private func write(_ change: Change, to json: inout JSONWriter) {
            json.object {
                $0.member("eventID", EventID.text(change.sequence, in: shard))
                $0.member("eventName", change.event.name)
                $0.member("eventVersion", "1.1")
                $0.member("eventSource", "aws:dynamodb")
                $0.member("awsRegion", scope.region.rawValue)
                $0.member("dynamodb") {
                    $0.object {
                        // Whole seconds, unlike the times of descriptions.
                        $0.member("ApproximateCreationDateTime", Int(change.at.milliseconds / 1000))
                        $0.member("Keys") { $0.splice(change.keys) }
                        if let new = change.new { $0.member("NewImage") { $0.splice(new) } }
                        if let old = change.old { $0.member("OldImage") { $0.splice(old) } }
                        $0.member("SequenceNumber", SequenceNumber.text(change.sequence))
                        $0.member("SizeBytes", Int(change.size))
                        $0.member("StreamViewType", stream.view.rawValue)
                    }
                }
                guard change.event == .expire else { return }
                // Docs, "DynamoDB Streams and time to live": how to tell what the service deleted.
                $0.member("userIdentity") {
                    $0.object {
                        $0.member("Type", "Service")
                        $0.member("PrincipalId", "dynamodb.amazonaws.com")
                    }
                }
            }
        }
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let iterator = try ShardIterator(parsing: input.shardIterator)
        try iterator.checkAge(call.now)
        return Plan(iterator: iterator, limit: input.limit ?? recordsMax)
    }

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let stream = try store.catalog.stream(plan.iterator.arn, call)
        // Shards are only ever forgotten when all that was in them is trimmed.
        guard let shard = stream.shards.first(where: { $0.number == plan.iterator.shard }),
            plan.iterator.position >= shard.horizon
        else { throw StreamDescription.Shard.trimmed }
        var records: [Change] = []
        var bytes: Int64 = 0
        var hasMore = false
        try store.rows.changes(of: shard.number, from: plan.iterator.position) { change in
            guard records.count < plan.limit, records.isEmpty || bytes + change.size <= pageBytesMax else {
                hasMore = true
                return false
            }
            records.append(change)
            bytes += change.size
            return true
        }
        // Only at the end of a closed shard is there nothing to go on with.
        var next: ShardIterator?
        if hasMore || shard.lastSequence == nil {
            let position = records.last.map { $0.sequence + 1 } ?? plan.iterator.position
            next = ShardIterator(arn: plan.iterator.arn, shard: shard.number, position: position, madeAt: call.now)
        }
        return Output(records: records, next: next?.text, stream: stream, shard: shard, scope: call.scope)
    }
}

enum EventID {
    /// 32 hexadecimal digits: the same for a record however often it is read, and another for every other record.
    ///
    /// The second half alone tells a region's records apart, since mixing its sequence number loses nothing.
    static func text(_ sequence: Int64, in shard: StreamDescription.Shard) -> String {
        var high = UInt64(bitPattern: sequence)
        for byte in shard.id.utf8 { high = mix(high ^ UInt64(byte)) }
        return hex(high) + hex(mix(UInt64(bitPattern: sequence)))
    }

    /// The finalizer of SplitMix64, which is a permutation of all 64-bit numbers.
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

extension Change.Event {
    fileprivate var name: String {
        switch self {
        case .insert: "INSERT"
        case .modify: "MODIFY"
        case .remove, .expire: "REMOVE"
        }
    }
}
