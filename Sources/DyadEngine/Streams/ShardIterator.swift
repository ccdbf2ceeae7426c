import DyadModel
import DyadStore

/// A place in a shard, as a client carries it: all that is to be known is in it, and the server keeps nothing.
///
/// `<stream ARN>|1|<base64url of "shard.position.made.checksum">`, of which only the form is AWS's.
struct ShardIterator: Equatable {
    let arn: String
    /// The store's number of the shard.
    let shard: Int64
    /// The sequence number of the next record, or a number below it and above the last one's.
    let position: Int64
    let madeAt: Timestamp

    /// Docs, GetShardIterator: "A shard iterator expires 15 minutes after it is returned to the requester."
    static let lifetimeMilliseconds: Int64 = 15 * 60 * 1000

    init(arn: String, shard: Int64, position: Int64, madeAt: Timestamp) {
        self.arn = arn
        self.shard = shard
        self.position = position
        self.madeAt = madeAt
    }

    var text: String {
        let fields = "\(shard).\(position).\(madeAt.milliseconds)"
        var encoded: [UInt8] = []
        Base64.encode(Array("\(fields).\(Self.checksum(arn, fields))".utf8), into: &encoded)
        return "\(arn)|1|" + String(decoding: Self.toURLAlphabet(encoded), as: UTF8.self)
    }

    /// - Throws: ValidationException for what is no iterator, or one that was changed.
    init(parsing text: String) throws(DynamoError) {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "1", let payload = Base64.decode(Self.fromURLAlphabet(parts[2].utf8)) else {
            throw Self.invalid
        }
        let fields = String(decoding: payload, as: UTF8.self).split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 4, let shard = Int64(fields[0]), let position = Int64(fields[1]),
            let madeAt = Int64(fields[2])
        else { throw Self.invalid }
        self.init(
            arn: String(parts[0]), shard: shard, position: position, madeAt: Timestamp(milliseconds: madeAt))
        guard self.text == text else { throw Self.invalid }
    }

    static let invalid = DynamoError.validation("Invalid ShardIterator")

    /// - Throws: ExpiredIteratorException.
    func checkAge(_ now: Timestamp) throws(DynamoError) {
        // The time is the client's to write: a difference beyond 64 bits is no iterator's either.
        let (age, isOverflow) = now.milliseconds.subtractingReportingOverflow(madeAt.milliseconds)
        guard !isOverflow, age <= Self.lifetimeMilliseconds else {
            throw DynamoError(
                .expiredIterator, "The shard iterator has expired. Shard iterators are only valid for 15 minutes")
        }
    }

    /// FNV-1a: tells a mistyped iterator from a whole one. Nothing is secret here.
    private static func checksum(_ arn: String, _ fields: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(arn)|\(fields)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }

    private static func toURLAlphabet(_ bytes: [UInt8]) -> [UInt8] {
        bytes.filter { $0 != UInt8(ascii: "=") }.map {
            switch $0 {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: $0
            }
        }
    }

    private static func fromURLAlphabet(_ text: some Collection<UInt8>) -> [UInt8] {
        let bytes: [UInt8] = text.map {
            switch $0 {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: $0
            }
        }
        return bytes + [UInt8](repeating: UInt8(ascii: "="), count: (4 - bytes.count % 4) % 4)
    }
}
