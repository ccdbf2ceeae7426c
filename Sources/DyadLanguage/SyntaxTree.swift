import DyadModel

// What a parser read, before placeholders are resolved and meaning is checked. AWS reports syntax errors first, then
// each class of complaint over the whole expression; so the checks are passes over these trees.

enum NameSyntax: Sendable, Hashable {
    case literal(Text)
    case placeholder(Text)
}

struct PathSyntax: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case name(NameSyntax)
        case index(Int)
    }

    let root: NameSyntax
    var steps: [Step]
}

struct FunctionSyntax: Sendable, Hashable {
    let name: Text
    let arguments: [OperandSyntax]
}

indirect enum OperandSyntax: Sendable, Hashable {
    case path(PathSyntax)
    case value(Text)
    case function(FunctionSyntax)
    /// A condition whose truth is compared: PartiQL alone has it.
    case truth(ConditionSyntax)
}

indirect enum ConditionSyntax: Sendable, Hashable {
    case comparison(Comparator, OperandSyntax, OperandSyntax)
    case between(OperandSyntax, lower: OperandSyntax, upper: OperandSyntax)
    case isIn(OperandSyntax, [OperandSyntax])
    case function(FunctionSyntax)
    case and([ConditionSyntax])
    case or([ConditionSyntax])
    case not(ConditionSyntax)
}

enum Comparator: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}

enum UpdateSection: String, Sendable, Hashable, CaseIterable {
    case set = "SET"
    case remove = "REMOVE"
    case add = "ADD"
    case delete = "DELETE"
}

struct UpdateSyntax: Sendable {
    enum Value: Sendable {
        case operand(OperandSyntax)
        case sum(OperandSyntax, OperandSyntax)
        case difference(OperandSyntax, OperandSyntax)

        var operands: [OperandSyntax] {
            switch self {
            case .operand(let operand): [operand]
            case .sum(let left, let right), .difference(let left, let right): [left, right]
            }
        }
    }

    enum Action: Sendable {
        case set(PathSyntax, Value)
        case remove(PathSyntax)
        case add(PathSyntax, value: Text)
        case delete(PathSyntax, value: Text)

        var path: PathSyntax {
            switch self {
            case .set(let path, _), .remove(let path), .add(let path, _), .delete(let path, _): path
            }
        }

        /// The operands to the right of the path.
        var operands: [OperandSyntax] {
            switch self {
            case .set(_, let value): value.operands
            case .remove: []
            case .add(_, let value), .delete(_, let value): [.value(value)]
            }
        }
    }

    /// In the order in which they are written.
    var actions: [Action] = []
    /// The first section that is written a second time.
    var repeated: UpdateSection?
}

// MARK: Walks, in the order of the text

extension OperandSyntax {
    /// Visits every path in this operand.
    func forEachPath<Failure: Error>(_ body: (PathSyntax) throws(Failure) -> Void) throws(Failure) {
        switch self {
        case .path(let path): try body(path)
        case .value: break
        case .function(let function):
            for argument in function.arguments { try argument.forEachPath(body) }
        case .truth(let condition):
            try condition.forEachLeaf { (leaf) throws(Failure) in
                for operand in leaf.operands { try operand.forEachPath(body) }
            }
        }
    }

    /// Visits every function in this operand, inner ones first.
    func forEachFunction(_ body: (FunctionSyntax) throws(DynamoError) -> Void) throws(DynamoError) {
        guard case .function(let function) = self else { return }
        for argument in function.arguments { try argument.forEachFunction(body) }
        try body(function)
    }
}

extension ConditionSyntax {
    /// Visits every condition that is not made of others.
    func forEachLeaf<Failure: Error>(_ body: (ConditionSyntax) throws(Failure) -> Void) throws(Failure) {
        switch self {
        case .and(let parts), .or(let parts):
            for part in parts { try part.forEachLeaf(body) }
        case .not(let part): try part.forEachLeaf(body)
        case .comparison, .between, .isIn, .function: try body(self)
        }
    }

    /// The operands of a leaf; of a function, the function itself.
    var operands: [OperandSyntax] {
        switch self {
        case .comparison(_, let left, let right): [left, right]
        case .between(let value, let lower, let upper): [value, lower, upper]
        case .isIn(let value, let list): [value] + list
        case .function(let function): [.function(function)]
        case .and, .or, .not: []
        }
    }
}
