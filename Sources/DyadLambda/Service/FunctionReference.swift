import DyadModel

/// Which function a request means: a name, an ARN or a part of one, and a version.
struct FunctionReference: Equatable {
    var name: String
    /// Nil where none was named: `$LATEST`.
    var qualifier: String?
    var region: String?
    var account: String?

    /// The pattern as AWS prints it (botocore's service model, before the European partition).
    private static let pattern =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"#
        + #"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"#

    /// What is wrong with the text, in AWS's words for a constraint; empty when nothing is.
    static func phrases(_ text: String, lengthMax: Int) -> [String] {
        var phrases: [String] = []
        if text.isEmpty { phrases.append("Member must have length greater than or equal to 1") }
        if text.unicodeScalars.count > lengthMax {
            phrases.append("Member must have length less than or equal to \(lengthMax)")
        }
        if FunctionReference(parsing: text) == nil {
            phrases.append("Member must satisfy regular expression pattern: \(pattern)")
        }
        return phrases
    }

    /// Nil for what the pattern refuses.
    init?(parsing text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
        if parts.first == "arn" {
            guard parts.count > 3, parts[1].isEmpty || Self.isPartition(parts[1]), parts[2] == "lambda" else {
                return nil
            }
            parts = parts.dropFirst(3)
        }
        if parts.count > 1, let first = parts.first, Self.isRegion(first) {
            region = String(first)
            parts = parts.dropFirst()
        }
        if parts.count > 1, let first = parts.first, AccountID(first) != nil {
            account = String(first)
            parts = parts.dropFirst()
        }
        if parts.count > 1, parts.first == "function" { parts = parts.dropFirst() }
        guard let name = parts.first, Self.isWord(name), parts.count <= 2 else { return nil }
        self.name = String(name)
        if parts.count == 2, let last = parts.last {
            guard last == "$LATEST" || Self.isWord(last) else { return nil }
            qualifier = String(last)
        }
    }

    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_")
            }
    }

    private static func isPartition(_ text: Substring) -> Bool {
        text.hasPrefix("aws") && text.utf8.allSatisfy { ($0 | 32 >= 97 && $0 | 32 <= 122) || $0 == UInt8(ascii: "-") }
    }

    /// `cn-north-1`, `us-gov-west-1`.
    private static func isRegion(_ text: Substring) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        func isLetters(_ part: Substring) -> Bool { !part.isEmpty && part.utf8.allSatisfy { $0 >= 97 && $0 <= 122 } }
        guard parts.count == 3 || parts.count == 4, let last = parts.last, let first = parts.first else { return false }
        let isWhole = first.utf8.count == 2 && last.utf8.count == 1 && last.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
        guard isWhole, parts.dropLast().allSatisfy({ isLetters($0) }) else { return false }
        return parts.count == 3 || parts[1] == "gov" || parts[1].hasPrefix("iso")
    }

    /// The name of a function in `scope`.
    ///
    /// - Parameter given: the qualifier that the request names beside it.
    /// - Throws: AWS's error for another region or account, or for two qualifiers.
    func resolved(in scope: Scope, qualifier given: String?) throws(LambdaError) -> FunctionIdentity {
        if let region, region != scope.region.rawValue {
            throw .notFound(
                "Functions from '\(region)' are not reachable in this region ('\(scope.region.rawValue)')")
        }
        if let account, account != scope.account.rawValue {
            throw .accessDenied("Functions of account \(account) are not accessible to \(scope.account.rawValue)")
        }
        if let given, let qualifier, given != qualifier {
            throw .invalidParameter(
                "The derived qualifier from the function name does not match the specified qualifier.")
        }
        return FunctionIdentity(scope: scope, name: name)
    }
}
