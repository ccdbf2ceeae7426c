import DyadModel

extension StatementReader {
    /// A literal or a parameter.
    ///
    /// - Throws: AWS's refusal, with the place within the value where it stands: `under root.a[1]`.
    func value(_ node: StatementNode) throws(DynamoError) -> AttributeValue {
        if case .parameter(let number) = node.kind { return parameters[number] }
        return try literal(node, under: "root", depth: 0)
    }

    /// Whether this is a value at all: what else may stand in its place is a path or a call.
    func isValue(_ node: StatementNode) -> Bool {
        switch node.kind {
        case .bool, .string, .number, .null, .ion, .parameter, .list, .bag, .tuple, .missing: true
        default: false
        }
    }

    private func literal(
        _ node: StatementNode, under place: String, depth: Int
    ) throws(DynamoError) -> AttributeValue {
        guard depth < Nesting.levelsMax else {
            throw .validation("Nesting Levels have exceeded supported limits under \(place)")
        }
        switch node.kind {
        case .bool(let value): return .bool(value)
        case .string(let text): return .string(text)
        case .null: return .null
        case .number(let digits): return .number(try number(digits, under: place))
        case .list(let nodes):
            var elements: [AttributeValue] = []
            for (index, node) in nodes.enumerated() {
                elements.append(try literal(node, under: "\(place)[\(index)]", depth: depth + 1))
            }
            return .list(elements)
        case .tuple(let members):
            return .map(try tuple(members, depth: depth + 1) { "\(place).\($0)" })
        case .bag(let nodes): return try bag(nodes, under: place)
        case .missing: throw .validation("MISSING must be compared using IS operator")
        case .ion(let text): throw .validation("Ion Literals are not supported: \(text) under key \(place)")
        case .call(let name, _):
            throw .validation("Unsupported data type: \(name) under key \(place)\(node.span.words)")
        default:
            throw .validation("Unsupported data type: \(node.kind.operationName) under key \(place)\(node.span.words)")
        }
    }

    /// - Parameter place: of a member, by its name.
    func tuple(
        _ members: [(key: StatementNode, value: StatementNode)], depth: Int = 0, _ place: (Text) -> String
    ) throws(DynamoError) -> Item {
        var item: Item = [:]
        for (key, node) in members {
            guard case .string(let name) = key.kind else {
                throw .validation(
                    "Tuple keys must be of type String. Actual type: \(key.kind.operationName) under root")
            }
            guard !name.isEmpty || depth > 0 else { throw .emptyAttributeName }
            let value: AttributeValue
            // A parameter stands for an attribute of an item, and for nothing within a value.
            if depth == 0, case .parameter(let number) = node.kind {
                value = parameters[number]
            } else {
                value = try literal(node, under: place(name), depth: depth)
            }
            guard item.updateValue(value, forKey: name) == nil else {
                throw .validation("Duplicate keys in tuple. Key: \(name) under root")
            }
        }
        return item
    }

    private func number(_ digits: String, under place: String) throws(DynamoError) -> DynamoNumber {
        do throws(DynamoError) {
            return try DynamoNumber(parsing: digits.utf8)
        } catch {
            throw .validation("\(error.message ?? "") under \(place)")
        }
    }

    /// `<<…>>`: a set of strings or of numbers.
    private func bag(_ nodes: [StatementNode], under place: String) throws(DynamoError) -> AttributeValue {
        guard let first = nodes.first else { throw .validation("Empty bags are not supported") }
        switch first.kind {
        case .string:
            var members: [Text] = []
            for node in nodes {
                guard case .string(let text) = node.kind else { throw .mixedBag }
                members.append(text)
            }
            let set = Set(members)
            guard set.count == members.count else {
                throw .invalidValue("Input collection [\(members.shown)] contains duplicates.")
            }
            return .stringSet(set)
        case .number:
            var members: [DynamoNumber] = []
            var written: [String] = []
            for node in nodes {
                guard case .number(let digits) = node.kind else { throw .mixedBag }
                members.append(try number(digits, under: place))
                written.append(digits)
            }
            let set = Set(members)
            guard set.count == members.count else {
                throw .invalidValue(
                    "Input collection [\(written.joined(separator: ", "))] contains duplicates! under \(place)")
            }
            return .numberSet(set)
        default: throw .mixedBag
        }
    }
}

extension [Text] {
    fileprivate var shown: String { map(\.string).joined(separator: ", ") }
}

extension DynamoError {
    fileprivate static let mixedBag = DynamoError.validation(
        "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags")
}
