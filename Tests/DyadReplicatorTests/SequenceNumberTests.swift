import DyadReplicator
import Testing

struct SequenceNumberTests {
    @Test func `sequence numbers compare as numbers, whatever their length`() throws {
        let small = try #require(SequenceNumber("999999999999999999999"))
        let large = try #require(SequenceNumber("1000000000000000000000"))
        #expect(small < large)
        #expect(small.padded < large.padded)
        #expect(large.padded.utf8.count == 40)
    }

    @Test func `zeros in front do not count, but are kept for the source`() throws {
        let long = try #require(SequenceNumber("000000000000000000042"))
        let short = try #require(SequenceNumber("42"))
        #expect(long == short)
        #expect(long.hashValue == short.hashValue)
        #expect(!(long < short) && !(short < long))
        #expect(long.text == "000000000000000000042")
    }

    @Test(arguments: ["", "12a", "-1", "12345678901234567890123456789012345678901"])
    func `what is no sequence number is not let in`(_ text: String) {
        #expect(SequenceNumber(text) == nil)
    }
}
