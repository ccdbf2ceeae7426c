package import DyadModel
package import DyadStore

/// Lists a table's tags, at most 50, all in one page.
package enum ListTagsOfResource: ReadOperation {
    package struct Input: WireStructure {
        var resourceARN = ""
        var nextToken: String?
        package init() {}
        package static let shape = Shape<Self>(
            .required("ResourceArn", \.resourceARN), .optional("NextToken", \.nextToken))
    }

    package typealias Plan = TaggedResource

    package struct Output: WireOutput {
        let tags: [TableRecord.Tag]

        package func write(to json: inout JSONWriter) {
            json.object {
                $0.member("Tags") {
                    $0.array { json in
                        for tag in tags {
                            json.object {
                                $0.member("Key", tag.key)
                                $0.member("Value", tag.value)
                            }
                        }
                    }
                }
            }
        }
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> TaggedResource {
        let resource = try TaggedResource(input.resourceARN, call)
        // None is ever given out: all tags fit in a page.
        guard input.nextToken == nil else { throw .validation("Invalid NextToken") }
        return resource
    }

    package static func run(
        _ plan: TaggedResource, in store: ReadTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        Output(tags: try plan.table(in: store.catalog).tags)
    }
}
