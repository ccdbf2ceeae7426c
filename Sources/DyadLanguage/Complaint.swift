import DyadModel

/// Which parameter an expression came in: its name stands in AWS's messages.
package enum ExpressionKind: String, Sendable {
    case condition = "ConditionExpression"
    case filter = "FilterExpression"
    case projection = "ProjectionExpression"
    case keyCondition = "KeyConditionExpression"
    case update = "UpdateExpression"
    /// A part of a PartiQL statement, of which AWS names no parameter.
    case statement = "Statement"

    func invalid(_ complaint: Complaint) -> DynamoError {
        .validation(self == .statement ? complaint.words : "Invalid \(rawValue): \(complaint.words)")
    }
}

/// What can be wrong with an expression itself, in AWS's words.
///
/// Known from dynalite's tests, the enumeration in DynamoDB local, ScyllaDB's Alternator tests, and users' reports of
/// real answers; where only one of them knows, the test says so.
enum Complaint {
    case empty
    /// The size is told of all but updates (dynamodb-conformance, validation-ordering/deepRequests).
    case tooLong(Int?)
    case syntax(token: String, near: String)
    case tooManyOperators(Int)
    case redundantParentheses
    case reserved(Text)
    case listIndex(String)
    case pathTooDeep(Int)
    case unknownFunction(Text)
    case updateFunctionInCondition(Text)
    case conditionFunctionInUpdate(Text)
    case misplacedFunction(Text)
    case undefinedName(Text)
    case undefinedValue(Text)
    case operandCount(Text, Int)
    case notAPath(Text)
    case operandType(Text, String)
    case actionType(String, String)
    /// AWS lists the types in one order for expressions and in another for statements.
    case unknownTypeName(Text, types: String)
    case sameOperand(Text, DocumentPath)
    case boundsOfDifferentType(AttributeValue, AttributeValue)
    case boundsReversed(AttributeValue, AttributeValue)
    case tooManyInOperands(Int)
    case repeatedSection(String)
    case overlap(DocumentPath, DocumentPath)
    case conflict(DocumentPath, DocumentPath)

    var words: String {
        switch self {
        case .empty: "The expression can not be empty;"
        case .tooLong(let size):
            "Expression size has exceeded the maximum allowed size;" + (size.map { " expression size: \($0)" } ?? "")
        case .syntax(let token, let near): "Syntax error; token: \"\(token)\", near: \"\(near)\""
        case .tooManyOperators(let count): "The expression contains too many operators; operator count: \(count)"
        case .redundantParentheses: "The expression has redundant parentheses;"
        case .reserved(let word): "Attribute name is a reserved keyword; reserved keyword: \(word)"
        case .listIndex(let index): "List index is not within the allowable range; index: [\(index)]"
        case .pathTooDeep(let levels): "The document path has too many nesting levels; nesting levels: \(levels)"
        case .undefinedName(let name):
            "An expression attribute name used in the document path is not defined; attribute name: \(name)"
        case .undefinedValue(let name):
            "An expression attribute value used in expression is not defined; attribute value: \(name)"
        case .tooManyInOperands(let count):
            "The IN operator is provided with too many operands; number of operands: \(count)"
        case .repeatedSection(let section):
            "The \"\(section)\" section can only be used once in an update expression;"
        case .overlap(let one, let two): Self.twoPaths("overlap", one, two)
        case .conflict(let one, let two): Self.twoPaths("conflict", one, two)
        case .unknownFunction, .updateFunctionInCondition, .conditionFunctionInUpdate, .misplacedFunction: functionWords
        default: operandWords
        }
    }

    private var functionWords: String {
        switch self {
        case .unknownFunction(let name): "Invalid function name; function: \(name)"
        case .updateFunctionInCondition(let name):
            "The function is not allowed in a condition expression; function: \(name)"
        case .conditionFunctionInUpdate(let name):
            "The function is not allowed in an update expression; function: \(name)"
        case .misplacedFunction(let name):
            "The function is not allowed to be used this way in an expression; function: \(name)"
        default: ""
        }
    }

    private var operandWords: String {
        switch self {
        case .operandCount(let function, let count):
            "Incorrect number of operands for operator or function; "
                + "operator or function: \(function), number of operands: \(count)"
        case .notAPath(let function):
            "Operator or function requires a document path; operator or function: \(function)"
        case .operandType(let function, let type):
            "Incorrect operand type for operator or function; operator or function: \(function), operand type: \(type)"
        case .actionType(let action, let type):
            "Incorrect operand type for operator or function; operator: \(action), operand type: \(type), "
                + "typeSet: ALLOWED_FOR_\(action)_OPERAND"
        case .unknownTypeName(let name, let types):
            "Invalid attribute type name found; type: \(name), valid types: {\(types)}"
        case .sameOperand(let function, let path):
            "The first operand must be distinct from the remaining operands for this operator or function; "
                + "operator: \(function), first operand: \(path.shown)"
        case .boundsOfDifferentType(let lower, let upper):
            "The BETWEEN operator requires same data type for lower and upper bounds; \(Self.bounds(lower, upper))"
        case .boundsReversed(let lower, let upper):
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                + Self.bounds(lower, upper)
        default: ""
        }
    }

    private static func twoPaths(_ verb: String, _ one: DocumentPath, _ two: DocumentPath) -> String {
        "Two document paths \(verb) with each other; must remove or rewrite one of these paths; "
            + "path one: \(one.shown), path two: \(two.shown)"
    }

    private static func bounds(_ lower: AttributeValue, _ upper: AttributeValue) -> String {
        "lower bound operand: AttributeValue: {\(lower.shown)}, upper bound operand: AttributeValue: {\(upper.shown)}"
    }
}

extension DocumentPath {
    /// As AWS prints it: `[a, [1], b]`.
    var shown: String {
        var parts = [root.string]
        for step in steps {
            switch step {
            case .attribute(let name): parts.append(name.string)
            case .index(let index): parts.append("[\(index)]")
            }
        }
        return "[" + parts.joined(separator: ", ") + "]"
    }
}

extension AttributeValue {
    /// As AWS prints the bounds of BETWEEN: `S:dog`, `N:2`. Only scalars get there.
    fileprivate var shown: String {
        switch self {
        case .string(let text): "S:\(text)"
        case .number(let number): "N:\(number)"
        default: kind.rawValue
        }
    }
}
