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

    fileprivate var paths: Set<DocumentPath> {
        switch self {
        case .path(let path): [path]
        case .value: []
        case .size(let operand): operand.paths
        case .truth(let predicate): predicate.paths
        }
    }
}

extension Predicate {
    /// The paths that this mentions.
    var paths: Set<DocumentPath> {
        switch self {
        case .comparison(_, let left, let right): left.paths.union(right.paths)
        case .between(let value, let lower, let upper): value.paths.union(lower.paths).union(upper.paths)
        case .isIn(let value, let list): list.reduce(into: value.paths) { $0.formUnion($1.paths) }
        case .exists(let path), .notExists(let path): [path]
        case .hasType(let operand, _): operand.paths
        case .beginsWith(let operand, let other), .contains(let operand, let other): operand.paths.union(other.paths)
        case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.paths) }
        case .not(let part): part.paths
        }
    }
}
