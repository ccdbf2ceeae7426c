import DyadModel

/// Conditions: of items, filters and keys. One grammar serves all three, as in AWS.
///
///     or    := and ("OR" and)*
///     and   := not ("AND" not)*
///     not   := "NOT"* test
///     test  := group [comparator operand | "BETWEEN" operand "AND" operand | "IN" "(" operand, … ")"]
///     group := "(" or ")" | operand
///
/// A parenthesis may hold a condition or an operand, which shows only behind it; so `Term` is either, and where a
/// condition is needed an operand other than a function call is the syntax error. Open parentheses are kept on a stack
/// of our own, not on the thread's: no input can exhaust it.
struct ConditionParser {
    private var parser: Parser
    private var groups: [Group] = []
    private var group = Group()

    private static let keywords: [Keyword] = [.and, .or, .not, .between, .in]

    struct Result {
        let tree: ConditionSyntax
        let hasRedundantParentheses: Bool
    }

    static func parse(_ text: String, as kind: ExpressionKind) throws(DynamoError) -> Result {
        var this = ConditionParser(parser: try Parser(text, as: kind, keywords: keywords))
        let term = try this.expression()
        let tree = try this.condition(term)
        guard this.parser.isAtEnd else { throw this.parser.syntaxError() }
        return Result(tree: tree, hasRedundantParentheses: this.parser.hasRedundantParentheses)
    }

    private init(parser: Parser) { self.parser = parser }

    private struct Term {
        enum Content {
            case operand(OperandSyntax)
            case condition(ConditionSyntax)
        }
        var content: Content
        /// The term is one pair of parentheses and what is in it.
        var isParenthesized = false
    }

    /// What was read of an expression, or of one in parentheses, before the term that is read now.
    private struct Group {
        var disjuncts: [ConditionSyntax] = []
        var conjuncts: [ConditionSyntax] = []
        var negations = 0

        /// Ends a conjunction.
        func conjunction(with last: ConditionSyntax) -> ConditionSyntax {
            conjuncts.isEmpty ? last : .and(conjuncts + [last])
        }
    }

    private func condition(_ term: Term) throws(DynamoError) -> ConditionSyntax {
        switch term.content {
        case .condition(let condition): condition
        case .operand(.function(let function)): .function(function)
        case .operand: throw parser.syntaxError()
        }
    }

    private mutating func expression() throws(DynamoError) -> Term {
        while true {
            if parser.take(.not) {
                try parser.countOperator()
                group.negations += 1
            } else if parser.take(.leftParenthesis) {
                groups.append(group)
                group = Group()
            } else {
                let operand = try parser.operand(withGroupedPaths: true).operand
                if let whole = try combine(Term(content: .operand(operand))) { return whole }
            }
        }
    }

    /// Puts a term to what was read before it, closing what ends with it. Nil when another term must follow.
    private mutating func combine(_ first: Term) throws(DynamoError) -> Term? {
        var term = first
        while true {
            if case .operand(let operand) = term.content, let test = try test(of: operand) {
                term = Term(content: .condition(test))
            }
            try negate(&term)
            if parser.isAt(.and) {
                group.conjuncts.append(try condition(term))
                parser.advance()
                try parser.countOperator()
                return nil
            }
            if parser.isAt(.or) {
                group.disjuncts.append(group.conjunction(with: try condition(term)))
                group.conjuncts = []
                parser.advance()
                try parser.countOperator()
                return nil
            }
            try end(&term)
            guard let outer = groups.popLast() else { return term }
            group = outer
            try parser.expect(.rightParenthesis)
            try close(&term)
        }
    }

    private mutating func negate(_ term: inout Term) throws(DynamoError) {
        guard group.negations > 0 else { return }
        var negated = try condition(term)
        for _ in 0..<group.negations { negated = .not(negated) }
        group.negations = 0
        term = Term(content: .condition(negated))
    }

    /// Makes the term the whole of its group.
    private mutating func end(_ term: inout Term) throws(DynamoError) {
        guard !group.disjuncts.isEmpty || !group.conjuncts.isEmpty else { return }
        let last = group.conjunction(with: try condition(term))
        term = Term(content: .condition(group.disjuncts.isEmpty ? last : .or(group.disjuncts + [last])))
    }

    /// What follows a closing parenthesis around the term.
    private mutating func close(_ term: inout Term) throws(DynamoError) {
        if term.isParenthesized { parser.hasRedundantParentheses = true }
        term.isParenthesized = true
        // `(a).b` is a path.
        if case .operand(.path(var path)) = term.content, parser.isAtStep {
            try parser.steps(of: &path)
            term = Term(content: .operand(.path(path)))
        }
    }

    /// The test that an operand begins; nil when none follows.
    private mutating func test(of left: OperandSyntax) throws(DynamoError) -> ConditionSyntax? {
        if let comparator {
            parser.advance()
            try parser.countOperator()
            return .comparison(comparator, left, try operand())
        }
        if parser.take(.between) {
            try parser.countOperator()
            let lower = try operand()
            guard parser.take(.and) else { throw parser.syntaxError() }
            return .between(left, lower: lower, upper: try operand())
        }
        if parser.take(.in) {
            try parser.countOperator()
            try parser.expect(.leftParenthesis)
            var list: [OperandSyntax] = []
            repeat { list.append(try operand()) } while parser.take(.comma)
            try parser.expect(.rightParenthesis)
            return .isIn(left, list)
        }
        return nil
    }

    /// An operand that cannot be a condition: right of an operator.
    private mutating func operand() throws(DynamoError) -> OperandSyntax {
        try parser.operand(withGroupedPaths: true).operand
    }

    private var comparator: Comparator? {
        switch parser.current {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        default: nil
        }
    }
}
