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
/// condition is needed an operand other than a function call is the syntax error.
struct ConditionParser {
    private var parser: Parser
    private var depth = 0

    private static let keywords = ["AND", "OR", "NOT", "BETWEEN", "IN"]

    struct Result {
        let tree: ConditionSyntax
        let hasRedundantParentheses: Bool
    }

    static func parse(_ text: String, as kind: ExpressionKind) throws(DynamoError) -> Result {
        var this = ConditionParser(parser: try Parser(text, as: kind, keywords: keywords))
        let term = try this.disjunction()
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

    private func condition(_ term: Term) throws(DynamoError) -> ConditionSyntax {
        switch term.content {
        case .condition(let condition): condition
        case .operand(.function(let function)): .function(function)
        case .operand: throw parser.syntaxError()
        }
    }

    private mutating func disjunction() throws(DynamoError) -> Term {
        let first = try conjunction()
        guard parser.isAt(keyword: "OR") else { return first }
        var parts = [try condition(first)]
        while parser.take(keyword: "OR") {
            try parser.countOperator()
            let next = try conjunction()
            parts.append(try condition(next))
        }
        return Term(content: .condition(.or(parts)))
    }

    private mutating func conjunction() throws(DynamoError) -> Term {
        let first = try negation()
        guard parser.isAt(keyword: "AND") else { return first }
        var parts = [try condition(first)]
        while parser.take(keyword: "AND") {
            try parser.countOperator()
            let next = try negation()
            parts.append(try condition(next))
        }
        return Term(content: .condition(.and(parts)))
    }

    private mutating func negation() throws(DynamoError) -> Term {
        var count = 0
        while parser.take(keyword: "NOT") {
            try parser.countOperator()
            count += 1
        }
        let term = try test()
        guard count > 0 else { return term }
        var result = try condition(term)
        for _ in 0..<count { result = .not(result) }
        return Term(content: .condition(result))
    }

    private mutating func test() throws(DynamoError) -> Term {
        let term = try group()
        guard case .operand(let left) = term.content else { return term }
        if let comparator {
            parser.advance()
            try parser.countOperator()
            let right = try operand()
            return Term(content: .condition(.comparison(comparator, left, right)))
        }
        if parser.take(keyword: "BETWEEN") {
            try parser.countOperator()
            let lower = try operand()
            guard parser.take(keyword: "AND") else { throw parser.syntaxError() }
            let upper = try operand()
            return Term(content: .condition(.between(left, lower: lower, upper: upper)))
        }
        if parser.take(keyword: "IN") {
            try parser.countOperator()
            try parser.expect(.leftParenthesis)
            var list: [OperandSyntax] = []
            repeat { list.append(try operand()) } while parser.take(.comma)
            try parser.expect(.rightParenthesis)
            return Term(content: .condition(.isIn(left, list)))
        }
        return term
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

    private mutating func group() throws(DynamoError) -> Term {
        guard parser.take(.leftParenthesis) else { return Term(content: .operand(try bareOperand())) }
        try enter()
        var inner = try disjunction()
        depth -= 1
        try close(over: inner.isParenthesized)
        inner.isParenthesized = true
        // `(a).b` is a path.
        if case .operand(.path(var path)) = inner.content, parser.isAtStep {
            try parser.steps(of: &path)
            return Term(content: .operand(.path(path)))
        }
        return inner
    }

    /// An operand that cannot be a condition: right of an operator, or an argument.
    private mutating func operand() throws(DynamoError) -> OperandSyntax {
        try operandInParentheses().operand
    }

    private mutating func operandInParentheses() throws(DynamoError) -> (operand: OperandSyntax, isParenthesized: Bool)
    {
        guard parser.take(.leftParenthesis) else { return (try bareOperand(), false) }
        try enter()
        let inner = try operandInParentheses()
        depth -= 1
        try close(over: inner.isParenthesized)
        if case .path(var path) = inner.operand, parser.isAtStep {
            try parser.steps(of: &path)
            return (.path(path), false)
        }
        return (inner.operand, true)
    }

    private mutating func bareOperand() throws(DynamoError) -> OperandSyntax {
        let depth = depth
        return try parser.operand { (parser: inout Parser) throws(DynamoError) -> OperandSyntax in
            var arguments = ConditionParser(parser: parser)
            arguments.depth = depth
            defer { parser = arguments.parser }
            return try arguments.operand()
        }
    }

    private mutating func enter() throws(DynamoError) {
        depth += 1
        guard depth <= Limits.parentheses else { throw parser.kind.invalid(.redundantParentheses) }
    }

    private mutating func close(over isParenthesized: Bool) throws(DynamoError) {
        try parser.expect(.rightParenthesis)
        if isParenthesized { parser.hasRedundantParentheses = true }
    }
}
