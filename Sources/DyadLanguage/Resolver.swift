import DyadModel

/// Puts names and values in the place of placeholders, and makes the checks that all expressions share.
struct Resolver {
    let kind: ExpressionKind
    var placeholders: Placeholders

    /// Every name written out in the path; `#placeholders` may stand for anything.
    func checkReserved(_ path: PathSyntax) throws(DynamoError) {
        try checkReserved(path.root)
        for case .name(let name) in path.steps { try checkReserved(name) }
    }

    private func checkReserved(_ name: NameSyntax) throws(DynamoError) {
        // A statement has words of its own.
        guard kind != .statement, case .literal(let word) = name, ReservedWords.contains(word) else { return }
        throw kind.invalid(.reserved(word))
    }

    mutating func path(_ syntax: PathSyntax) throws(DynamoError) -> DocumentPath {
        let root = try name(syntax.root)
        var steps: [DocumentPath.Step] = []
        for step in syntax.steps {
            switch step {
            case .name(let part): steps.append(.attribute(try name(part)))
            case .index(let index): steps.append(.index(index))
            }
        }
        guard steps.count < Limits.pathElements else { throw kind.invalid(.pathTooDeep(steps.count + 1)) }
        return DocumentPath(root: root, steps: steps)
    }

    private mutating func name(_ syntax: NameSyntax) throws(DynamoError) -> Text {
        switch syntax {
        case .literal(let name): return name
        case .placeholder(let placeholder):
            guard let name = placeholders.name(placeholder) else { throw kind.invalid(.undefinedName(placeholder)) }
            return name
        }
    }

    mutating func value(_ placeholder: Text) throws(DynamoError) -> AttributeValue {
        guard let value = placeholders.value(placeholder) else { throw kind.invalid(.undefinedValue(placeholder)) }
        return value
    }

    /// No two of the paths may be in each other, and none may take for a map what another takes for a list. An overlap
    /// anywhere is told before a conflict (dynalite's updateItem tests).
    func checkApart(_ paths: [DocumentPath]) throws(DynamoError) {
        var conflict: (DocumentPath, DocumentPath)?
        for (count, two) in paths.enumerated() {
            for one in paths[..<count] {
                switch Self.relation(one, two) {
                case .apart: break
                case .overlap: throw kind.invalid(.overlap(one, two))
                case .conflict: if conflict == nil { conflict = (one, two) }
                }
            }
        }
        if let (one, two) = conflict { throw kind.invalid(.conflict(one, two)) }
    }

    private enum Relation { case apart, overlap, conflict }

    private static func relation(_ one: DocumentPath, _ two: DocumentPath) -> Relation {
        guard one.root == two.root else { return .apart }
        for (left, right) in zip(one.steps, two.steps) where left != right {
            switch (left, right) {
            case (.attribute, .index), (.index, .attribute): return .conflict
            default: return .apart
            }
        }
        return .overlap
    }
}
