package import DyadModel

/// What a record must look like to be handed on: all fields as wanted, each by one of its rules.
package struct FilterPattern: Sendable, Equatable {
    enum Want: Sendable, Equatable {
        /// The field's value is as one of these says.
        case any([FilterRule])
        /// The field holds an object that is so.
        case nested(FilterPattern)
        /// One of these holds of the object itself: `$or`.
        case either([FilterPattern])
    }

    struct Field: Sendable, Equatable {
        var name: String
        var want: Want
    }

    var fields: [Field]

    package func matches(_ record: JSONNode) -> Bool { matches(Optional(record)) }

    private func matches(_ node: JSONNode?) -> Bool {
        if let node, node.kind == .array { return node.elements.contains { matches($0) } }
        return fields.allSatisfy { field in
            switch field.want {
            case .any(let rules):
                let value = node?[field.name]
                return rules.contains { $0.matches(value) }
            case .nested(let pattern): return pattern.matches(node?[field.name])
            case .either(let patterns): return patterns.contains { $0.matches(node) }
            }
        }
    }
}

/// A mapping's filters: a record is wanted that one of them lets through; without any all are.
package struct FilterCriteria: Sendable, Equatable {
    /// As they came.
    package let texts: [String]
    package let patterns: [FilterPattern]

    /// AWS's quotas: five filters a mapping, and 4096 characters each.
    package static let filtersMax = 5
    package static let charactersMax = 4096

    package static let none = FilterCriteria(texts: [], patterns: [])

    private init(texts: [String], patterns: [FilterPattern]) {
        self.texts = texts
        self.patterns = patterns
    }

    package init(_ texts: [String]) throws(InvalidFilter) {
        var patterns: [FilterPattern] = []
        for text in texts { patterns.append(try FilterPattern(parsing: text)) }
        self.init(texts: texts, patterns: patterns)
    }

    package func lets(_ record: JSONNode) -> Bool {
        patterns.isEmpty || patterns.contains { $0.matches(record) }
    }
}

/// A text that is no pattern; AWS tells no more than that.
package struct InvalidFilter: Error, Equatable { package init() {} }
