package import DyadModel
package import DyadStore

/// Takes tags away from a table; keys that it does not have are no error.
package enum UntagResource: WriteOperation {
    package struct Input: WireStructure {
        var resourceARN = ""
        var tagKeys: [String] = []
        package init() {}
        package static let shape = Shape<Self>(
            .required("ResourceArn", \.resourceARN), .required("TagKeys", \.tagKeys))
    }

    package struct Plan: Sendable {
        let resource: TaggedResource
        let keys: Set<Text>
    }

    package typealias Output = EmptyOutput

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let resource = try TaggedResource(input.resourceARN, call)
        guard !input.tagKeys.isEmpty else { throw .validation("Atleast one Tag Key needs to be provided as Input.") }
        for key in input.tagKeys { _ = try TagRules.legal(key: key) }
        guard input.tagKeys.count <= TagRules.tagsMax else { throw TagRules.tooMany }
        return Plan(resource: resource, keys: Set(input.tagKeys.map { Text($0) }))
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> EmptyOutput {
        var table = try plan.resource.table(in: store.catalog)
        table.tags.removeAll { plan.keys.contains(Text($0.key)) }
        try store.save(table)
        return EmptyOutput()
    }
}
