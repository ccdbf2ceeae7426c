/// What a request's parameters must satisfy, told together in one message.
struct Constraints {
    /// Whether a message repeats what was sent: STS does, IAM did until 2025 (LocalStack's tests/aws/services, recorded
    /// from AWS in February 2026).
    private let showsValues: Bool
    private var faults: [String] = []

    init(showsValues: Bool = false) { self.showsValues = showsValues }

    /// - Throws: all that is wrong, if anything is.
    func finish() throws(QueryError) {
        guard !faults.isEmpty else { return }
        let count = faults.count == 1 ? "1 validation error" : "\(faults.count) validation errors"
        throw .validation("\(count) detected: \(faults.joined(separator: "; "))")
    }

    mutating func fault(_ member: String, _ value: String?, _ constraint: String) {
        let shown = showsValues ? "Value \(value.map { "'\($0)'" } ?? "null")" : "Value"
        faults.append("\(shown) at '\(member)' failed to satisfy constraint: Member must \(constraint)")
    }

    /// - Parameters:
    ///   - member: the parameter's name as messages have it, `roleName`.
    ///   - length: of characters.
    ///   - pattern: AWS's regular expression, and whether a text satisfies it.
    mutating func text(
        _ member: String, _ value: String?, isRequired: Bool = false, length: ClosedRange<Int>,
        pattern: (text: String, isSatisfied: (String) -> Bool)? = nil
    ) {
        guard let value else {
            if isRequired { fault(member, nil, "not be null") }
            return
        }
        // AWS counts UTF-16 units, as Java does.
        let count = value.utf16.count
        if let pattern, !pattern.isSatisfied(value) {
            fault(member, value, "satisfy regular expression pattern: \(pattern.text)")
        }
        if count > length.upperBound { fault(member, value, "have length less than or equal to \(length.upperBound)") }
        if count < length.lowerBound {
            fault(member, value, "have length greater than or equal to \(length.lowerBound)")
        }
    }

    /// - Throws: MalformedInput for what is no number.
    mutating func number(_ member: String, _ value: String?, _ range: ClosedRange<Int>) throws(QueryError) -> Int? {
        guard let value else { return nil }
        guard let number = Int(value) else { throw QueryError("MalformedInput", "") }
        if number > range.upperBound { fault(member, value, "have value less than or equal to \(range.upperBound)") }
        if number < range.lowerBound {
            fault(member, value, "have value greater than or equal to \(range.lowerBound)")
        }
        return number
    }

    mutating func oneOf(_ member: String, _ value: String?, _ allowed: [String]) {
        guard let value, !allowed.contains(value) else { return }
        fault(member, value, "satisfy enum value set: [\(allowed.joined(separator: ", "))]")
    }
}

/// Names, paths and texts of IAM, checked as its front does.
enum Names {
    static func isNameLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_+=,.@-".utf8.contains(byte)
        }
    }

    static func isName(_ text: String) -> Bool { text.utf8.allSatisfy(isNameLetter) }

    /// A name that is there and has its length, but letters that none has, is told by itself.
    static func requireLetters(of member: String, _ name: String) throws(QueryError) {
        guard isName(name) else {
            throw .validation(
                "The specified value for \(member) is invalid. It must contain only alphanumeric characters and/or the "
                    + "following: +=,.@_-")
        }
    }

    static func requirePath(_ path: String?, _ member: String = "path") throws(QueryError) {
        guard let path else { return }
        let isPath =
            path.hasPrefix("/") && (path.hasSuffix("/") || member != "path")
            && path.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPath else {
            throw .validation(
                "The specified value for \(member) is invalid. It must begin \(member == "path" ? "and end " : "")with / "
                    + "and contain only alphanumeric characters and/or / characters.")
        }
    }

    /// Tabs, ends of lines and what Latin-1 prints.
    static func isDescription(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0xA1...0xFF: true
            default: false
            }
        }
    }

    static let descriptionPattern = #"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*"#
}
