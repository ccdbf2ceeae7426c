import DyadModel

/// `arn:aws:iam::123456789012:policy/path/name`, or `arn:aws:iam::aws:policy/…` for one of AWS's own.
struct PolicyARN: Sendable, Equatable {
    let text: String
    let partition: String
    /// Nil for AWS's own.
    let account: AccountID?
    /// `/`, `/service-role/`.
    let path: String
    let name: String

    /// Nil for a text that is no policy's ARN.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "iam", parts[3].isEmpty,
            parts[4] == "aws" || AccountID(parts[4]) != nil, parts[5].hasPrefix("policy/")
        else { return nil }
        let resource = parts[5].dropFirst("policy".count)
        guard let slash = resource.lastIndex(of: "/") else { return nil }
        let name = String(resource[resource.index(after: slash)...])
        guard (1...128).contains(name.utf8.count), Names.isName(name) else { return nil }
        self.text = text
        partition = String(parts[1])
        account = AccountID(parts[4])
        path = String(resource[...slash])
        self.name = name
    }

    /// The one that a request names in `PolicyArn`.
    static func required(_ call: QueryCall) throws(QueryError) -> PolicyARN {
        var constraints = Constraints()
        let text = call.parameters["PolicyArn"]
        constraints.text("policyArn", text, isRequired: true, length: 20...2048)
        try constraints.finish()
        guard let text, let arn = PolicyARN(text) else {
            throw .validation("ARN \(text ?? "") is not valid.")
        }
        return arn
    }
}

extension DocumentTransaction {
    /// Whether a policy can be attached: one of the caller's own that is there, or any of AWS's own, of which none are
    /// known here, by its form.
    func isAttachable(_ arn: PolicyARN, _ call: QueryCall) throws(QueryError) -> Bool {
        guard arn.partition == call.partition else { return false }
        guard arn.account != nil else { return true }
        return try managedPolicy(arn, call) != nil
    }

    func requireBoundary(_ text: String, _ call: QueryCall) throws(QueryError) {
        guard let arn = PolicyARN(text) else { throw QueryError("InvalidInput", "ARN \(text) is not valid.") }
        guard try isAttachable(arn, call) else {
            throw .noSuchEntity("Scope ARN: \(text) does not exist or is not attachable.")
        }
    }
}
