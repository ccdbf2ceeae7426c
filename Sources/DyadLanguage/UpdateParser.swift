import DyadModel

/// UpdateExpression.
///
///     update  := section+
///     section := "SET" path "=" sum, … | "REMOVE" path, … | "ADD" path :value, … | "DELETE" path :value, …
///     sum     := "(" sum ")" | operand [("+" | "-") operand]
///     operand := "(" operand ")" | path | :value | name "(" operand, … ")"
///
/// Arguments are operands, so no sum stands in a function (ScyllaDB's test_update_expression.py).
struct UpdateParser {
    private var parser: Parser
    private var depth = 0

    struct Result {
        let tree: UpdateSyntax
        let hasRedundantParentheses: Bool
    }

    static func parse(_ text: String) throws(DynamoError) -> Result {
        let keywords = UpdateSection.allCases.map(\.rawValue)
        var this = UpdateParser(parser: try Parser(text, as: .update, keywords: keywords))
        var tree = UpdateSyntax()
        var seen: Set<UpdateSection> = []
        repeat {
            let section = try this.section(into: &tree.actions)
            if !seen.insert(section).inserted, tree.repeated == nil { tree.repeated = section }
        } while !this.parser.isAtEnd
        return Result(tree: tree, hasRedundantParentheses: this.parser.hasRedundantParentheses)
    }

    private init(parser: Parser) { self.parser = parser }

    private mutating func section(into actions: inout [UpdateSyntax.Action]) throws(DynamoError) -> UpdateSection {
        guard let section = UpdateSection.allCases.first(where: { parser.isAt(keyword: $0.rawValue) }) else {
            throw parser.syntaxError()
        }
        parser.advance()
        repeat { actions.append(try action(of: section)) } while parser.take(.comma)
        return section
    }

    private mutating func action(of section: UpdateSection) throws(DynamoError) -> UpdateSyntax.Action {
        let path = try parser.path()
        switch section {
        case .set:
            try parser.expect(.equal)
            return .set(path, try sum().value)
        case .remove: return .remove(path)
        case .add: return .add(path, value: try parser.valueReference())
        case .delete: return .delete(path, value: try parser.valueReference())
        }
    }

    private mutating func sum() throws(DynamoError) -> (value: UpdateSyntax.Value, isParenthesized: Bool) {
        let left: OperandSyntax
        var isParenthesized = false
        if parser.take(.leftParenthesis) {
            try enter()
            let inner = try sum()
            depth -= 1
            try close(over: inner.isParenthesized)
            // A sum in parentheses is whole: `(a + b) + c` has no meaning in DynamoDB.
            guard case .operand(let operand) = inner.value else { return (inner.value, true) }
            left = operand
            isParenthesized = true
        } else {
            left = try bareOperand()
        }
        let isSum = parser.current == .plus
        guard isSum || parser.current == .minus else { return (.operand(left), isParenthesized) }
        parser.advance()
        try parser.countOperator()
        let right = try operand().operand
        return (isSum ? .sum(left, right) : .difference(left, right), false)
    }

    private mutating func operand() throws(DynamoError) -> (operand: OperandSyntax, isParenthesized: Bool) {
        guard parser.take(.leftParenthesis) else { return (try bareOperand(), false) }
        try enter()
        let inner = try operand()
        depth -= 1
        try close(over: inner.isParenthesized)
        return (inner.operand, true)
    }

    private mutating func bareOperand() throws(DynamoError) -> OperandSyntax {
        let depth = depth
        return try parser.operand { (parser: inout Parser) throws(DynamoError) -> OperandSyntax in
            var arguments = UpdateParser(parser: parser)
            arguments.depth = depth
            defer { parser = arguments.parser }
            return try arguments.operand().operand
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
