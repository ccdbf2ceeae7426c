import DyadModel

// What is absent, or of another type than an operator knows, makes a condition false and never an error: AWS refuses
// wrong types only where they stand in the request. `<>` and NOT turn that false around, so both hold of the absent
// (ScyllaDB's test_condition_expression.py).

extension Predicate {
    /// Recurses, so its frame is kept small: leaves are told elsewhere.
    func holds(of source: some AttributeSource) -> Bool {
        switch self {
        case .and(let parts): parts.allSatisfy { $0.holds(of: source) }
        case .or(let parts): parts.contains { $0.holds(of: source) }
        case .not(let part): !part.holds(of: source)
        default: leafHolds(of: source)
        }
    }

    private func leafHolds(of source: some AttributeSource) -> Bool {
        switch self {
        case .comparison(let comparator, let left, let right):
            return Self.compare(comparator, left.value(in: source), right.value(in: source))
        case .between(let operand, let lower, let upper):
            let value = operand.value(in: source)
            return Self.compare(.greaterOrEqual, value, lower.value(in: source))
                && Self.compare(.lessOrEqual, value, upper.value(in: source))
        case .isIn(let operand, let list):
            let value = operand.value(in: source)
            return list.contains { Self.compare(.equal, value, $0.value(in: source)) }
        case .exists(let path): return path.value(in: source) != nil
        case .notExists(let path): return path.value(in: source) == nil
        case .hasType(let operand, let kind): return operand.value(in: source)?.kind == kind
        case .beginsWith(let operand, let prefix):
            return operand.value(in: source).beginsWith(prefix.value(in: source))
        case .contains(let operand, let element):
            return operand.value(in: source).contains(element.value(in: source))
        case .and, .or, .not: return holds(of: source)
        }
    }

    private static func compare(_ comparator: Comparator, _ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
        guard let left, let right else { return comparator == .notEqual }
        switch comparator {
        case .equal: return left == right
        case .notEqual: return left != right
        case .less: return left.precedes(right)
        case .greater: return right.precedes(left)
        case .lessOrEqual: return left.precedes(right) || left.isOrdered && left == right
        case .greaterOrEqual: return right.precedes(left) || left.isOrdered && left == right
        }
    }
}

extension Operand {
    func value(in source: some AttributeSource) -> AttributeValue? {
        switch self {
        case .path(let path): path.value(in: source)
        case .value(let value): value
        case .size(let operand): (operand.value(in: source)?.size).map { .number(DynamoNumber($0)) }
        case .truth(let predicate): .bool(predicate.holds(of: source))
        }
    }
}

extension AttributeValue {
    /// The three types that have an order.
    fileprivate var isOrdered: Bool {
        switch self {
        case .string, .number, .binary: true
        default: false
        }
    }

    /// Whether this comes before the other; false when they are of different types or of one without order.
    func precedes(_ other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.string(let left), .string(let right)): left < right
        case (.number(let left), .number(let right)): left < right
        case (.binary(let left), .binary(let right)): left.lexicographicallyPrecedes(right)
        default: false
        }
    }

    /// What `size()` gives: UTF-16 units of a string (measured on AWS: `é𝄞` is 3; ExtendDB issue 60), bytes of a
    /// binary, elements of a document or set; nil for numbers, booleans and null.
    fileprivate var size: Int? {
        switch self {
        case .string(let text): text.string.utf16.count
        case .binary(let bytes): bytes.count
        case .list(let elements): elements.count
        case .map(let members): members.count
        case .stringSet(let members): members.count
        case .numberSet(let members): members.count
        case .binarySet(let members): members.count
        case .number, .bool, .null: nil
        }
    }
}

extension AttributeValue? {
    fileprivate func beginsWith(_ prefix: AttributeValue?) -> Bool {
        switch (self, prefix) {
        case (.string(let text)?, .string(let prefix)?): text.utf8.starts(with: prefix.utf8)
        case (.binary(let bytes)?, .binary(let prefix)?): bytes.starts(with: prefix)
        default: false
        }
    }

    /// A part of a string or binary, a member of a set, an element of a list.
    fileprivate func contains(_ element: AttributeValue?) -> Bool {
        guard let self, let element else { return false }
        return switch (self, element) {
        case (.string(let text), .string(let part)): Array(text.utf8).contains(run: Array(part.utf8))
        case (.binary(let bytes), .binary(let part)): bytes.contains(run: part)
        case (.stringSet(let members), .string(let member)): members.contains(member)
        case (.numberSet(let members), .number(let member)): members.contains(member)
        case (.binarySet(let members), .binary(let member)): members.contains(member)
        case (.list(let elements), _): elements.contains(element)
        default: false
        }
    }
}

extension [UInt8] {
    /// Whether the bytes of `run` stand somewhere in these, one after the other.
    ///
    /// Knuth, Morris and Pratt's way: an expression meets items of up to 400 KB, and in `aaa…` looking for `aaa…b` at each
    /// place anew takes a minute.
    fileprivate func contains(run: [UInt8]) -> Bool {
        guard let first = run.first else { return true }
        guard run.count <= count else { return false }
        guard run.count > 1 else { return contains(first) }
        // For each beginning of the run, how much of its end is a beginning of the run too.
        var borders = [Int](repeating: 0, count: run.count)
        var matched = 0
        for at in 1..<run.count {
            while matched > 0, run[at] != run[matched] { matched = borders[matched - 1] }
            if run[at] == run[matched] { matched += 1 }
            borders[at] = matched
        }
        matched = 0
        for byte in self {
            while matched > 0, byte != run[matched] { matched = borders[matched - 1] }
            if byte == run[matched] { matched += 1 }
            if matched == run.count { return true }
        }
        return false
    }
}
