/// The members of a structure: a wire name, a key path and its rules on one line each.
///
/// The order of the lines is the order in which AWS lists broken constraints, where that is known.
package struct Shape<Root>: Sendable {
    let members: [Member<Root>]

    package init(_ members: Member<Root>...) { self.members = members }
}

package struct Member<Root>: Sendable {
    let name: StaticString
    /// What it holds: its values can be read for themselves.
    let type: any WireValue.Type
    let read: @Sendable (JSONNode, inout Root, inout Faults) throws(DynamoError) -> Void
    /// What its absence is; nil when it may be absent.
    var absent: (@Sendable (inout Faults) -> Void)?
    /// As AWS prints it; nil when the structure has no such member set.
    let describe: @Sendable (Root) -> String?
}

/// A structure of the service model.
package protocol WireStructure: WireValue {
    init()
    static var shape: Shape<Self> { get }
}

extension WireStructure {
    package static var expected: ExpectedType { .structure(name) }

    /// The service model's name: the type's own.
    package static var name: String { "\(Self.self)" }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Self? {
        guard node.kind == .object else { throw .unexpectedType(of: node, expected: expected) }
        var root = Self()
        let members = shape.members
        // In place: a copied member counts references to three closures, and most members are absent.
        let inPlace = members.span
        for index in inPlace.indices {
            let name = inPlace[index].name
            guard let value = node[name], value.kind != .null else {
                guard let absent = inPlace[index].absent else { continue }
                faults.enter(.member(name))
                absent(&faults)
                faults.leave()
                continue
            }
            faults.enter(.member(name))
            defer { faults.leave() }
            try inPlace[index].read(value, &root, &faults)
        }
        return root
    }

    /// `KeySchemaElement(attributeName=pk, keyType=HASH)`
    package var wireDescription: String {
        let members = Self.shape.members.map { member in
            let name = "\(member.name)"
            return "\(name.prefix(1).lowercased())\(name.dropFirst())=\(member.describe(self) ?? "null")"
        }
        return "\(Self.name)(\(members.joined(separator: ", ")))"
    }

    /// Reads a request: types first, then constraints, all of them together.
    package static func decode(_ node: JSONNode) throws(DynamoError) -> Self {
        var faults = Faults()
        guard let value = try read(node, &faults) else { throw .validation("The request is empty") }
        try faults.check()
        return value
    }
}

extension Member {
    /// A member that must be there.
    package static func required<Value: WireValue>(
        _ name: StaticString, _ path: any WritableKeyPath<Root, Value> & Sendable, _ rules: Rule<Value>...
    ) -> Member {
        Member(
            name: name, type: Value.self,
            read: { (node, root, faults) throws(DynamoError) in
                try Value.store(node, in: &root, at: path, rules, &faults)
            }, absent: { $0.noteAbsent() },
            describe: { $0[keyPath: path].wireDescription })
    }

    /// A member that must be there, of whose absence AWS tells alone: the table's name in the control plane.
    package static func parameter<Value: WireValue>(
        _ name: StaticString, _ path: any WritableKeyPath<Root, Value> & Sendable, _ rules: Rule<Value>...
    ) -> Member {
        Member(
            name: name, type: Value.self,
            read: { (node, root, faults) throws(DynamoError) in
                try Value.store(node, in: &root, at: path, rules, &faults)
            }, absent: { $0.noteMissing(name) },
            describe: { $0[keyPath: path].wireDescription })
    }

    /// A member that may be absent; `null` counts as absent.
    package static func optional<Value: WireValue>(
        _ name: StaticString, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ rules: Rule<Value>...
    ) -> Member {
        Member(
            name: name, type: Value.self,
            read: { (node, root, faults) throws(DynamoError) in
                try Value.store(node, in: &root, at: path, rules, &faults)
            },
            describe: { $0[keyPath: path]?.wireDescription })
    }

    /// A required member without a sensible default: absent only where a fault was noted.
    package static func requiredOptional<Value: WireValue>(
        _ name: StaticString, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ rules: Rule<Value>...
    ) -> Member {
        Member(
            name: name, type: Value.self,
            read: { (node, root, faults) throws(DynamoError) in
                try Value.store(node, in: &root, at: path, rules, &faults)
            }, absent: { $0.noteAbsent() },
            describe: { $0[keyPath: path]?.wireDescription })
    }

    /// The same member, and when the newer layer words its fault in its own way it looks no further.
    package var toldAlone: Member {
        Member(
            name: name, type: type,
            read: { (node, root, faults) throws(DynamoError) in
                try faults.tellAlone { (faults) throws(DynamoError) in try read(node, &root, &faults) }
            }, absent: absent, describe: describe)
    }
}
