import DyadModel

/// An update as it is written, with every check made that its text alone decides.
struct UpdateText: Sendable {
    let tree: UpdateSyntax
    /// The paths that placeholders have a say in, or that are refused when their turn comes.
    let openPaths: [PathSyntax]
    /// The placeholders of values.
    let values: [Text]

    private static let cache = TextCache<UpdateText>()

    /// - Throws: AWS's complaint: the syntax, then what `UpdateChecks` tells of the text.
    static func reading(_ text: String) throws(DynamoError) -> UpdateText {
        try cache.reading(of: text) { (text) throws(DynamoError) in
            let parsed = try UpdateParser.parse(text)
            if parsed.hasRedundantParentheses { throw ExpressionKind.update.invalid(.redundantParentheses) }
            try UpdateChecks.checkText(parsed.tree)
            return UpdateText(parsed.tree)
        }
    }

    private init(_ tree: UpdateSyntax) {
        self.tree = tree
        var openPaths: [PathSyntax] = []
        func note(_ path: PathSyntax) {
            if !path.isClosed { openPaths.append(path) }
        }
        for action in tree.actions {
            note(action.path)
            for operand in action.operands { operand.forEachPath(note) }
        }
        self.openPaths = openPaths
        values = tree.actions.flatMap { $0.operands.flatMap(\.values) }
    }
}

extension PathSyntax {
    /// Nothing but its text decides what it comes to, and that it comes to something.
    fileprivate var isClosed: Bool {
        let names = [root] + steps.compactMap { if case .name(let name) = $0 { name } else { nil } }
        return steps.count < Limits.pathElements
            && names.allSatisfy { if case .literal = $0 { true } else { false } }
    }
}

extension OperandSyntax {
    /// The placeholders of values in this operand of an update, in the order of the text.
    fileprivate var values: [Text] {
        switch self {
        case .path, .truth: []
        case .value(let placeholder): [placeholder]
        case .function(let call): call.arguments.flatMap(\.values)
        }
    }
}
