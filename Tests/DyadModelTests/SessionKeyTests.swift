import DyadModel
import Testing

@Suite struct SessionKeyTests {
    @Test(arguments: ["000000000000", "123456789012", "999999999999"])
    func `the account is read from the key`(account: String) throws {
        let account = try #require(AccountID(account))
        for random in [0, 1, UInt64.max, 0x0123_4567_89AB_CDEF] {
            let key = SessionKey(account: account, random: random)
            #expect(key.id.utf8.count == 20)
            #expect(key.id.hasPrefix("ASIA"))
            #expect(SessionKey(key.id) == key)
            #expect(AccountID(accessKeyID: key.id) == account)
        }
    }

    @Test func `keys of other makers, and keys with a letter changed, name no account`() throws {
        let account = try #require(AccountID("123456789012"))
        let key = SessionKey(account: account, random: 42).id
        for place in 0..<20 {
            var bytes = Array(key.utf8)
            bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(AccountID(accessKeyID: String(decoding: bytes, as: UTF8.self)) == nil)
        }
        for other in ["", "ASIA", "ASIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", key + "A", key.lowercased()] {
            #expect(AccountID(accessKeyID: other) == nil)
        }
    }

    @Test func `an access key of twelve digits is an account`() {
        #expect(AccountID(accessKeyID: "111122223333")?.rawValue == "111122223333")
    }

    @Test(arguments: [
        ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws"), ("aws-global", "aws"),
        ("aws-cn-global", "aws-cn"), ("aws-us-gov-global", "aws-us-gov"),
    ])
    func `a region is in a partition, and so is what a partition has once`(region: String, partition: String) {
        #expect(RegionName(region).partition == partition)
        #expect(RegionName(region).global.partition == partition)
        #expect(RegionName(region).global == RegionName(region).global.global)
    }
}
