import DyadModel

extension UpdateSection {
    fileprivate var keyword: Keyword {
        switch self {
        case .set: .set
        case .remove: .remove
        case .add: .add
        case .delete: .delete
        }
    }
}

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

    struct Result {
        let tree: UpdateSyntax
        let hasRedundantParentheses: Bool
    }

    static func parse(_ text: String) throws(DynamoError) -> Result {
        let keywords = UpdateSection.allCases.map(\.keyword)
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
        guard let section = UpdateSection.allCases.first(where: { parser.isAt($0.keyword) }) else {
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
            return .set(path, try sum())
        case .remove: return .remove(path)
        case .add: return .add(path, value: try parser.valueReference())
        case .delete: return .delete(path, value: try parser.valueReference())
        }
    }

    /// A sum in parentheses is whole: `(a + b) + c` has no meaning in DynamoDB.
    private mutating func sum() throws(DynamoError) -> UpdateSyntax.Value {
        var open = 0
        while parser.take(.leftParenthesis) { open += 1 }
        let (operand, _) = try parser.operand(withGroupedPaths: false)
        var isParenthesized = false
        var sum: UpdateSyntax.Value?
        while true {
            let isSum = parser.current == .plus
            if sum == nil, isSum || parser.current == .minus {
                parser.advance()
                try parser.countOperator()
                let right = try parser.operand(withGroupedPaths: false).operand
                sum = isSum ? .sum(operand, right) : .difference(operand, right)
                isParenthesized = false
            }
            guard open > 0 else { return sum ?? .operand(operand) }
            try parser.expect(.rightParenthesis)
            if isParenthesized { parser.hasRedundantParentheses = true }
            isParenthesized = true
            open -= 1
        }
    }
}
