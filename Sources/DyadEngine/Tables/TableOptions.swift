import DyadModel
import DyadStore

// Members of CreateTable and UpdateTable that stand for themselves: encryption, class.

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
