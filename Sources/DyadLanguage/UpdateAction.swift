import DyadModel

/// One change of an UpdateExpression that passed all checks.
struct UpdateAction: Sendable, Hashable {
    enum Change: Sendable, Hashable {
        case set(UpdateValue)
        case remove
        /// ADD with a number.
        case add(DynamoNumber)
        /// ADD with a set.
        case union(SetValue)
        /// DELETE.
        case subtract(SetValue)
    }

    let path: DocumentPath
    let change: Change
}

enum UpdateValue: Sendable, Hashable {
    case operand(UpdateOperand)
    case sum(UpdateOperand, UpdateOperand)
    case difference(UpdateOperand, UpdateOperand)
}

indirect enum UpdateOperand: Sendable, Hashable {
    case path(DocumentPath)
    case value(AttributeValue)
    case ifNotExists(DocumentPath, UpdateOperand)
    case listAppend(UpdateOperand, UpdateOperand)

    /// The type where it is known without an item.
    var kind: AttributeValue.Kind? {
        switch self {
        case .path, .ifNotExists: nil
        case .value(let value): value.kind
        case .listAppend: .list
        }
    }
}

/// A value that is a set.
enum SetValue: Sendable, Hashable {
    case strings(Set<Text>)
    case numbers(Set<DynamoNumber>)
    case binaries(Set<[UInt8]>)

    init?(_ value: AttributeValue) {
        switch value {
        case .stringSet(let members): self = .strings(members)
        case .numberSet(let members): self = .numbers(members)
        case .binarySet(let members): self = .binaries(members)
        default: return nil
        }
    }

    var value: AttributeValue {
        switch self {
        case .strings(let members): .stringSet(members)
        case .numbers(let members): .numberSet(members)
        case .binaries(let members): .binarySet(members)
        }
    }

    private var isEmpty: Bool {
        switch self {
        case .strings(let members): members.isEmpty
        case .numbers(let members): members.isEmpty
        case .binaries(let members): members.isEmpty
        }
    }

    /// With the members of `other` too; nil when it is a set of another type.
    func union(_ other: SetValue) -> SetValue? {
        switch (self, other) {
        case (.strings(let left), .strings(let right)): .strings(left.union(right))
        case (.numbers(let left), .numbers(let right)): .numbers(left.union(right))
        case (.binaries(let left), .binaries(let right)): .binaries(left.union(right))
        default: nil
        }
    }

    /// Without the members of `other`; nil when it is a set of another type. `.some(nil)` when nothing is left.
    func subtracting(_ other: SetValue) -> SetValue?? {
        let rest: SetValue
        switch (self, other) {
        case (.strings(let left), .strings(let right)): rest = .strings(left.subtracting(right))
        case (.numbers(let left), .numbers(let right)): rest = .numbers(left.subtracting(right))
        case (.binaries(let left), .binaries(let right)): rest = .binaries(left.subtracting(right))
        default: return nil
        }
        return .some(rest.isEmpty ? nil : rest)
    }
}
