import DyadLanguage
package import DyadModel
package import DyadStore

package enum BatchGetItem: ReadOperation {
    package struct Input: WireStructure {
        package init() {}
        var requestItems: WireMap<KeysAndAttributes>?
        var returnConsumedCapacity: ReturnConsumedCapacity?

        package static let shape = Shape<Self>(
            .requiredOptional("RequestItems", \.requestItems, .tableNames(shown: { $0.json })),
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity))
    }

    package struct KeysAndAttributes: WireStructure {
        package init() {}
        var keys: [WireItem]?
        var attributesToGet: [Text]?
        var consistentRead: Bool?
        var projectionExpression: String?
        var names: WireMap<Text>?

        package static let shape = Shape<Self>(
            .requiredOptional("Keys", \.keys),
            .optional("AttributesToGet", \.attributesToGet, .count(1...Int.max)),
            .optional("ConsistentRead", \.consistentRead),
            .optional("ProjectionExpression", \.projectionExpression),
            .optional("ExpressionAttributeNames", \.names))
    }

    /// Keys of all tables together.
    static let keysMax = 100
    /// What one answer returns at most; the rest is unprocessed. Source: docs, "BatchGetItem".
    static let answerBytesMax = 16 << 20

    package struct Part: Sendable {
        let table: Text
        let keys: [SizedItem]
        let projection: ItemProjection
        let isConsistent: Bool
        /// The parameters as they came, but the keys: an unprocessed part repeats them.
        let input: KeysAndAttributes
    }

    package struct Plan: Sendable {
        let parts: [Part]
        let detail: ReturnConsumedCapacity?
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let tables = input.requestItems?.entries ?? []
        guard !tables.isEmpty else {
            throw .invalidLength(of: "RequestItems", "greater than or equal to 1")
        }
        try checkKeyCounts(tables)
        try checkMixing(tables)
        guard tables.reduce(0, { $0 + ($1.value.keys?.count ?? 0) }) <= keysMax else {
            throw .validation("Too many items requested for the BatchGetItem call")
        }
        var parts: [Part] = []
        for (table, input) in tables {
            parts.append(try part(table, input))
        }
        return Plan(parts: parts, detail: input.returnConsumedCapacity)
    }

    private static func checkKeyCounts(_ tables: [(key: Text, value: KeysAndAttributes)]) throws(DynamoError) {
        for (table, input) in tables {
            let (count, path) = (input.keys?.count ?? 0, "RequestItems.\(table).member.Keys")
            if count < 1 { throw .invalidLength(of: path, "greater than or equal to 1") }
            if count > keysMax { throw .invalidLength(of: path, "less than or equal to \(keysMax)") }
        }
    }

    /// Neither may one table have an expression and another its predecessor (dynamodb-conformance,
    /// error-messages/batchGetItem; AWS's words are taken for those of one table).
    private static func checkMixing(_ tables: [(key: Text, value: KeysAndAttributes)]) throws(DynamoError) {
        let names = tables.lazy.compactMap(\.value.attributesToGet).first
        let expression = tables.lazy.compactMap(\.value.projectionExpression).first
        try ExpressionParameters(
            legacy: present([("AttributesToGet", names)]), expressions: [(.projection, expression)]
        ).checkUse()
    }

    private static func part(_ table: Text, _ input: KeysAndAttributes) throws(DynamoError) -> Part {
        let parameters = ExpressionParameters(
            names: input.names, legacy: present([("AttributesToGet", input.attributesToGet)]),
            expressions: [(.projection, input.projectionExpression)])
        try parameters.checkUse()
        var keys: [SizedItem] = []
        for key in input.keys ?? [] { keys.append(try key.checked(.current)) }
        try ItemProjection.checkDistinct(input.attributesToGet)
        var placeholders = try parameters.placeholders()
        var projection: ProjectionExpression?
        if let text = input.projectionExpression { projection = try ProjectionExpression(parsing: text, &placeholders) }
        try placeholders.checkAllUsed()
        guard Set(keys.map(\.bytes)).count == keys.count else { throw .duplicateKeys }
        return Part(
            table: table, keys: keys, projection: ItemProjection(projection, attributesToGet: input.attributesToGet),
            isConsistent: input.consistentRead ?? false, input: input)
    }

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        var located: [(part: Part, keys: [StorageKey])] = []
        for part in plan.parts {
            let table = try store.catalog.tableForItems(part.table.string, call)
            var keys: [StorageKey] = []
            for key in part.keys { keys.append(try table.key(named: key.bytes)) }
            try table.key.checkScalar(part.projection.paths, "Key")
            located.append((part, keys))
        }
        var output = Output(detail: plan.detail)
        var bytes = 0
        for (part, keys) in located {
            var capacity = ConsumedCapacity(table: part.table.string)
            var items: [ItemBytes] = []
            var unprocessed: [SizedItem] = []
            for (key, name) in zip(keys, part.keys) {
                guard bytes < answerBytesMax else {
                    unprocessed.append(name)
                    continue
                }
                let item = try store.rows.item(at: key)
                if let item, bytes + item.size > answerBytesMax {
                    bytes = answerBytesMax
                    unprocessed.append(name)
                    continue
                }
                bytes += item?.size ?? 0
                capacity.tableHalves += CapacityUnits.readHalves(item?.size ?? 0, isConsistent: part.isConsistent)
                if let item { items.append(part.projection.apply(to: item.bytes)) }
            }
            output.responses.append((part.table, items))
            output.capacities.append(capacity)
            if !unprocessed.isEmpty { output.unprocessed.append((part, unprocessed)) }
        }
        return output
    }

    package struct Output: WireOutput {
        let detail: ReturnConsumedCapacity?
        var responses: [(table: Text, items: [ItemBytes])] = []
        var unprocessed: [(part: Part, keys: [SizedItem])] = []
        var capacities: [ConsumedCapacity] = []

        init(detail: ReturnConsumedCapacity?) { self.detail = detail }

        package func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("Responses") {
                    $0.object { json in
                        for (table, items) in responses {
                            json.key(table.string)
                            json.array { for item in items { $0.splice(item.utf8) } }
                        }
                    }
                }
                json.member("UnprocessedKeys") {
                    $0.object { json in
                        for (part, keys) in unprocessed {
                            json.key(part.table.string)
                            part.input.write(to: &json, keys: keys.map(\.bytes))
                        }
                    }
                }
                json.member("ConsumedCapacity", capacities, detail)
            }
        }
    }
}

extension BatchGetItem.KeysAndAttributes {
    /// The same request for `keys` alone, as a client sends it again.
    fileprivate func write(to json: inout JSONWriter, keys: [ItemBytes]) {
        json.object { json in
            json.member("Keys") { $0.array { for key in keys { $0.splice(key.utf8) } } }
            if let attributesToGet {
                json.member("AttributesToGet") { $0.array { for name in attributesToGet { $0.string(name.string) } } }
            }
            json.member("ConsistentRead", consistentRead)
            json.member("ProjectionExpression", projectionExpression)
            if let names {
                json.member("ExpressionAttributeNames") {
                    $0.object { json in
                        for (key, name) in names.entries {
                            json.key(key.string)
                            json.string(name.string)
                        }
                    }
                }
            }
        }
    }
}

extension WireMap<BatchGetItem.KeysAndAttributes> {
    /// As AWS repeats it, and no more of it than anybody reads.
    fileprivate var json: String {
        var json = JSONWriter()
        json.object { json in
            for (table, input) in entries {
                json.key(table.string)
                input.write(to: &json, keys: (input.keys ?? []).map(\.bytes))
            }
        }
        return String(decoding: json.bytes.prefix(1 << 20), as: UTF8.self)
    }
}

extension DynamoError {
    /// A constraint in the words of AWS's newer framework, which repeats no value. Source: dynamodb-conformance,
    /// error-messages/batchGetItem; by October 2026 in all regions but me-central-1.
    fileprivate static func invalidLength(of path: String, _ bound: String) -> DynamoError {
        .validation(
            "1 validation error detected: Value at '\(path)' failed to satisfy constraint: "
                + "Member must have length \(bound)")
    }

    static let duplicateKeys = DynamoError.validation("Provided list of item keys contains duplicates")
}

extension JSONWriter {
    /// A list, one entry a table.
    mutating func member(
        _ name: StaticString, _ capacities: [ConsumedCapacity], _ detail: ReturnConsumedCapacity?
    ) {
        guard let detail, detail != .none else { return }
        member(name) { $0.array { for capacity in capacities { capacity.write(to: &$0, detail) } } }
    }
}
