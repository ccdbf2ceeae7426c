import DyadModel
import DyadStore
import Synchronization
import Testing

@testable import DyadEngine

private let hour: Int64 = 60 * 60 * 1000

extension TestRegion {
    /// What a tester's order comes to.
    func reshard(_ how: Resharding, _ shards: StreamOrder.Shards = .allOpen, of table: String = "tlog") throws
        -> StreamShards
    {
        try reshard(StreamOrder(how, shards, of: .table(table)))
    }

    func reshard(_ order: StreamOrder) throws -> StreamShards {
        let done = OneShot()
        let box = ShardsBox()
        emulator.reshard(order, in: scope) {
            box.set($0)
            done.set()
        }
        done.wait()
        return try #require(box.result).get()
    }

    /// Identifiers and parents, as DescribeStream lists them.
    func shards(of arn: String, _ more: String = "") throws -> [(id: String, parent: String?, isOpen: Bool)] {
        let reply = try ok("DescribeStream", #"{"StreamArn":"\#(arn)"\#(more)}"#)
        return try #require(reply.at("StreamDescription.Shards")).elements.map {
            (
                $0["ShardId"]?.string ?? "", $0["ParentShardId"]?.string,
                $0["SequenceNumberRange"]?["EndingSequenceNumber"] == nil
            )
        }
    }

    func place(_ type: String, in shard: String, of arn: String, _ more: String = "") throws -> Reply {
        try send(
            "GetShardIterator",
            #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"\#(type)"\#(more)}"#)
    }

    func put(_ keys: Range<Int>) throws {
        for key in keys {
            try ok(
                "PutItem",
                #"{"TableName":"tlog","Item":{"pk":{"S":"\#(key)"},"at":{"N":"\#(clock.now.milliseconds)"}}}"#)
        }
    }

    /// The partition keys of the records of a shard, all pages.
    func keys(in shard: String, of arn: String) throws -> [String] {
        var found: [String] = []
        var next = try place("TRIM_HORIZON", in: shard, of: arn).iterator
        while next != nil {
            let page = try records(next)
            guard page.status == 200, !page.keys.isEmpty else { break }
            found += page.keys
            next = page.next
        }
        return found
    }
}

private final class ShardsBox: Sendable {
    private let box = Mutex<Result<StreamShards, DynamoError>?>(nil)
    var result: Result<StreamShards, DynamoError>? { box.withLock { $0 } }
    func set(_ result: Result<StreamShards, DynamoError>) { box.withLock { $0 = result } }
}

struct ShardTests {
    private static func region() throws -> (TestRegion, arn: String) {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        return (region, try region.streamARN())
    }

    @Test func `a shard that is split gives each half of its hashes to a child`() throws {
        let (region, arn) = try Self.region()
        let parent = try region.shardID(of: arn)
        let listed = try region.reshard(.split, .one(parent)).shards
        #expect(listed.map(\.isOpen) == [false, true, true])
        #expect(listed.map(\.parent) == [nil, parent, parent])
        let middle = UInt64.max / 2
        #expect(Set(listed.dropFirst().map(\.hashes)) == [0...middle, middle + 1...UInt64.max])
        #expect(listed[0].endingSequenceNumber.map { $0 < listed[1].startingSequenceNumber } == true)
        let described = try region.shards(of: arn)
        #expect(described.map(\.id) == listed.map(\.id))
        #expect(described.map(\.parent) == [nil, parent, parent])
        #expect(described.map(\.isOpen) == [false, true, true])
    }

    @Test func `a shard that is rolled gives all its hashes to one child`() throws {
        let (region, arn) = try Self.region()
        let listed = try region.reshard(.roll).shards
        #expect(listed.map(\.isOpen) == [false, true])
        #expect(listed[1].parent == (try region.shardID(of: arn)))
        #expect(listed[1].hashes == 0...UInt64.max)
    }

    @Test func `all changes of a partition key are in one open shard, and each is in one`() throws {
        let (region, arn) = try Self.region()
        for _ in 0..<3 { _ = try region.reshard(.split) }
        let open = try region.shards(of: arn).filter(\.isOpen).map(\.id)
        #expect(open.count == 8)
        for _ in 0..<3 {
            try region.put(0..<100)
            try region.advance(by: 1000)
        }
        let read = try open.map { try region.keys(in: $0, of: arn) }
        #expect(read.allSatisfy { !$0.isEmpty })
        #expect(read.flatMap { $0 }.count == 300)
        #expect(read.flatMap { Set($0) }.count == 100)
    }

    @Test func `ranges tile all hashes whatever is split, and the owner of a key is where its range says`() throws {
        let (region, arn) = try Self.region()
        var shards = try region.reshard(.split).shards
        for turn in 0..<40 {
            let open = shards.filter(\.isOpen)
            shards = try region.reshard(turn % 3 == 0 ? .roll : .split, .one(open[turn % open.count].id)).shards
        }
        let open = shards.filter(\.isOpen).sorted { $0.hashes.lowerBound < $1.hashes.lowerBound }
        #expect(open.first?.hashes.lowerBound == 0 && open.last?.hashes.upperBound == UInt64.max)
        #expect(zip(open, open.dropFirst()).allSatisfy { $0.hashes.upperBound + 1 == $1.hashes.lowerBound })
        try region.put(0..<200)
        for shard in open {
            for key in try region.keys(in: shard.id, of: arn) {
                let component = try #require(KeyComponent(.string(Text(key))))
                let hash = StorageKey(space: SpaceID(rawValue: 1), partition: [component]).partitionHash
                #expect(shard.hashes.contains(hash))
            }
        }
    }

    @Test func `a parent holds what was written before, its children what came later`() throws {
        let (region, arn) = try Self.region()
        try region.put(0..<20)
        _ = try region.reshard(.split)
        try region.put(20..<40)
        let shards = try region.shards(of: arn)
        #expect(try region.keys(in: shards[0].id, of: arn) == (0..<20).map(String.init))
        let later = try shards.dropFirst().flatMap { try region.keys(in: $0.id, of: arn) }
        #expect(Set(later) == Set((20..<40).map(String.init)))
        #expect(later.count == 20)
    }

    @Test func `a closed shard ends with its last record`() throws {
        let (region, arn) = try Self.region()
        try region.put(0..<3)
        let parent = try region.shardID(of: arn)
        let early = try region.place("LATEST", in: parent, of: arn).iterator
        _ = try region.reshard(.roll)
        let page = try region.records(region.place("TRIM_HORIZON", in: parent, of: arn).iterator, limit: 3)
        #expect(page.keys == ["0", "1", "2"])
        #expect(page.next == nil)
        let behind = try region.records(early)
        #expect(behind.keys.isEmpty && behind.next == nil)
        let latest = try region.records(region.place("LATEST", in: parent, of: arn).iterator)
        #expect(latest.keys.isEmpty && latest.next == nil)
    }

    @Test func `shards are listed page by page, and those of a parent alone`() throws {
        let (region, arn) = try Self.region()
        _ = try region.reshard(.split)
        _ = try region.reshard(.split)
        let all = try region.shards(of: arn)
        #expect(all.count == 7)
        var pages: [String] = []
        var start = ""
        for _ in 0..<4 {
            let reply = try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)","Limit":2\#(start)}"#)
            pages += reply.at("StreamDescription.Shards")?.elements.compactMap { $0["ShardId"]?.string } ?? []
            guard let last = reply.string("StreamDescription.LastEvaluatedShardId") else { break }
            #expect(last == pages.last)
            start = #","ExclusiveStartShardId":"\#(last)""#
        }
        #expect(pages == all.map(\.id))
        for parent in all {
            let filter = #","ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"\#(parent.id)"}"#
            let children = try region.shards(of: arn, filter).map(\.id)
            #expect(children == all.filter { $0.parent == parent.id }.map(\.id))
            #expect(children.count == (parent.isOpen ? 0 : 2))
        }
    }

    @Test func `a time is found in every shard`() throws {
        let (region, arn) = try Self.region()
        for step in 0..<4 {
            try region.put(step * 5..<step * 5 + 5)
            _ = try region.reshard(step == 1 ? .split : .roll)
            try region.advance(by: 60_000)
        }
        let end = region.clock.now.milliseconds / 1000
        for (minutes, expected) in [(0, 0), (1, 5), (2, 10), (3, 15), (4, 20), (60, 20)] {
            let since = #","Timestamp":\#(end - Int64(minutes) * 60)"#
            let found = try region.shards(of: arn).flatMap {
                try region.records(region.place("AT_TIMESTAMP", in: $0.id, of: arn, since).iterator).keys
            }
            #expect(found.count == expected, "\(minutes) minutes")
        }
    }

    @Test func `event identifiers and sequence numbers never repeat over shards`() throws {
        let (region, arn) = try Self.region()
        for step in 0..<3 {
            try region.put(step * 10..<step * 10 + 10)
            _ = try region.reshard(.split)
        }
        var events: Set<String> = []
        var sequences: Set<String> = []
        for shard in try region.shards(of: arn) {
            let page = try region.records(region.place("TRIM_HORIZON", in: shard.id, of: arn).iterator)
            for record in page.at("Records")?.elements.map({ $0 }) ?? [] {
                events.insert(try #require(record["eventID"]?.string))
            }
            sequences.formUnion(page.sequences)
        }
        #expect(events.count == 30 && sequences.count == 30)
    }

    @Test func `a stream that is switched on again has one open shard of its own, and the old one stays readable`()
        throws
    {
        let (region, arn) = try Self.region()
        _ = try region.reshard(.split)
        try region.put(0..<10)
        try region.ok("UpdateTable", #"{"TableName":"tlog","StreamSpecification":{"StreamEnabled":false}}"#)
        try region.advance(by: 1000)
        let on = #""StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}"#
        try region.ok("UpdateTable", #"{"TableName":"tlog",\#(on)}"#)
        try region.advance(by: 1000)
        try region.put(0..<10)
        let again = try region.streamARN()
        #expect(again != arn)
        #expect(try region.shards(of: again).map(\.isOpen) == [true])
        let old = try region.shards(of: arn)
        #expect(old.map(\.isOpen) == [false, false, false])
        #expect(try old.flatMap { try region.keys(in: $0.id, of: arn) }.count == 10)
        #expect(throws: DynamoError.validation("The stream is DISABLED: it has no open shards")) {
            try region.reshard(StreamOrder(.roll, .allOpen, of: .arn(arn)))
        }
    }

    @Test func `what cannot be split says so and stays as it is`() throws {
        let (region, arn) = try Self.region()
        let parent = try region.shardID(of: arn)
        _ = try region.reshard(.roll)
        try region.makeTable(onDemand("none"))
        let before = try region.shards(of: arn).map(\.id)
        #expect(throws: DynamoError.validation("The shard '\(parent)' is closed")) {
            try region.reshard(.split, .one(parent))
        }
        #expect(throws: DynamoError.resourceNotFound("The stream has no shard 'x'")) {
            try region.reshard(.split, .one("x"))
        }
        #expect(throws: DynamoError.validation("The table 'none' has no stream")) {
            try region.reshard(.split, of: "none")
        }
        #expect(throws: DynamoError.resourceNotFound("There is no table 'nowhere'")) {
            try region.reshard(.split, of: "nowhere")
        }
        #expect(try region.shards(of: arn).map(\.id) == before)
        for _ in 0..<9 { _ = try region.reshard(.split) }
        #expect(throws: DynamoError.validation("A stream has 512 open shards at most")) { try region.reshard(.split) }
        #expect(try region.reshard(.roll).shards.filter(\.isOpen).count == 512)
    }
}
