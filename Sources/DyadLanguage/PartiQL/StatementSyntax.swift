import DyadModel

/// What a parser read of a PartiQL statement or of a part of it: PartiQL's expressions and statements are one grammar.
struct StatementNode: Sendable {
    indirect enum Kind: Sendable {
        case bool(Bool)
        case string(Text)
        /// As written, a sign before it included.
        case number(String)
        case null
        case missing
        case ion(String)
        /// Which of the `?` it is, from 0.
        case parameter(Int)
        case path(StatementPath)
        case list([StatementNode])
        case bag([StatementNode])
        case tuple([(key: StatementNode, value: StatementNode)])
        /// `+` or `-` before what is no number.
        case sign(String, StatementNode)
        case not(StatementNode)
        case and([StatementNode])
        case or([StatementNode])
        case binary(String, StatementNode, StatementNode)
        case between(StatementNode, lower: StatementNode, upper: StatementNode)
        case isType(StatementNode, String)
        /// The name in lower case.
        case call(String, [StatementNode])
        /// COUNT(*), SUM(x), …
        case aggregate
        case select(SelectSyntax)
        case insert(InsertSyntax)
        case change(ChangeSyntax)
        /// A statement that DynamoDB knows by name only, to refuse it.
        case unsupported(String)
    }

    let kind: Kind
    let span: SourceSpan

    init(_ kind: Kind, at span: SourceSpan) {
        self.kind = kind
        self.span = span
    }

    var path: StatementPath? {
        if case .path(let path) = kind { path } else { nil }
    }
}

/// `a."b"[0].c`, or a wildcard in it.
struct StatementPath: Sendable {
    enum Step: Sendable {
        case name(Text, SourceSpan)
        case index(StatementNode)
        /// `.*`
        case unpivot
        /// `[*]`
        case wildcard
    }

    let root: Text
    var steps: [Step] = []
}

/// What FROM names, before it is told whether that can be read.
struct SourceSyntax: Sendable {
    let node: StatementNode
    var hasAlias = false
    /// Several sources: a join.
    var isJoined = false
}

struct SelectSyntax: Sendable {
    enum Columns: Sendable {
        case all
        case list([Column])
        /// SELECT VALUE
        case value
    }

    struct Column: Sendable {
        /// Nil for a `*`.
        let node: StatementNode?
        let hasAlias: Bool
    }

    struct SortKey: Sendable {
        let node: StatementNode
        let isDescending: Bool
    }

    var columns: Columns
    var source: SourceSyntax
    var condition: StatementNode?
    var order: [SortKey] = []
    /// A clause that the grammar has and DynamoDB has not, and where its argument stands.
    var unsupported: (clause: String, span: SourceSpan)?
}

struct InsertSyntax: Sendable {
    let target: StatementNode
    /// Nil for VALUES and what else is not one item.
    let item: StatementNode?
    var hasPosition = false
    var hasConflictClause = false
    var hasReturning = false
}

/// UPDATE, DELETE, and `FROM … SET …`.
struct ChangeSyntax: Sendable {
    enum Operation: Sendable {
        case set(path: StatementNode, value: StatementNode)
        case remove(path: StatementNode)
        case delete
        case insert
    }

    var source: SourceSyntax
    var operations: [Operation]
    var condition: StatementNode?
    var returning: ReturningSyntax?
}

struct ReturningSyntax: Sendable {
    /// `all_old`, `modified_new`, …
    let mapping: String
    let isWildcard: Bool
    let hasMore: Bool
}

extension DynamoError {
    /// - Parameter reason: the parser's; what is no token has none.
    static func notWellFormed(_ reason: String = "") -> DynamoError {
        .validation("Statement wasn't well formed, can't be processed: \(reason)")
    }
}
