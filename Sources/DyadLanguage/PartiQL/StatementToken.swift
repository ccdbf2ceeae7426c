import DyadModel

/// Where a token of a statement stands. AWS ends many refusals with it: ` at 1:8:5`.
struct SourceSpan: Sendable, Hashable {
    /// From 1.
    let line: Int
    /// From 1, in Unicode scalars.
    let column: Int
    /// In Unicode scalars, quotes included.
    let length: Int

    var words: String { " at \(line):\(column):\(length)" }
}

/// A token of a PartiQL statement.
struct StatementToken: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A bare name, or one in double quotes.
        case name(Text)
        /// In lower case; words that belong together are one: `insert_into`, `is_not`.
        case keyword(String)
        /// `true`, `false`, a string, a number as it is written.
        case bool(Bool)
        case string(Text)
        case number(String)
        case null
        case missing
        /// `=`, `<>`, `and`, `not_in`, …
        case `operator`(String)
        /// Between backticks: PartiQL has them, DynamoDB has not.
        case ion(String)
        case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftCurly, rightCurly
        case leftBag, rightBag
        case colon, comma, dot, star, semicolon, parameter
        case end
    }

    var kind: Kind
    var span: SourceSpan

    /// The word of a keyword or operator.
    var word: String? {
        switch kind {
        case .keyword(let word), .operator(let word): word
        case .star: "*"
        default: nil
        }
    }

    var isName: Bool {
        if case .name = kind { true } else { false }
    }
}

/// The words of PartiQL: those of SQL-92, the language's own and its types.
///
/// A word that is one of them is no attribute's name unless it is quoted. These are not DynamoDB's 573 reserved words.
/// Source: the PartiQL specification's reference parser, whose words and complaints DynamoDB was recorded to use.
enum StatementWords {
    static func isKeyword(_ word: String) -> Bool { keywords.contains(word) }

    /// Words that are read as one token, and whether it is an operator.
    static let joined: [(words: [String], token: String, isOperator: Bool)] = [
        (["not", "in"], "not_in", true), (["is", "not"], "is_not", true),
        (["not", "between"], "not_between", true), (["not", "like"], "not_like", true),
        (["union", "all"], "union_all", true), (["insert", "into"], "insert_into", false),
        (["on", "conflict"], "on_conflict", false), (["do", "nothing"], "do_nothing", false),
        (["modified", "old"], "modified_old", false), (["modified", "new"], "modified_new", false),
        (["all", "old"], "all_old", false), (["all", "new"], "all_new", false),
        (["character", "varying"], "character_varying", false), (["double", "precision"], "double_precision", false),
        (["cross", "join"], "cross_join", false), (["inner", "join"], "inner_join", false),
        (["left", "join"], "left_join", false), (["left", "outer", "join"], "left_join", false),
        (["right", "join"], "right_join", false), (["right", "outer", "join"], "right_join", false),
        (["full", "join"], "outer_join", false), (["full", "outer", "join"], "outer_join", false),
    ]

    /// How strongly an infix operator binds; nil for what is none.
    static func precedence(_ word: String) -> Int? {
        switch word {
        case "union", "union_all", "intersect", "except": 5
        case "or": 10
        case "and": 20
        case "=", "<>", "is", "is_not", "in", "not_in": 40
        case "<", "<=", ">", ">=", "between", "not_between", "like", "not_like": 50
        case "+", "-", "||": 60
        case "*", "/", "%": 70
        default: nil
        }
    }

    static let wordOperators: Set<String> = [
        "and", "or", "not", "is", "in", "between", "like", "union", "except", "intersect",
    ]

    /// Keywords that may be called.
    static let functions: Set<String> = [
        "exists", "count", "avg", "max", "min", "sum", "char_length", "character_length", "octet_length", "bit_length",
        "upper", "lower", "size", "sexp", "list", "bag",
    ]

    static let aggregates: Set<String> = ["count", "avg", "max", "min", "sum"]

    /// What may stand behind IS, by its name in the language's own types.
    static func type(_ word: String) -> String? {
        switch word {
        case "bool": "boolean"
        case "varchar": "character_varying"
        case "char": "character"
        case "dec": "decimal"
        case "int": "integer"
        case "int2", "integer2": "smallint"
        case "int4": "integer4"
        case "int8", "bigint": "integer8"
        case "missing", "null", "boolean", "smallint", "integer4", "integer8", "integer", "float", "real",
            "double_precision", "decimal", "numeric", "timestamp", "date", "time", "character", "character_varying",
            "string", "symbol", "clob", "blob", "struct", "tuple", "list", "sexp", "bag", "any":
            word
        default: nil
        }
    }

    private static let keywords: Set<String> = Set(
        """
        absolute action add all allocate alter and any are as asc assertion at authorization avg begin between bit
        bit_length by cascade cascaded case cast catalog char character character_length char_length check close
        coalesce collate collation column commit connect connection constraint constraints continue convert
        corresponding count create cross current current_date current_time current_timestamp current_user cursor date
        deallocate dec decimal declare default deferrable deferred delete desc describe descriptor diagnostics
        disconnect distinct domain double drop else end escape except exception exec execute exists external extract
        date_add date_diff false fetch first float for foreign found from full get global go goto grant group having
        identity immediate in indicator initially inner input insensitive insert int integer intersect interval into is
        isolation join key language last left level like local lower match max min module names national natural nchar
        next no not null nullif numeric octet_length of on only open option or order outer output overlaps pad partial
        position precision prepare preserve primary prior privileges procedure public read real references relative
        restrict revoke right rollback rows schema scroll section select session session_user set size smallint some
        space sql sqlcode sqlerror sqlstate substring sum system_user table temporary then time timestamp to transaction
        translate translation trim true union unique unknown update upper usage user using value values varchar varying
        view when whenever where with work write zone
        can_cast can_lossless_cast missing pivot unpivot limit offset tuple remove index let integer2 int2 integer4 int4
        integer8 int8 bigint conflict do nothing returning modified new old bool boolean string symbol clob blob struct
        list sexp bag
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
