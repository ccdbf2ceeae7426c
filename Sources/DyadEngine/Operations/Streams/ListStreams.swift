package import DyadModel
package import DyadStore

/// Lists streams by table and label, those too whose table let go of them within a day.
package enum ListStreams: ReadOperation {
    package struct Input: WireStructure {
        var tableName: String?
        var limit: Int?
        var exclusiveStartStreamARN: String?

        package init() {}

        package static let shape = Shape<Self>(
            .optional("TableName", \.tableName, .namePattern, .length(3...255)),
            .optional("Limit", \.limit, .range(1...100)),
            .optional("ExclusiveStartStreamArn", \.exclusiveStartStreamARN, .streamARN))
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        let streams: [StreamDescription]
        let hasMore: Bool
        let scope: Scope

        package func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("Streams") {
                    $0.array { json in
                        for stream in streams {
                            json.object {
                                $0.member("StreamArn", scope.streamARN(stream.label, of: stream.table))
                                $0.member("TableName", stream.table)
                                $0.member("StreamLabel", stream.label)
                            }
                        }
                    }
                }
                if hasMore, let last = streams.last {
                    json.member("LastEvaluatedStreamArn", scope.streamARN(last.label, of: last.table))
                }
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        var streams = Array(store.catalog.streams.values)
        if let name = plan.tableName.map({ Text($0) }) {
            streams.removeAll { Text($0.table) != name }
        }
        streams.sort { order($0.table, $0.label) < order($1.table, $1.label) }
        if let start = plan.exclusiveStartStreamARN {
            guard let arn = TableARN(start), let label = arn.streamLabel else { throw .validation("Invalid StreamArn") }
            streams.removeAll { order($0.table, $0.label) <= order(arn.table, label) }
        }
        let page = streams.prefix(plan.limit ?? 100)
        return Output(streams: Array(page), hasMore: page.count < streams.count, scope: call.scope)
    }

    private static func order(_ table: String, _ label: String) -> (Text, Text) { (Text(table), Text(label)) }
}
