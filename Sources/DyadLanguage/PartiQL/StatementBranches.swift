import DyadModel

/// The key of what a statement reads, to tell conditions on it from others.
struct KeyNames {
    let partition: KeySchema.Attribute
    let sort: KeySchema.Attribute?

    /// One way in which a condition can hold: all of these at once.
    struct Branch {
        var partition: AttributeValue?
        var sort: [SortCondition] = []
        var isNegated = false
        /// It asks for two partitions at once: nothing is found this way.
        var isImpossible = false
        var filters: [Predicate] = []
    }

    /// Far more than are read: what asks for more is told so before they fill the memory.
    private static let branchesMax = 1000

    /// Whether every way in which `predicate` can hold says what the partition's attribute equals.
    func pinsPartition(_ predicate: Predicate) -> Bool {
        switch predicate {
        case .and(let parts): parts.contains { pinsPartition($0) }
        case .or(let parts): parts.allSatisfy { pinsPartition($0) }
        default: predicate.equalities?.name == partition.name
        }
    }

    /// All ways in which `predicate` can hold, by what they ask of the key; nil when they are too many to be told apart.
    func branches(of predicate: Predicate) -> [Branch]? {
        switch predicate {
        // What asks nothing of the key is one filter, and no ways of its own.
        case .or where !isOfKey(predicate): return leaf(predicate)
        case .or(let parts):
            var all: [Branch] = []
            for part in parts {
                guard let branches = branches(of: part), all.count + branches.count <= Self.branchesMax else {
                    return nil
                }
                all += branches
            }
            return all
        case .and(let parts):
            var all = [Branch()]
            for part in parts {
                guard let branches = branches(of: part), all.count * branches.count <= Self.branchesMax else {
                    return nil
                }
                all = all.flatMap { one in branches.map { one.and($0) } }
            }
            return all
        default: return leaf(predicate)
        }
    }

    private func isOfKey(_ predicate: Predicate) -> Bool {
        predicate.paths.contains { $0.root == partition.name || $0.root == sort?.name }
    }

    private func leaf(_ predicate: Predicate) -> [Branch] {
        if let (name, values) = predicate.equalities {
            if name == partition.name { return values.map { Branch(partition: $0) } }
            if name == sort?.name { return values.map { Branch(sort: [.equal($0)]) } }
        }
        if let (name, condition) = predicate.sortCondition, name == sort?.name { return [Branch(sort: [condition])] }
        var branch = Branch()
        if predicate.isNegation, predicate.paths.contains(where: { $0.root == sort?.name }) { branch.isNegated = true }
        if predicate.paths.contains(where: { $0.root != partition.name && $0.root != sort?.name }) {
            branch.filters = [predicate]
        }
        return [branch]
    }

    /// - Throws: when a key's attribute is asked to equal what it can never be.
    func checkTypes(in predicate: Predicate) throws(DynamoError) {
        switch predicate {
        case .and(let parts), .or(let parts):
            for part in parts { try checkTypes(in: part) }
        default:
            guard let (name, values) = predicate.equalities,
                let attribute = [partition, sort].compactMap(\.self).first(where: { $0.name == name })
            else { return }
            for value in values where value.kind.rawValue != attribute.type.rawValue {
                throw .validation(
                    "Key attribute's data type should match its data type in table's schema: Key \(name)")
            }
        }
    }
}

extension KeyNames.Branch {
    fileprivate func and(_ other: Self) -> Self {
        var both = self
        both.partition = partition ?? other.partition
        both.isImpossible = isImpossible || other.isImpossible
        if let one = partition, let two = other.partition, one != two { both.isImpossible = true }
        both.sort += other.sort
        both.isNegated = isNegated || other.isNegated
        both.filters += other.filters
        return both
    }
}

extension Predicate {
    /// `name = value` and `name IN [values]`.
    fileprivate var equalities: (name: Text, values: [AttributeValue])? {
        if let (name, value) = equality(acceptsLists: false) { return (name, [value]) }
        guard case .isIn(.path(let path), let list) = self, path.steps.isEmpty else { return nil }
        let values = list.compactMap { if case .value(let value) = $0 { value } else { nil } }
        return values.count == list.count ? (path.root, values) : nil
    }

    /// What a run of keys can answer.
    fileprivate var sortCondition: (name: Text, condition: SortCondition)? {
        switch self {
        case .comparison(let comparator, .path(let path), .value(let value)) where path.steps.isEmpty:
            comparator.sortCondition(value).map { (path.root, $0) }
        case .comparison(let comparator, .value(let value), .path(let path)) where path.steps.isEmpty:
            comparator.mirrored.sortCondition(value).map { (path.root, $0) }
        case .between(.path(let path), .value(let lower), .value(let upper)) where path.steps.isEmpty:
            (path.root, .between(lower, upper))
        case .beginsWith(.path(let path), .value(let prefix)) where path.steps.isEmpty:
            (path.root, .beginsWith(prefix))
        default: nil
        }
    }

    fileprivate var isNegation: Bool {
        switch self {
        case .not, .comparison(.notEqual, _, _): true
        default: false
        }
    }
}

extension Comparator {
    fileprivate func sortCondition(_ value: AttributeValue) -> SortCondition? {
        switch self {
        case .equal: .equal(value)
        case .less: .less(value)
        case .lessOrEqual: .lessOrEqual(value)
        case .greater: .greater(value)
        case .greaterOrEqual: .greaterOrEqual(value)
        case .notEqual: nil
        }
    }

    /// As it reads from the right.
    fileprivate var mirrored: Comparator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .equal, .notEqual: self
        }
    }
}
