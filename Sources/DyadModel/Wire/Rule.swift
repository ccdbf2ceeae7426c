/// One constraint of the service model: the phrases AWS uses when `value` breaks it.
package struct Rule<Value>: Sendable {
    package let phrases: @Sendable (Value) -> [String]
    /// How AWS prints the value, where that is not as it prints others.
    let shown: (@Sendable (Value) -> String)?
    /// What the newer layer tells instead; nil where it words the fault as ever.
    let current: (@Sendable (Value) -> String?)?

    package init(
        shown: (@Sendable (Value) -> String)? = nil, current: (@Sendable (Value) -> String?)? = nil,
        _ phrases: @escaping @Sendable (Value) -> [String]
    ) {
        self.shown = shown
        self.current = current
        self.phrases = phrases
    }
}

extension Rule {
    static func counted(_ range: ClosedRange<Int>, _ count: @escaping @Sendable (Value) -> Int) -> Rule {
        Rule { value in
            let count = count(value)
            if count < range.lowerBound {
                return ["Member must have length greater than or equal to \(range.lowerBound)"]
            }
            if count > range.upperBound { return ["Member must have length less than or equal to \(range.upperBound)"] }
            return []
        }
    }
}

extension Rule where Value == String {
    package static func length(_ range: ClosedRange<Int>) -> Rule { counted(range) { $0.unicodeScalars.count } }

    /// Letters, digits, underscore, dash and dot: the names of tables and indexes.
    package static let namePattern = Rule { text in
        let isLegal =
            !text.utf8.isEmpty
            && text.utf8.allSatisfy { byte in
                (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
        return isLegal ? [] : ["Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"]
    }
}

extension Rule where Value == Int {
    package static func range(_ range: ClosedRange<Int>) -> Rule {
        Rule { value in
            if value < range.lowerBound {
                return ["Member must have value greater than or equal to \(range.lowerBound)"]
            }
            if value > range.upperBound { return ["Member must have value less than or equal to \(range.upperBound)"] }
            return []
        }
    }

    package static func atLeast(_ bound: Int) -> Rule { .range(bound...Int.max) }
}

extension Rule {
    package static func count<Element>(_ range: ClosedRange<Int>) -> Rule where Value == [Element] {
        counted(range) { $0.count }
    }
}
