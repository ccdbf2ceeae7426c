package import DyadModel

/// The WHERE of a statement. It is evaluated as any condition is; which keys it names is told by `reads` and `item`.
package struct StatementCondition: Sendable {
    private let predicate: Predicate
    /// The whole of it, as a filter or a condition.
    package let whole: Condition

    init(_ predicate: Predicate) {
        self.predicate = predicate
        whole = Condition(predicate)
    }

    // MARK: Reads

    /// One read that the condition asks for: of one partition, or of a part of it.
    package struct Read: Sendable {
        package let partition: AttributeValue
        /// Conditions on the sort key that all hold; none is the whole partition.
        package let sort: [SortCondition]
        /// A condition on the sort key is negated: AWS lets such a read overlap with others.
        package let isNegated: Bool
        /// Nothing can be found by it.
        package let isEmpty: Bool
        /// The top-level attributes of its other conditions.
        package let filterNames: [Text]
    }

    /// Reads that one statement may come to.
    package static let readsMax = 50

    /// The reads by which the condition's items are found; nil when it does not pin the partition on every way through
    /// it, so that all has to be scanned.
    ///
    /// Only schemas of one partition attribute and at most one sort attribute are read by statements.
    ///
    /// - Throws: too many of them; values of a key's attribute that have another type.
    package func reads(of schema: KeySchema) throws(DynamoError) -> [Read]? {
        guard let partition = schema.partition.first else { return nil }
        let names = KeyNames(partition: partition, sort: schema.sort.first)
        try names.checkTypes(in: predicate)
        guard names.pinsPartition(predicate) else { return nil }
        guard let branches = names.branches(of: predicate), branches.count <= Self.readsMax else {
            throw .tooManyReads
        }
        return branches.compactMap { branch in
            branch.partition.map {
                Read(
                    partition: $0, sort: branch.sort, isNegated: branch.isNegated, isEmpty: branch.isImpossible,
                    filterNames: branch.filters.flatMap { $0.orderedPaths.map(\.root) }.removingDuplicates())
            }
        }
    }

    // MARK: One item

    /// The one item that a statement names, and what else the condition asks of it.
    package struct ItemReference: Sendable {
        package let key: Item
        /// Nil when nothing is asked but the key.
        package let rest: Condition?
    }

    /// Why a condition names no item.
    package enum KeyFault: Error {
        /// It does not say what every attribute of the key equals.
        case incomplete
        /// It says of one that it equals two values.
        case repeated(Text)

        package var error: DynamoError {
            switch self {
            case .incomplete:
                .validation("Where clause does not contain a mandatory equality on all key attributes")
            case .repeated(let name):
                .validation(
                    "Multiple conditions on same key \(name). Only single item Update/Insert/Delete are supported")
            }
        }
    }

    /// - Parameters:
    ///   - acceptsLists: whether `IN` with one value names a key as `=` does.
    ///   - mayRepeat: whether a second value for a key is a condition of its own; else it is refused.
    package func item(
        of schema: KeySchema, acceptsLists: Bool = false, mayRepeat: Bool = false
    ) throws(KeyFault) -> ItemReference {
        var key: Item = [:]
        var rest: [Predicate] = []
        for part in predicate.conjuncts {
            guard let (name, value) = part.equality(acceptsLists: acceptsLists),
                schema.attributes.contains(where: { $0.name == name })
            else {
                rest.append(part)
                continue
            }
            guard let known = key.updateValue(value, forKey: name), known != value else { continue }
            guard mayRepeat else { throw .repeated(name) }
            key[name] = known
            rest.append(part)
        }
        guard schema.attributes.allSatisfy({ key[$0.name] != nil }) else { throw .incomplete }
        return ItemReference(key: key, rest: rest.isEmpty ? nil : Condition(.and(rest)))
    }
}

extension DynamoError {
    fileprivate static let tooManyReads = DynamoError.validation(
        "Too many decomposed read operations for a given query.")
}

extension Predicate {
    /// What must hold all together.
    var conjuncts: [Predicate] {
        if case .and(let parts) = self { parts.flatMap(\.conjuncts) } else { [self] }
    }

    /// The attribute and the value of `name = value`.
    func equality(acceptsLists: Bool) -> (name: Text, value: AttributeValue)? {
        switch self {
        case .comparison(.equal, .path(let path), .value(let value)) where path.steps.isEmpty,
            .comparison(.equal, .value(let value), .path(let path)) where path.steps.isEmpty:
            (path.root, value)
        case .isIn(.path(let path), let list) where acceptsLists && path.steps.isEmpty && list.count == 1:
            if case .value(let value) = list[0] { (path.root, value) } else { nil }
        default: nil
        }
    }
}

extension [Text] {
    fileprivate func removingDuplicates() -> [Text] {
        var seen: Set<Text> = []
        return filter { seen.insert($0).inserted }
    }
}
