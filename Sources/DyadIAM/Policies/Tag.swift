import DyadModel

/// A label of a role or of a policy.
struct Tag: Sendable, Equatable {
    var key: String
    var value: String

    /// On one resource.
    static let countMax = 50
    private static let keyPattern = #"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"#
    private static let valuePattern = #"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"#

    /// Roles take keys that differ by case alone for one key, policies for two (LocalStack's tests/aws/services/iam,
    /// recorded from AWS in February 2026).
    enum Keys {
        case ofRoles, ofPolicies

        func areEqual(_ left: String, _ right: String) -> Bool {
            switch self {
            case .ofRoles: left.lowercased() == right.lowercased()
            case .ofPolicies: Text(left) == Text(right)
            }
        }

        fileprivate var repeated: QueryError {
            QueryError(
                "InvalidInput",
                self == .ofRoles
                    ? "Duplicate tag keys found. Please note that Tag keys are case insensitive."
                    : "Duplicate tag keys found.")
        }
    }

    /// The tags of a request; faults of theirs are noted.
    static func read(_ parameters: QueryParameters, _ constraints: inout Constraints, isRequired: Bool = false) -> [Tag]
    {
        let members = parameters.structures("Tags")
        if isRequired, members.isEmpty, parameters["Tags"] == nil { constraints.fault("tags", nil, "not be null") }
        if members.count > countMax {
            constraints.fault("tags", nil, "have length less than or equal to \(countMax)")
        }
        for (place, member) in members.enumerated() {
            constraints.text(
                "tags.\(place + 1).member.key", member["Key"], isRequired: true, length: 1...128,
                pattern: (keyPattern, isTagText))
            constraints.text(
                "tags.\(place + 1).member.value", member["Value"], isRequired: true, length: 0...256,
                pattern: (valuePattern, { $0.isEmpty || isTagText($0) }))
        }
        return members.map { Tag(key: $0["Key"] ?? "", value: $0["Value"] ?? "") }
    }

    /// The keys of a request that takes tags away.
    static func readKeys(_ parameters: QueryParameters, _ constraints: inout Constraints) -> [String] {
        let keys = parameters.strings("TagKeys")
        if keys.isEmpty, parameters["TagKeys"] == nil { constraints.fault("tagKeys", nil, "not be null") }
        if keys.count > countMax {
            constraints.fault("tagKeys", nil, "have length less than or equal to \(countMax)")
        }
        if keys.contains(where: { !isTagText($0) || $0.utf16.count > 128 }) {
            constraints.fault(
                "tagKeys", nil,
                "satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater "
                    + "than or equal to 1, Member must satisfy regular expression pattern: \(keyPattern), Member must not "
                    + "be null]")
        }
        return keys
    }

    static func requireUnique(_ tags: [Tag], _ keys: Keys) throws(QueryError) {
        for (place, tag) in tags.enumerated() {
            guard !tags[..<place].contains(where: { keys.areEqual($0.key, tag.key) }) else { throw keys.repeated }
        }
    }

    /// `tags` with `new` among them; those of the same key are replaced.
    static func adding(_ new: [Tag], to tags: [Tag], _ keys: Keys) throws(QueryError) -> [Tag] {
        let kept = tags.filter { old in !new.contains { keys.areEqual($0.key, old.key) } }
        guard kept.count + new.count <= countMax else {
            throw .limitExceeded("The number of tags has reached the maximum limit.")
        }
        return kept + new
    }

    static func removing(_ names: [String], from tags: [Tag], _ keys: Keys) -> [Tag] {
        tags.filter { tag in !names.contains { keys.areEqual($0, tag.key) } }
    }

    /// Letters, digits and blanks of any script, and a few signs.
    private static func isTagText(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .decimalNumber, .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator, .paragraphSeparator:
                    true
                default: "_.:/=+-@".unicodeScalars.contains(scalar)
                }
            }
    }

    // MARK: Kept and answered

    static func write(_ tags: [Tag], to json: inout JSONWriter) {
        json.array { json in
            for tag in tags {
                json.object {
                    $0.member("key", tag.key)
                    $0.member("value", tag.value)
                }
            }
        }
    }

    static func read(_ node: JSONNode?) -> [Tag] {
        (node.map { Array($0.elements) } ?? []).compactMap { node in
            guard let key = node["key"]?.string, let value = node["value"]?.string else { return nil }
            return Tag(key: key, value: value)
        }
    }
}

extension XMLWriter {
    mutating func tags(_ tags: [Tag]) {
        list("Tags", tags) { xml, tag in
            xml.element("Key", tag.key)
            xml.element("Value", tag.value)
        }
    }
}
