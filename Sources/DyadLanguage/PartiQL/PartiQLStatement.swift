package import DyadModel

/// A PartiQL statement that is known to be legal as far as that can be told without looking at its table.
///
/// Source of what is legal, of the order of the checks and of the words, unless said otherwise: dynamodb-conformance's
/// PartiQL suites and floci's integration tests, both recorded from AWS in 2026.
package enum PartiQLStatement: Sendable {
    case select(SelectStatement)
    case insert(InsertStatement)
    case update(UpdateStatement)
    case delete(DeleteStatement)
    /// `EXISTS(SELECT …)`, the condition of a transaction.
    case exists(SelectStatement)

    /// - Parameters:
    ///   - text: the statement.
    ///   - parameters: what stands for its `?`, in their order.
    /// - Throws: ValidationException: what cannot be parsed, then what PartiQL has and DynamoDB has not, then operands.
    package init(parsing text: String, _ parameters: [AttributeValue]) throws(DynamoError) {
        let parsed = try StatementParser.parse(text)
        guard parsed.parameters <= parameters.count else {
            throw .validation("Number of parameters in request and statement don't match.")
        }
        var reader = StatementReader(parameters: parameters)
        self = try reader.statement(parsed.root)
    }

    /// As the statement names it.
    package var table: String {
        switch self {
        case .select(let statement), .exists(let statement): statement.source.table
        case .insert(let statement): statement.table
        case .update(let statement): statement.target.table
        case .delete(let statement): statement.target.table
        }
    }

    /// A condition of a transaction counts as a write.
    package var isRead: Bool {
        if case .select = self { true } else { false }
    }

    /// Whether it asks for an item with RETURNING.
    package var isReturning: Bool {
        switch self {
        case .update(let statement): statement.returning != nil
        case .delete(let statement): statement.returnsOld
        case .select, .insert, .exists: false
        }
    }
}

/// What FROM names: `"table"` or `"table"."index"`.
package struct StatementSource: Sendable {
    package let table: String
    package let index: String?
}

package struct SelectStatement: Sendable {
    package struct Column: Sendable {
        package let path: DocumentPath
        /// What the answer calls it.
        package let name: Text
    }

    package struct SortKey: Sendable {
        package let name: Text
        package let isDescending: Bool
    }

    package let source: StatementSource
    /// Nil for `*`.
    package let columns: [Column]?
    /// What is wrong with the columns: AWS tells it before it looks for the table, and yet behind an index that no
    /// statement can read.
    package let fault: DynamoError?
    package let condition: StatementCondition?
    package let order: [SortKey]
}

package struct InsertStatement: Sendable {
    package let table: String
    package let item: Item
}

package struct UpdateStatement: Sendable {
    package enum Returning: String, Sendable {
        case allOld = "all_old"
        case allNew = "all_new"
        case modifiedOld = "modified_old"
        case modifiedNew = "modified_new"
    }

    package let target: StatementSource
    package let update: Update
    package let condition: StatementCondition?
    package let returning: Returning?
}

package struct DeleteStatement: Sendable {
    package let target: StatementSource
    package let condition: StatementCondition?
    package let returnsOld: Bool
}
