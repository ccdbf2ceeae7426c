import DyadModel

/// `arn:aws-cn:iam::123456789012:role/service-role/name`.
struct RoleARN: Sendable, Equatable {
    let text: String
    let partition: String
    let account: AccountID
    let name: String

    /// Nil for a text that is no role's ARN.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "iam", parts[3].isEmpty,
            let account = AccountID(parts[4]), parts[5].hasPrefix("role/"), let slash = parts[5].lastIndex(of: "/")
        else { return nil }
        let name = String(parts[5][parts[5].index(after: slash)...])
        guard (1...64).contains(name.utf8.count), Names.isName(name) else { return nil }
        self.text = text
        partition = String(parts[1])
        self.account = account
        self.name = name
    }

    /// Where the role is kept.
    var scope: Scope { Scope(account: account, region: RegionName("\(partition)-global")) }
}
