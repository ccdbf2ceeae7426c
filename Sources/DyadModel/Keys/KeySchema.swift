/// The attributes that make up a primary key, in order: of a table, or of an index.
package struct KeySchema: Sendable, Hashable {
    package enum AttributeType: String, Sendable, Hashable, CaseIterable {
        case string = "S", number = "N", binary = "B"
    }
    package struct Attribute: Sendable, Hashable {
        package let name: Text
        package let type: AttributeType
        package init(_ name: Text, _ type: AttributeType) { self.name = name; self.type = type }
    }

    // One reference, for the reason that a table's record is one: whoever looks at the attributes counts one reference.
    private let storage: Storage

    private final class Storage: Sendable {
        let partition: [Attribute]
        let sort: [Attribute]
        let attributes: [Attribute]

        init(partition: [Attribute], sort: [Attribute]) {
            self.partition = partition
            self.sort = sort
            attributes = partition + sort
        }
    }

    package init(partition: [Attribute], sort: [Attribute]) { storage = Storage(partition: partition, sort: sort) }

    /// One for tables and LSIs, up to four for GSIs.
    package var partition: [Attribute] { storage.partition }
    /// None or one for tables, one for LSIs, up to four for GSIs.
    package var sort: [Attribute] { storage.sort }
    /// Partition attributes, then sort attributes.
    package var attributes: [Attribute] { storage.attributes }
    /// How many of the attributes are partition attributes.
    package var partitionCount: Int { storage.partition.count }

    package static func == (left: KeySchema, right: KeySchema) -> Bool {
        left.storage === right.storage || (left.partition == right.partition && left.sort == right.sort)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(partition)
        hasher.combine(sort)
    }
}
