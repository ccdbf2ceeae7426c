/// An AWS region's name, `cn-north-1`. Any name is a region of its own.
package struct RegionName: Sendable, Hashable {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }

    /// Whether a text may be a region's name, which becomes a file's: nothing may stand in it that a path gives a meaning
    /// to.
    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The partition whose ARNs the region's resources have.
    package var partition: String {
        if rawValue.hasPrefix("cn-") || rawValue == "aws-cn-global" { return "aws-cn" }
        if rawValue.hasPrefix("us-gov-") || rawValue == "aws-us-gov-global" { return "aws-us-gov" }
        return "aws"
    }

    /// Where a partition's services without regions keep what is theirs, as SDKs name it: `aws-cn-global`.
    package var global: RegionName { RegionName("\(partition)-global") }
}

/// A twelve-digit account number.
package struct AccountID: Sendable, Hashable {
    package let rawValue: String

    /// Nil unless it is twelve digits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 12, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        rawValue = String(text)
    }
}

/// Whose data a request means: an account in a region. Scopes share nothing.
package struct Scope: Sendable, Hashable {
    package let account: AccountID
    package let region: RegionName

    package init(account: AccountID, region: RegionName) {
        self.account = account
        self.region = region
    }

    package func tableARN(_ table: String) -> String {
        "arn:\(region.partition):dynamodb:\(region.rawValue):\(account.rawValue):table/\(table)"
    }

    package func indexARN(_ index: String, of table: String) -> String { "\(tableARN(table))/index/\(index)" }

    package func streamARN(_ label: String, of table: String) -> String { "\(tableARN(table))/stream/\(label)" }
}

/// The resource that a table's, an index's or a stream's ARN names.
package struct TableARN: Sendable, Hashable {
    package let partition: String
    package let region: RegionName
    package let account: String
    package let table: String
    /// What stands behind the table's name: `stream/LABEL`, `index/NAME`; nil for the table itself.
    package let rest: String?

    /// Nil when the text is no ARN of a DynamoDB table or of something in one.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "dynamodb" else { return nil }
        let resource = parts[5].split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard resource.count >= 2, resource[0] == "table", !resource[1].isEmpty else { return nil }
        partition = String(parts[1])
        region = RegionName(String(parts[3]))
        account = String(parts[4])
        table = String(resource[1])
        rest = resource.count == 3 ? String(resource[2]) : nil
    }

    package var streamLabel: String? {
        guard let rest, rest.hasPrefix("stream/") else { return nil }
        return String(rest.dropFirst("stream/".count))
    }
}
