import DyadModel

/// The broken constraints of one request, told together as Coral does.
struct Constraints {
    private var lines: [String] = []

    mutating func note(_ value: String?, _ member: String, _ phrase: String) {
        let shown = value.map { "Value '\($0)'" } ?? "Value null"
        lines.append("\(shown) at '\(member)' failed to satisfy constraint: \(phrase)")
    }

    /// A value that AWS does not repeat.
    mutating func noteHidden(_ member: String, _ phrase: String) {
        lines.append("Value at '\(member)' failed to satisfy constraint: \(phrase)")
    }

    mutating func check(_ value: Int?, _ member: String, _ range: ClosedRange<Int>) {
        guard let value else { return }
        if value < range.lowerBound {
            note(String(value), member, "Member must have value greater than or equal to \(range.lowerBound)")
        }
        if value > range.upperBound {
            note(String(value), member, "Member must have value less than or equal to \(range.upperBound)")
        }
    }

    mutating func check(_ text: String?, _ member: String, lengthMax: Int) {
        guard let text, text.unicodeScalars.count > lengthMax else { return }
        note(text, member, "Member must have length less than or equal to \(lengthMax)")
    }

    mutating func check(_ text: String?, _ member: String, oneOf values: [String]) {
        guard let text, !values.contains(text) else { return }
        note(text, member, "Member must satisfy enum value set: [\(values.joined(separator: ", "))]")
    }

    mutating func check(handler: String?) {
        guard let handler else { return }
        check(handler, "handler", lengthMax: 128)
        let hasBlank = handler.unicodeScalars.contains { $0.properties.isWhitespace }
        if hasBlank || handler.isEmpty {
            note(handler, "handler", #"Member must satisfy regular expression pattern: [^\s]+"#)
        }
    }

    mutating func check(role: String?) {
        guard let role, !Self.isRole(role) else { return }
        note(
            role, "role",
            #"Member must satisfy regular expression pattern: "#
                + #"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"#)
    }

    private static func isRole(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].isEmpty || parts[1].hasPrefix("aws"), parts[2] == "iam",
            parts[3].isEmpty, AccountID(parts[4]) != nil, parts[5].hasPrefix("role")
        else { return false }
        let name = parts[5].dropFirst("role".count)
        let marks = "+=,.@-_/".utf8
        return !name.isEmpty
            && name.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || marks.contains($0)
            }
    }

    mutating func check(architectures: [String]?) {
        guard let architectures, architectures.count != 1 || !["x86_64", "arm64"].contains(architectures[0]) else {
            return
        }
        note(
            "[\(architectures.joined(separator: ", "))]", "architectures",
            architectures.count == 1
                ? "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], "
                    + "Member must not be null]"
                : "Member must have length \(architectures.isEmpty ? "greater" : "less") than or equal to 1")
    }

    /// Names of variables; a zero byte cannot stand in a process's environment at all.
    mutating func check(variables: [String: String]?) {
        guard let variables else { return }
        let isLegal = variables.allSatisfy { name, value in
            let bytes = Array(name.utf8)
            guard bytes.count > 1, let first = bytes.first, first | 32 >= 97, first | 32 <= 122 else { return false }
            return !value.utf8.contains(0)
                && bytes.allSatisfy {
                    ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || $0 == UInt8(ascii: "_")
                }
        }
        guard !isLegal else { return }
        noteHidden(
            "environment.variables",
            "Map keys must satisfy constraint: "
                + "[Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
    }

    mutating func check(functionName: String, lengthMax: Int = 140) {
        for phrase in FunctionReference.phrases(functionName, lengthMax: lengthMax) {
            note(functionName, "functionName", phrase)
        }
    }

    func verify() throws(LambdaError) {
        guard !lines.isEmpty else { return }
        let noun = lines.count == 1 ? "error" : "errors"
        throw .validation("\(lines.count) validation \(noun) detected: \(lines.joined(separator: "; "))")
    }
}
