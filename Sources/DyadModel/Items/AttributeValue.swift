/// One DynamoDB value, decoded. Rows stay bytes (`ItemBytes`); a value is made only of what an expression names.
///
/// Invariants, kept by whoever makes one from outside input: sets are non-empty and hold no duplicates, nesting is at
/// most 32 levels. Equality is DynamoDB's: sets are equal whatever their order, numbers by value.
package enum AttributeValue: Sendable, Hashable {
    case string(Text)
    case number(DynamoNumber)
    case binary([UInt8])
    case bool(Bool)
    case null
    case list([AttributeValue])
    case map([Text: AttributeValue])
    case stringSet(Set<Text>)
    case numberSet(Set<DynamoNumber>)
    case binarySet(Set<[UInt8]>)

    /// The ten type descriptors of the wire.
    package enum Kind: String, Sendable, CaseIterable {
        case string = "S"
        case number = "N"
        case binary = "B"
        case bool = "BOOL"
        case null = "NULL"
        case list = "L"
        case map = "M"
        case stringSet = "SS"
        case numberSet = "NS"
        case binarySet = "BS"
    }

    package var kind: Kind {
        switch self {
        case .string: .string
        case .number: .number
        case .binary: .binary
        case .bool: .bool
        case .null: .null
        case .list: .list
        case .map: .map
        case .stringSet: .stringSet
        case .numberSet: .numberSet
        case .binarySet: .binarySet
        }
    }
}

/// An item, decoded: attribute name to value.
package typealias Item = [Text: AttributeValue]

/// Whatever an expression can be evaluated against: a stored row, a decoded item, the absent item.
package protocol AttributeSource {
    /// The top-level attribute of that name; nil when absent.
    func attribute(named name: Text) -> AttributeValue?
}

extension Item: AttributeSource {
    package func attribute(named name: Text) -> AttributeValue? { self[name] }
}

/// A path into an item with all `#name` placeholders resolved: `a.b[3]` is root `a`, steps `.attribute(b)`, `.index(3)`.
package struct DocumentPath: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case attribute(Text)
        case index(Int)
    }

    package let root: Text
    package let steps: [Step]

    package init(root: Text, steps: [Step] = []) {
        self.root = root
        self.steps = steps
    }

    /// The value at this path; nil when a step finds nothing or a value of another type.
    package func value(in source: some AttributeSource) -> AttributeValue? {
        var current = source.attribute(named: root)
        for step in steps {
            switch (step, current) {
            case (.attribute(let name), .map(let members)): current = members[name]
            case (.index(let index), .list(let elements)): current = index < elements.count ? elements[index] : nil
            default: return nil
            }
        }
        return current
    }
}
