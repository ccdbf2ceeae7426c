package import DyadModel

/// A function as a mapping's request names it: a name, an ARN or a part of one, with a qualifier or without.
package struct FunctionName: Sendable, Equatable {
    package var name: String
    /// A version or an alias; nil where none was named.
    package var qualifier: String?
    var region: String?
    var account: String?

    /// As AWS prints it (botocore's service model, before later partitions were added to it).
    static let pattern =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"#
        + #"([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"#

    /// Nil for what is no name.
    package init?(_ text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
        if parts.first == "arn" {
            guard parts.count >= 7, parts.dropFirst().first?.hasPrefix("aws") ?? false, parts[2] == "lambda",
                parts[5] == "function"
            else { return nil }
            region = String(parts[3])
            account = String(parts[4])
            parts = parts.dropFirst(6)
        } else {
            if parts.count > 2, let first = parts.first, AccountID(first) != nil {
                account = String(first)
                parts = parts.dropFirst()
            }
            if parts.count > 1, parts.first == "function" { parts = parts.dropFirst() }
        }
        guard let first = parts.first, Self.isWord(first, with: "."), parts.count <= 2 else { return nil }
        name = String(first)
        guard parts.count == 2, let last = parts.last else { return }
        guard last == "$LATEST" || Self.isWord(last, with: "") else { return nil }
        qualifier = String(last)
    }

    private static func isWord(_ text: Substring, with extra: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_") || extra.utf8.contains($0)
            }
    }

    /// Nil when it names another region or account.
    package func arn(in scope: Scope) -> String? {
        if let region, region != scope.region.rawValue { return nil }
        if let account, account != scope.account.rawValue { return nil }
        let plain =
            "arn:\(scope.region.partition):lambda:\(scope.region.rawValue):\(scope.account.rawValue):function:\(name)"
        return qualifier.map { "\(plain):\($0)" } ?? plain
    }
}
