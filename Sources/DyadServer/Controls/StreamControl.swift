import DyadEngine
import DyadModel
import NIOHTTP1

/// `/_dyad/streams` rolls and splits shards of streams, which AWS does by age and by load.
struct StreamControl: Control {
    static let path = "/_dyad/streams"

    private let emulator: Emulator
    private let account: AccountID

    init(_ emulator: Emulator, account: AccountID) {
        self.emulator = emulator
        self.account = account
    }

    var state: Reply? { nil }

    /// Answers with all shards of the stream as they are then.
    func perform(_ body: [UInt8], through slot: ReplySlot) throws(OrderMistake) {
        let order = try StreamControlOrder(parsing: body)
        let scope = Scope(account: order.account ?? account, region: order.region)
        emulator.reshard(order.order, in: scope) { result in
            switch result {
            case .success(let stream): slot.send(Self.reply(stream))
            case .failure(let error):
                let isOurs = error.httpStatus >= 500
                slot.send(.refusal(isOurs ? .internalServerError : .badRequest, error.message ?? error.code.rawValue))
            }
        }
    }

    private static func reply(_ stream: StreamShards) -> Reply {
        var json = JSONWriter()
        json.object {
            $0.member("streamArn", stream.arn)
            $0.member("shards") { $0.array { json in for shard in stream.shards { write(shard, to: &json) } } }
        }
        return Reply(.ok, contentType: Front.json, body: json.bytes)
    }

    private static func write(_ shard: StreamShards.Shard, to json: inout JSONWriter) {
        json.object {
            $0.member("shardId", shard.id)
            $0.member("parentShardId", shard.parent)
            $0.member("open", shard.isOpen)
            // Decimal text: as numbers they would lose digits in most languages.
            $0.member("firstHash", String(shard.hashes.lowerBound))
            $0.member("lastHash", String(shard.hashes.upperBound))
            $0.member("startingSequenceNumber", shard.startingSequenceNumber)
            $0.member("endingSequenceNumber", shard.endingSequenceNumber)
        }
    }
}
