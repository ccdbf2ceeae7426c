import DyadModel

/// What can be labelled.
protocol TaggedRecord: NamedRecord {
    static var tagKeys: Tag.Keys { get }
    var tags: [Tag] { get set }

    /// Notes the faults of the name in a request that changes tags: where they are told together with those of the tags.
    static func check(_ parameters: QueryParameters, _ constraints: inout Constraints)
    /// The one that a request names.
    static func named(by call: QueryCall, in documents: any DocumentTransaction) throws(QueryError) -> Self
}

/// Adding, removing and listing the tags of one kind of record.
enum TagActions<Record: TaggedRecord> {
    static func add(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        Record.check(call.parameters, &constraints)
        let tags = Tag.read(call.parameters, &constraints, isRequired: true)
        try constraints.finish()
        try Tag.requireUnique(tags, Record.tagKeys)
        var record = try Record.named(by: call, in: documents)
        record.tags = try Tag.adding(tags, to: record.tags, Record.tagKeys)
        try documents.save(record)
        return nil
    }

    static func remove(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        Record.check(call.parameters, &constraints)
        let keys = Tag.readKeys(call.parameters, &constraints)
        try constraints.finish()
        var record = try Record.named(by: call, in: documents)
        record.tags = Tag.removing(keys, from: record.tags, Record.tagKeys)
        try documents.save(record)
        return nil
    }

    static func list(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        let page = try Page(call.parameters, &constraints)
        try constraints.finish()
        let record = try Record.named(by: call, in: documents)
        let (tags, marker) = page.take(record.tags.sorted { Text($0.key) < Text($1.key) }) { $0.key }
        return XMLWriter.with { xml in
            xml.truncation(marker)
            xml.tags(tags)
        }
    }
}

extension RoleRecord: TaggedRecord {
    static let tagKeys = Tag.Keys.ofRoles

    static func check(_ parameters: QueryParameters, _ constraints: inout Constraints) {
        _ = constraints.roleName(parameters)
    }

    static func named(by call: QueryCall, in documents: any DocumentTransaction) throws(QueryError) -> RoleRecord {
        try documents.role(of: call)
    }
}

extension ManagedPolicyRecord: TaggedRecord {
    static let tagKeys = Tag.Keys.ofPolicies

    static func check(_ parameters: QueryParameters, _ constraints: inout Constraints) {}

    static func named(
        by call: QueryCall, in documents: any DocumentTransaction
    ) throws(QueryError) -> ManagedPolicyRecord {
        try documents.managedPolicy(of: call)
    }
}
