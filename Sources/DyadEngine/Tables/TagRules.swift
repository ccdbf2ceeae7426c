package import DyadModel
import DyadStore

/// What tags may be. Words and order: AWS's answers of October 2026.
enum TagRules {
    static let tagsMax = 50
    static let keyCountMax = 128
    static let valueCountMax = 256

    static let tooMany = DynamoError.validation("Number of Tags exceed the current limit for the provided ResourceArn")

    static func legal(_ tags: [Tag]?) throws(DynamoError) -> [TableRecord.Tag] {
        var checked: [TableRecord.Tag] = []
        var seen: Set<Text> = []
        for tag in tags ?? [] {
            let key = try legal(key: tag.key)
            guard let value = tag.value, isLegal(value, upTo: valueCountMax) else {
                throw .validation("The Tag Value provided is invalid, Value: \(tag.value ?? "null")")
            }
            if key.hasPrefix("aws:") { throw .validation("Tag Key cannot be prefixed with aws:, Key: \(key)") }
            guard seen.insert(Text(key)).inserted else {
                throw .validation("Duplicate Tag Keys provided as input: Duplicate Tag Key found \(key)")
            }
            checked.append(TableRecord.Tag(key: key, value: value))
        }
        guard checked.count <= tagsMax else { throw tooMany }
        return checked
    }

    static func legal(key: String?) throws(DynamoError) -> String {
        guard let key, !key.isEmpty, isLegal(key, upTo: keyCountMax) else {
            throw .validation("The Tag Key provided is invalid, Key: \(key ?? "null")")
        }
        return key
    }

    /// Letters, numbers and spaces of any script, and `+ - = . _ : / @`.
    private static func isLegal(_ text: String, upTo countMax: Int) -> Bool {
        text.unicodeScalars.count <= countMax
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .decimalNumber, .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator, .paragraphSeparator:
                    true
                default: "+-=._:/@".unicodeScalars.contains(scalar)
                }
            }
    }
}

/// A table named by its ARN alone, as the operations on tags name it.
package struct TaggedResource: Sendable {
    let arn: String
    let name: String

    /// - Throws: AWS's refusals of what is no table's ARN, and of another account's.
    init(_ arn: String, _ call: Call) throws(DynamoError) {
        guard !arn.isEmpty else { throw .validation("Invalid TableArn") }
        guard arn.hasPrefix("arn:") else { throw .invalid("ARNs must start with 'arn:': \(arn)") }
        guard let parsed = TableARN(arn), parsed.table.utf8.count >= 3, parsed.region == call.scope.region else {
            throw .validation("Invalid TableArn: Invalid ResourceArn provided as input \(arn)")
        }
        if parsed.rest?.hasPrefix("backup/") == true {
            throw .invalid("Provided Arn is not a DynamoDB resource arn: \(arn)")
        }
        guard parsed.rest == nil || parsed.streamLabel != nil else {
            throw .invalidValue(
                "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: \(arn)")
        }
        guard parsed.account == call.scope.account.rawValue else { throw .anotherAccounts }
        // A stream's ARN is taken and never found: streams have no tags.
        guard parsed.rest == nil else { throw Self.missing(arn) }
        self.arn = arn
        name = parsed.table
    }

    private static func missing(_ arn: String) -> DynamoError {
        .resourceNotFound("Requested resource not found: ResourceArn: \(arn) not found")
    }

    func table(in catalog: Catalog) throws(DynamoError) -> TableRecord {
        guard let table = catalog.tables[name] else { throw Self.missing(arn) }
        return table
    }
}

/// An answer that is nothing but a success.
package struct EmptyOutput: WireOutput {
    package func write(to json: inout JSONWriter) {}
}
