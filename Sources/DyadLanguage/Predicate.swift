import DyadModel

/// A condition that passed all checks: placeholders resolved, functions known, operand counts right.
indirect enum Predicate: Sendable, Hashable {
    case comparison(Comparator, Operand, Operand)
    case between(Operand, lower: Operand, upper: Operand)
    case isIn(Operand, [Operand])
    case exists(DocumentPath)
    case notExists(DocumentPath)
    case hasType(Operand, AttributeValue.Kind)
    case beginsWith(Operand, prefix: Operand)
    case contains(Operand, Operand)
    case and([Predicate])
    case or([Predicate])
    case not(Predicate)
}

indirect enum Operand: Sendable, Hashable {
    case path(DocumentPath)
    case value(AttributeValue)
    case size(Operand)
    /// Whether a condition holds, as a value.
    case truth(Predicate)

    /// The type where it is known without an item.
    var kind: AttributeValue.Kind? {
        switch self {
        case .path: nil
        case .value(let value): value.kind
        case .size: .number
        case .truth: .bool
        }
    }

    var path: DocumentPath? {
        if case .path(let path) = self { path } else { nil }
    }

    fileprivate var orderedPaths: [DocumentPath] {
        switch self {
        case .path(let path): [path]
        case .value: []
        case .size(let operand): operand.orderedPaths
        case .truth(let predicate): predicate.orderedPaths
        }
    }
}

extension Predicate {
    /// The paths that this mentions.
    var paths: Set<DocumentPath> { Set(orderedPaths) }

    /// The same, as often and in the order in which they are mentioned.
    var orderedPaths: [DocumentPath] {
        switch self {
        case .comparison(_, let left, let right): left.orderedPaths + right.orderedPaths
        case .between(let value, let lower, let upper):
            value.orderedPaths + lower.orderedPaths + upper.orderedPaths
        case .isIn(let value, let list): list.reduce(into: value.orderedPaths) { $0 += $1.orderedPaths }
        case .exists(let path), .notExists(let path): [path]
        case .hasType(let operand, _): operand.orderedPaths
        case .beginsWith(let operand, let other), .contains(let operand, let other):
            operand.orderedPaths + other.orderedPaths
        case .and(let parts), .or(let parts): parts.reduce(into: []) { $0 += $1.orderedPaths }
        case .not(let part): part.orderedPaths
        }
    }
}
