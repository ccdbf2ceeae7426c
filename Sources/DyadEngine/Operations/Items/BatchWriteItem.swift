package import DyadModel
package import DyadStore

package enum BatchWriteItem: WriteOperation {
    package struct Input: WireStructure {
        package init() {}
        var requestItems: WireMap<[WriteRequest]>?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var returnItemCollectionMetrics: ReturnItemCollectionMetrics?

        package static let shape = Shape<Self>(
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .optional("ReturnItemCollectionMetrics", \.returnItemCollectionMetrics),
            .requiredOptional("RequestItems", \.requestItems, .batchesOfRequests))
    }

    package struct WriteRequest: WireStructure {
        package init() {}
        var putRequest: PutRequest?
        var deleteRequest: DeleteRequest?

        package static let shape = Shape<Self>(
            .optional("PutRequest", \.putRequest),
            .optional("DeleteRequest", \.deleteRequest))
    }

    package struct PutRequest: WireStructure {
        package init() {}
        var item: WireItem?
        package static let shape = Shape<Self>(.requiredOptional("Item", \.item))
    }

    package struct DeleteRequest: WireStructure {
        package init() {}
        var key: WireItem?
        package static let shape = Shape<Self>(.requiredOptional("Key", \.key))
    }

    /// Source: docs, "BatchWriteItem".
    static let requestsMax = 25

    package enum Request: Sendable {
        case put(SizedItem)
        case delete(SizedItem)
    }

    package struct Plan: Sendable {
        let parts: [(table: Text, requests: [Request])]
        let detail: ReturnConsumedCapacity?
        let metrics: ReturnItemCollectionMetrics?
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let tables = input.requestItems?.entries ?? []
        guard !tables.isEmpty else {
            throw .validation("The requestItems parameter is required for BatchWriteItem")
        }
        // Told only when no other constraint is broken: dynamodb-conformance, validation-ordering/batchOperations.
        for phrase in Rule.tableNames().phrases(WireMap(entries: tables)) {
            throw .validation(
                "1 validation error detected: Value '\(WireMap(entries: tables).wireDescription)' at 'requestItems' "
                    + "failed to satisfy constraint: \(phrase)")
        }
        guard tables.reduce(0, { $0 + $1.value.count }) <= requestsMax else {
            throw .validation("Too many items requested for the BatchWriteItem call")
        }
        var parts: [(table: Text, requests: [Request])] = []
        for (table, requests) in tables {
            var planned: [Request] = []
            for request in requests { planned.append(try plan(request)) }
            parts.append((table, planned))
        }
        return Plan(
            parts: parts, detail: input.returnConsumedCapacity, metrics: input.returnItemCollectionMetrics)
    }

    private static func plan(_ request: WriteRequest) throws(DynamoError) -> Request {
        switch (request.putRequest?.item, request.deleteRequest?.key) {
        case (let item?, nil):
            let item = try item.checked(.older)
            try ItemWrite.checkSize(ofPut: item)
            return .put(item)
        case (nil, let key?): return .delete(try key.checked(.older))
        default:
            // AWS speaks of an AttributeValue here, for neither as for both: dynalite's tests.
            throw .valueOfSeveralTypes
        }
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        var writes: [(table: TableRecord, name: Text, key: StorageKey, request: Request)] = []
        var keys = Set<StorageKey>(minimumCapacity: requestsMax)
        for (name, requests) in plan.parts {
            let table = try store.catalog.tableForItems(name.string, call)
            for request in requests {
                let key = try key(of: request, in: table)
                guard keys.insert(key).inserted else { throw .duplicateKeys }
                writes.append((table, name, key, request))
            }
        }
        // Everything was found legal: from here on only an item collection may be too large, and that, or what the disk
        // refuses, is undone whole.
        var totals = TableTotals(plan.detail, plan.metrics)
        var unprocessed: [(table: Text, requests: [Request])] = []
        for (table, name, key, request) in writes {
            let (write, item): (ItemWrite, SizedItem) =
                switch request {
                case .put(let item): (ItemWrite(action: .put(item)), item)
                case .delete(let key): (ItemWrite(action: .delete), key)
                }
            let outcome: ItemWrite.Outcome
            do throws(DynamoError) { outcome = try write.apply(to: &store, table: table, key: key, call) } catch {
                guard error.code == .transactionConflict else { throw error }
                if unprocessed.last?.table != name { unprocessed.append((name, [])) }
                unprocessed[unprocessed.count - 1].requests.append(request)
                continue
            }
            totals.capacity(of: name.string) { $0.add(outcome) }
            try totals.addCollection(of: item.bytes, at: key, in: table, named: name.string, on: store.rows)
        }
        return Output(unprocessed: unprocessed, totals: totals)
    }

    private static func key(of request: Request, in table: TableRecord) throws(DynamoError) -> StorageKey {
        switch request {
        case .delete(let key): return try table.key(named: key.bytes)
        case .put(let item):
            for attribute in table.key.attributes {
                guard let value = item.bytes.rawValue(named: attribute.name),
                    CanonicalReader.kind(of: value).rawValue == attribute.type.rawValue
                else { throw .keyMismatch }
            }
            let key = try table.key(ofItem: item.bytes)
            try table.checkIndexKeys(of: item.bytes)
            return key
        }
    }

    package struct Output: WireOutput {
        /// What a transaction holds (`TransactionHook`), in the request's order.
        var unprocessed: [(table: Text, requests: [Request])]
        var totals: TableTotals

        package func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("UnprocessedItems") { json in
                    json.object { json in
                        for (table, requests) in unprocessed {
                            json.key(table.string)
                            json.array { json in for request in requests { Self.write(request, to: &json) } }
                        }
                    }
                }
                totals.write(to: &json)
            }
        }

        private static func write(_ request: Request, to json: inout JSONWriter) {
            let (kind, member, item): (StaticString, StaticString, SizedItem) =
                switch request {
                case .put(let item): ("PutRequest", "Item", item)
                case .delete(let key): ("DeleteRequest", "Key", key)
                }
            json.object { $0.member(kind) { $0.object { $0.member(member) { $0.splice(item.bytes.utf8) } } } }
        }
    }
}

extension Rule where Value == WireMap<[BatchWriteItem.WriteRequest]> {
    /// AWS tells this constraint of the map's values as one of the map.
    static var batchesOfRequests: Rule {
        Rule { map in
            let isLegal = map.entries.allSatisfy { (1...BatchWriteItem.requestsMax).contains($0.value.count) }
            return isLegal
                ? []
                : [
                    "Map value must satisfy constraint: [Member must have length less than or equal to "
                        + "\(BatchWriteItem.requestsMax), Member must have length greater than or equal to 1]"
                ]
        }
    }
}
