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
    /// One for tables and LSIs, up to four for GSIs.
    package let partition: [Attribute]
    /// None or one for tables, one for LSIs, up to four for GSIs.
    package let sort: [Attribute]
    /// Partition attributes, then sort attributes.
    package let attributes: [Attribute]

    package init(partition: [Attribute], sort: [Attribute]) {
        self.partition = partition
        self.sort = sort
        attributes = partition + sort
    }
}
