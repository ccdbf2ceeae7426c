import DyadModel

// What AWS charges an UpdateExpression for, in bytes, before it looks at the item: a size of the request, not of what
// comes of it. In most regions a lone UpdateItem is refused when it is beyond an item's largest size.
//
// Source: dynamodb-conformance, tests/tier3/limits/itemSizeBySurface.test.ts, measured in eu-west-2 in October 2026 by
// halving, to the byte.

private enum Cost {
    static let update = 3
    static let set = 19
    static let add = 19
    static let removeOrDelete = 1
    static let stepOfTarget = 4
    static let operandPath = 1
    static let stepOfOperand = 14
    static let sum = 34
    static let difference = 37
    static let listAppend = 37
    static let ifNotExists = 39
}

extension Update {
    /// Nil for AttributeUpdates, which are not charged for.
    package var charge: Int? {
        source == .expression ? actions.reduce(Cost.update) { $0 + $1.charge } : nil
    }
}

extension UpdateAction {
    fileprivate var charge: Int {
        switch change {
        case .set(let value): Cost.set + path.chargeAsTarget + value.charge
        case .add(let number): Cost.add + path.chargeAsTarget + number.size
        case .union(let members): Cost.add + path.chargeAsTarget + members.value.size
        case .remove, .subtract: Cost.removeOrDelete + path.chargeAsTarget
        }
    }
}

extension UpdateValue {
    fileprivate var charge: Int {
        switch self {
        case .operand(let operand): operand.charge
        case .sum(let left, let right): Cost.sum + left.charge + right.charge
        case .difference(let left, let right): Cost.difference + left.charge + right.charge
        }
    }
}

extension UpdateOperand {
    /// What a path leads to is free.
    fileprivate var charge: Int {
        switch self {
        case .path(let path): path.chargeAsOperand
        case .value(let value): value.size
        case .ifNotExists(let path, let other): Cost.ifNotExists + path.chargeAsOperand + other.charge
        case .listAppend(let left, let right): Cost.listAppend + left.charge + right.charge
        }
    }
}

extension DocumentPath {
    fileprivate var chargeAsTarget: Int {
        steps.reduce(root.utf8.count) { $0 + Cost.stepOfTarget + $1.length }
    }

    fileprivate var chargeAsOperand: Int {
        steps.reduce(Cost.operandPath + Cost.stepOfOperand + root.utf8.count) { $0 + Cost.stepOfOperand + $1.length }
    }
}

extension DocumentPath.Step {
    /// A name's bytes, an index's digits.
    fileprivate var length: Int {
        switch self {
        case .attribute(let name): name.utf8.count
        case .index(let index): String(index).utf8.count
        }
    }
}
