import DyadModel

/// A condition as it is written, with every check made that its text alone decides. Conditions, filters and key conditions
/// have one grammar, so that they share what is known.
struct ConditionText: Sendable {
    let tree: ConditionSyntax
    /// What it comes to when no placeholder has a say.
    let whole: Condition?

    private static let cache = TextCache<ConditionText>()

    /// - Throws: AWS's complaint: the syntax, then what `ConditionChecks` tells of the text.
    static func reading(_ text: String, as kind: ExpressionKind) throws(DynamoError) -> ConditionText {
        try cache.reading(of: text) { (text) throws(DynamoError) in
            let parsed = try ConditionParser.parse(text, as: kind)
            if parsed.hasRedundantParentheses { throw kind.invalid(.redundantParentheses) }
            try ConditionChecks.checkText(parsed.tree, as: kind)
            return ConditionText(parsed.tree, as: kind)
        }
    }

    private init(_ tree: ConditionSyntax, as kind: ExpressionKind) {
        self.tree = tree
        var none = Placeholders()
        // What fails without placeholders is told to each request, in its turn.
        whole = (try? ConditionChecks.predicate(tree, as: kind, &none)).map { Condition($0) }
    }
}
