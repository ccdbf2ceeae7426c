import DyadModel
import DyadStore

// Members of CreateTable and UpdateTable that stand for themselves: encryption, class, tags.

extension SSESpecification {
    /// The encryption asked for; nil for AWS's own key, which descriptions do not show.
    func legal(_ call: Call) throws(DynamoError) -> TableRecord.Encryption? {
        guard enabled == true else {
            if sseType != nil { throw .invalid("SSEType can not be specified if Enabled is false") }
            if kmsMasterKeyID != nil { throw .invalid("KMSMasterKeyId can not be specified if Enabled is false") }
            return nil
        }
        if sseType == .aes256 { throw .invalid("SSEType AES256 is not supported") }
        if kmsMasterKeyID != nil, sseType == nil {
            throw .invalid("SSEType KMS is required if KMSMasterKeyId is specified")
        }
        return TableRecord.Encryption(keyARN: Self.keyARN(kmsMasterKeyID, call.scope))
    }

    /// A key may be named by its identifier, its alias or its ARN; without a name it is the account's for DynamoDB.
    private static func keyARN(_ name: String?, _ scope: Scope) -> String {
        if let name, name.hasPrefix("arn:") { return name }
        let prefix = "arn:\(scope.region.partition):kms:\(scope.region.rawValue):\(scope.account.rawValue):"
        guard let name else { return "\(prefix)key/00000000-0000-4000-8000-\(scope.account.rawValue)" }
        return name.hasPrefix("alias/") ? "\(prefix)\(name)" : "\(prefix)key/\(name)"
    }
}

enum TableClass {
    static let standard = "STANDARD"
    static let all = [standard, "STANDARD_INFREQUENT_ACCESS"]

    static func check(_ name: String?) throws(DynamoError) {
        guard let name, !all.contains(name) else { return }
        throw .validation(
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
                + "[\(all.joined(separator: ", "))].")
    }
}

enum TagRules {
    static let tagsMax = 50

    static func legal(_ tags: [Tag]?) throws(DynamoError) -> [TableRecord.Tag] {
        guard let tags else { return [] }
        var seen: Set<Text> = []
        for tag in tags {
            if tag.key.isEmpty { throw .validation("The Tag Key provided is invalid, Key: \(tag.key)") }
            if tag.key.hasPrefix("aws:") { throw .validation("Tag Key cannot be prefixed with aws:, Key: \(tag.key)") }
            guard seen.insert(Text(tag.key)).inserted else {
                throw .validation("Duplicate Tag Keys provided as input: Duplicate Tag Key found \(tag.key)")
            }
        }
        guard tags.count <= tagsMax else {
            throw .validation("Number of Tags exceed the current limit for the provided ResourceArn")
        }
        return tags.map { TableRecord.Tag(key: $0.key, value: $0.value) }
    }
}
