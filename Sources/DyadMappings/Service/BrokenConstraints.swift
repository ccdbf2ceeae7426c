/// The broken constraints of one request, told together as Coral does.
struct BrokenConstraints {
    private var lines: [String] = []

    mutating func note(_ value: String, _ member: String, _ phrase: String) {
        lines.append("Value '\(value)' at '\(member)' failed to satisfy constraint: \(phrase)")
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

    mutating func check(_ text: String, _ member: String, length: ClosedRange<Int>) {
        let count = text.unicodeScalars.count
        if count < length.lowerBound {
            note(text, member, "Member must have length greater than or equal to \(length.lowerBound)")
        }
        if count > length.upperBound {
            note(text, member, "Member must have length less than or equal to \(length.upperBound)")
        }
    }

    mutating func check(_ text: String, _ member: String, oneOf values: [String]) {
        guard !values.contains(text) else { return }
        note(text, member, "Member must satisfy enum value set: [\(values.joined(separator: ", "))]")
    }

    func verify() throws(MappingError) {
        guard !lines.isEmpty else { return }
        let noun = lines.count == 1 ? "error" : "errors"
        throw .validation("\(lines.count) validation \(noun) detected: \(lines.joined(separator: "; "))")
    }
}
