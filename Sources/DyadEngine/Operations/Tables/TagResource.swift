package import DyadModel
package import DyadStore

/// Gives a table tags, or other values to those it has. They are there at once; AWS takes a moment.
package enum TagResource: WriteOperation {
    package struct Input: WireStructure {
        var resourceARN = ""
        var tags: [Tag] = []
        package init() {}
        package static let shape = Shape<Self>(
            .required("ResourceArn", \.resourceARN), .required("Tags", \.tags))
    }

    package struct Plan: Sendable {
        let resource: TaggedResource
        let tags: [TableRecord.Tag]
    }

    package typealias Output = EmptyOutput

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let resource = try TaggedResource(input.resourceARN, call)
        guard !input.tags.isEmpty else { throw .validation("Atleast one Tag needs to be provided as Input.") }
        return Plan(resource: resource, tags: try TagRules.legal(input.tags))
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> EmptyOutput {
        var table = try plan.resource.table(in: store.catalog)
        for tag in plan.tags {
            if let at = table.tags.firstIndex(where: { Text($0.key) == Text(tag.key) }) {
                table.tags[at] = tag
            } else {
                table.tags.append(tag)
            }
        }
        guard table.tags.count <= TagRules.tagsMax else { throw TagRules.tooMany }
        try store.save(table)
        return EmptyOutput()
    }
}
