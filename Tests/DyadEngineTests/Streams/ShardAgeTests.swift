import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

private let hour: Int64 = 60 * 60 * 1000

struct ShardAgeTests {
    private static func region() throws -> (TestRegion, arn: String) {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        return (region, try region.streamARN())
    }

    @Test func `an open shard rolls after four hours, written to or not`() throws {
        let (region, arn) = try Self.region()
        // The table took a second to be made.
        try region.advance(by: 4 * hour - 1001)
        #expect(try region.shards(of: arn).map(\.isOpen) == [true])
        try region.advance(by: 1)
        let rolled = try region.shards(of: arn)
        #expect(rolled.map(\.isOpen) == [false, true])
        #expect(rolled[1].parent == rolled[0].id)
        try region.put(0..<1)
        #expect(try region.keys(in: rolled[1].id, of: arn) == ["0"])
        try region.advance(by: 4 * hour)
        #expect(try region.shards(of: arn).map(\.isOpen) == [false, false, true])
    }

    @Test func `shards roll at their own age, each to one child`() throws {
        let (region, arn) = try Self.region()
        try region.advance(by: hour)
        let young = try region.reshard(.split).shards.filter(\.isOpen)
        try region.advance(by: 3 * hour)
        #expect(try region.shards(of: arn).filter(\.isOpen).map(\.id) == young.map(\.id))
        try region.advance(by: hour)
        let now = try region.shards(of: arn).filter(\.isOpen)
        #expect(Set(now.compactMap(\.parent)) == Set(young.map(\.id)))
        #expect(now.count == 2)
    }

    @Test func `a day that passes in one step rolls a shard once`() throws {
        let (region, arn) = try Self.region()
        try region.advance(by: 23 * hour)
        #expect(try region.shards(of: arn).count == 2)
    }

    @Test func `a closed shard is forgotten with its last record, a day after it was closed`() throws {
        let (region, arn) = try Self.region()
        let first = try region.shardID(of: arn)
        try region.put(0..<2)
        let old = try region.records(region.place("TRIM_HORIZON", in: first, of: arn).iterator).sequences
        try region.advance(by: hour)
        _ = try region.reshard(.roll)
        try region.advance(by: 23 * hour)
        let at = #","SequenceNumber":"\#(old[0])""#
        #expect(try region.place("AT_SEQUENCE_NUMBER", in: first, of: arn, at).code == "TrimmedDataAccessException")
        #expect(try region.shards(of: arn).first?.id == first)
        let place = try region.place("TRIM_HORIZON", in: first, of: arn).iterator
        try region.advance(by: 59 * 60_000)
        #expect(try region.shards(of: arn).first?.id == first)
        let late = try region.place("TRIM_HORIZON", in: first, of: arn).iterator
        try region.advance(by: 60_000)
        let left = try region.shards(of: arn)
        #expect(!left.map(\.id).contains(first))
        #expect(left.first?.parent == first)
        #expect(
            try region.place("TRIM_HORIZON", in: first, of: arn).error
                == "ResourceNotFoundException: Requested resource not found: Shard: \(first) in Stream: \(arn) not found"
        )
        #expect(try region.records(late).code == "TrimmedDataAccessException")
        #expect(try region.records(place).code == "ExpiredIteratorException")
    }

    @Test func `a stream that is left alone for a week keeps a day of shards`() throws {
        let (region, arn) = try Self.region()
        for _ in 0..<(7 * 24) { try region.advance(by: hour) }
        let shards = try region.shards(of: arn)
        #expect(shards.filter(\.isOpen).count == 1)
        #expect((6...8).contains(shards.count), "\(shards.count)")
        #expect(zip(shards, shards.dropFirst()).allSatisfy { $0.id == $1.parent })
    }

    @Test func `shards and what they own are there when the folder is opened again`() throws {
        let folder = "/tmp/dyad-test-\(RandomIdentity().uuid())"
        let clock = ManualClock()
        var before: [String] = []
        var arn = ""
        do {
            let region = try TestRegion(storage: .folder(folder), clock: clock)
            try region.makeTable(streamedTable)
            arn = try region.streamARN()
            before = try region.reshard(.split).shards.map(\.id)
            try region.put(0..<20)
        }
        let region = try TestRegion(storage: .folder(folder), clock: clock)
        #expect(try region.shards(of: arn).map(\.id) == before)
        try region.put(20..<40)
        let read = try before.dropFirst().map { try region.keys(in: $0, of: arn) }
        #expect(read.allSatisfy { $0.count > 10 } && read.flatMap { $0 }.count == 40)
        #expect(try region.reshard(.split).shards.filter(\.isOpen).count == 4)
    }
}
