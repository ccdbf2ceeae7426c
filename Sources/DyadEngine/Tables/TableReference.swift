package import DyadModel
package import DyadStore

// A TableName may be a table's name or its ARN, in every operation but CreateTable and ListTables.

extension Catalog {
    /// The table that a data operation names, if items can be read and written: ACTIVE or UPDATING.
    ///
    /// - Throws: ResourceNotFoundException, bare, also for a table that is CREATING or DELETING.
    package func tableForItems(_ reference: String, _ call: Call) throws(DynamoError) -> TableRecord {
        let name = try TableReference(reference, call).name
        guard let table = tables[name], table.status == .active || table.status == .updating else {
            throw .resourceNotFound("Requested resource not found")
        }
        return table
    }

    /// The table that a control operation names, in whatever state.
    ///
    /// - Throws: ResourceNotFoundException that says the name, taken out of the ARN.
    package func table(_ reference: String, _ call: Call) throws(DynamoError) -> TableRecord {
        let name = try TableReference(reference, call).name
        guard let table = tables[name] else {
            throw .resourceNotFound("Requested resource not found: Table: \(name) not found")
        }
        return table
    }
}

/// The table that a request means.
package struct TableReference: Sendable {
    package let name: String

    /// - Throws: ValidationException for an ARN that is none of the call's region, AccessDeniedException for another
    ///   account's.
    package init(_ text: String, _ call: Call) throws(DynamoError) {
        guard text.hasPrefix("arn:") else {
            name = text
            return
        }
        guard let arn = TableARN(text), arn.rest == nil else { throw Self.invalid("resource type", text) }
        guard arn.partition == call.scope.region.partition else { throw Self.invalid("partition", text) }
        guard arn.region == call.scope.region else { throw Self.invalid("region", text) }
        guard arn.account == call.scope.account.rawValue else { throw .anotherAccounts }
        name = arn.table
    }

    private static func invalid(_ part: String, _ text: String) -> DynamoError {
        let subject = part == "resource type" ? part : "AWS \(part)"
        return .validation("1 validation error detected: Invalid \(subject) in '\(text)'")
    }
}

extension Rule {
    /// Of a map whose keys are tables: each a name of three letters at least, or an ARN. AWS tells all constraints of
    /// its keys when one is broken.
    ///
    /// Source: paritysuite/dynamodb-conformance, error-messages/batchGetItem, captured from two regions in October 2026.
    static func tableNames<Element>(
        shown: (@Sendable (WireMap<Element>) -> String)? = nil
    ) -> Rule where Value == WireMap<Element> {
        Rule(shown: shown) { map in
            let areLegal = map.entries.allSatisfy { entry in
                let name = entry.key.string
                return Rule<String>.tableReference.phrases(name).isEmpty && name.unicodeScalars.count >= 3
            }
            return areLegal
                ? []
                : [
                    "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
                        + "Member must have length greater than or equal to 3, "
                        + "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
                ]
        }
    }
}

extension DynamoError {
    /// No policy of a resource lets other accounts in.
    static let anotherAccounts = DynamoError(.accessDenied, "Access is denied")
}

extension Rule where Value == String {
    /// A table's name, or its ARN, where tables are described, changed and deleted: at least three characters.
    ///
    /// Source: ack-api-quirks 446.
    package static let managedTable = Rule { text in
        let count = text.unicodeScalars.count
        guard count < 3, !text.hasPrefix("arn:") else { return tableReference.phrases(text) }
        return length(3...255).phrases(text) + namePattern.phrases(text)
    }

    /// What PutItem, UpdateItem and DeleteItem say of an empty name, and look no further.
    ///
    /// Source: paritysuite/dynamodb-conformance, captures of September and October 2026: all regions but two.
    package static let writtenTable = Rule(
        current: {
            $0.utf8.isEmpty
                ? "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
                : nil
        }, tableReference.phrases)

    /// A table's name, or its ARN. Names of one and two characters are legal here: they are only never found.
    ///
    /// Source: captures of us-east-1, June 2026.
    package static let tableReference = Rule { text in
        if text.utf8.isEmpty { return ["Member must have length greater than or equal to 1"] }
        if text.hasPrefix("arn:") {
            return text.unicodeScalars.count > 1024 ? ["Member must have length less than or equal to 1024"] : []
        }
        let length = text.unicodeScalars.count > 255 ? ["Member must have length less than or equal to 255"] : []
        return namePattern.phrases(text) + length
    }
}
