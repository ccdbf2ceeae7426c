package import DyadModel
import DyadStore
import Synchronization

/// What a tester wants of a table's stream, beyond what DynamoDB lets anyone do.
package struct StreamOrder: Sendable, Equatable {
    package enum Target: Sendable, Equatable {
        case arn(String)
        /// The stream that the table of this name has now.
        case table(String)
    }

    package enum Shards: Sendable, Equatable {
        case allOpen
        /// By its identifier.
        case one(String)
    }

    package var target: Target
    package var resharding: Resharding
    package var shards: Shards

    package init(_ resharding: Resharding, _ shards: Shards, of target: Target) {
        self.target = target
        self.resharding = resharding
        self.shards = shards
    }
}

/// A stream's shards, closed ones too, in the order of their identifiers.
package struct StreamShards: Sendable {
    package let arn: String
    package let shards: [Shard]

    package struct Shard: Sendable {
        package let id: String
        /// Forgotten, when no shard has this identifier.
        package let parent: String?
        package let isOpen: Bool
        /// Of the hashes of partition keys, all of them from 0 to 2^64 - 1.
        package let hashes: ClosedRange<UInt64>
        /// 21 digits; no record of the shard has a smaller one.
        package let startingSequenceNumber: String
        /// Nil while the shard is open; all records of the shard have smaller ones.
        package let endingSequenceNumber: String?
    }

    init(_ stream: StreamDescription, in scope: Scope) {
        arn = scope.streamARN(stream.label, of: stream.table)
        shards = stream.shards.sorted { Text($0.id) < Text($1.id) }.map {
            Shard(
                id: $0.id, parent: $0.parent, isOpen: $0.isOpen, hashes: $0.range.first...$0.range.last,
                startingSequenceNumber: SequenceNumber.text($0.firstSequence),
                endingSequenceNumber: $0.lastSequence.map(SequenceNumber.text))
        }
    }
}

extension Emulator {
    /// Rolls or splits shards: `reply` is called once, before this returns or from the region's thread.
    ///
    /// What cannot be done is answered by ResourceNotFoundException or ValidationException, and changes nothing.
    package func reshard(
        _ order: StreamOrder, in scope: Scope,
        reply: @escaping @Sendable (Result<StreamShards, DynamoError>) -> Void
    ) {
        let outcome = Outcome()
        do throws(DynamoError) {
            try region(scope).writer.submit(
                { (store, call) throws(DynamoError) in
                    outcome.set(StreamShards(try store.perform(order, call), in: call.scope))
                    return []
                }, call(scope)
            ) { result in
                reply(
                    result.flatMap { _ in
                        outcome.shards.map { .success($0) } ?? .failure(DynamoError(.internalServerError, "no answer"))
                    })
            }
        } catch {
            reply(.failure(error))
        }
    }
}

/// Carries what a write came to behind its commit.
private final class Outcome: Sendable {
    private let box = Mutex<StreamShards?>(nil)
    var shards: StreamShards? { box.withLock { $0 } }
    func set(_ shards: StreamShards) { box.withLock { $0 = shards } }
}

extension WriteTransaction {
    fileprivate mutating func perform(_ order: StreamOrder, _ call: Call) throws(DynamoError) -> StreamDescription {
        let stream = try stream(order.target, call)
        guard stream.disabledAt == nil else {
            throw .validation("The stream is DISABLED: it has no open shards")
        }
        let open = stream.shards.filter(\.isOpen)
        var closing = Set(open.map(\.id))
        if case .one(let id) = order.shards {
            guard let shard = stream.shards.first(where: { $0.id == id }) else {
                throw .resourceNotFound("The stream has no shard '\(id)'")
            }
            guard shard.isOpen else { throw .validation("The shard '\(id)' is closed") }
            closing = [id]
        }
        let children = closing.count * (order.resharding == .split ? 2 : 1)
        guard open.count - closing.count + children <= Resharding.openShardsMax else {
            throw .validation("A stream has \(Resharding.openShardsMax) open shards at most")
        }
        guard stream.shards.count + children <= Resharding.shardsMax else {
            throw .validation("A stream has \(Resharding.shardsMax) shards at most, closed ones of the last day too")
        }
        return try reshard(stream, order.resharding, call) { closing.contains($0.id) }
    }

    private func stream(_ target: StreamOrder.Target, _ call: Call) throws(DynamoError) -> StreamDescription {
        switch target {
        case .arn(let arn): return try catalog.stream(arn, call)
        case .table(let name):
            guard let table = catalog.tables[name] else { throw .resourceNotFound("There is no table '\(name)'") }
            guard let stream = table.stream.flatMap({ catalog.stream(of: name, labelled: $0.label) }) else {
                throw .validation("The table '\(name)' has no stream")
            }
            return stream
        }
    }
}
