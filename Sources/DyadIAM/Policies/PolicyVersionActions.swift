import DyadModel

/// The versions of a managed policy: five at most, one of which counts.
enum PolicyVersionActions {
    static let all = [
        QueryAction("CreatePolicyVersion", create), QueryAction("GetPolicyVersion", get),
        QueryAction("ListPolicyVersions", list), QueryAction("DeletePolicyVersion", delete),
        QueryAction("SetDefaultPolicyVersion", setDefault),
    ]

    static let countMax = 5
    private static let idPattern = #"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"#

    private static func create(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        constraints.text(
            "policyDocument", call.parameters["PolicyDocument"], isRequired: true, length: RoleActions.documentLength)
        try constraints.finish()
        var policy = try documents.managedPolicy(of: call)
        let document = call.parameters["PolicyDocument"] ?? ""
        try IdentityPolicy.check(document, .managed)
        try ManagedPolicyActions.requireSize(document)
        guard policy.versions.count < countMax else {
            throw .limitExceeded(
                "A managed policy can have up to \(countMax) versions. Before you create a new version, you must delete "
                    + "an existing version.")
        }
        let version = ManagedPolicyRecord.Version(
            number: policy.nextNumber, createdAt: call.now, document: document)
        policy.versions.append(version)
        policy.nextNumber += 1
        policy.updatedAt = call.now
        if call.parameters["SetAsDefault"]?.lowercased() == "true" { policy.defaultNumber = version.number }
        try documents.save(policy)
        let isDefault = policy.defaultNumber == version.number
        return XMLWriter.with { xml in
            xml.element("PolicyVersion") { $0.version(version, isDefault: isDefault, withDocument: false) }
        }
    }

    /// The policy and the version that a request names.
    private static func named(
        _ call: QueryCall, _ documents: any DocumentTransaction
    ) throws(QueryError) -> (policy: ManagedPolicyRecord, version: ManagedPolicyRecord.Version) {
        var constraints = Constraints()
        let id = call.parameters["VersionId"]
        constraints.text("versionId", id, isRequired: true, length: 0...Int.max, pattern: (idPattern, isVersionID))
        try constraints.finish()
        let arn = try PolicyARN.required(call)
        guard let policy = try documents.managedPolicy(arn, call), let version = policy.version(id ?? "") else {
            throw .noSuchEntity("Policy \(arn.text) version \(id ?? "") does not exist or is not attachable.")
        }
        return (policy, version)
    }

    private static func isVersionID(_ text: String) -> Bool {
        let digits = text.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(1 + digits.count)
        return text.hasPrefix("v") && !digits.isEmpty && digits.first != "0"
            && (rest.isEmpty || rest.hasPrefix(".") && rest.dropFirst().allSatisfy(isOfSuffix))
    }

    private static func isOfSuffix(_ letter: Character) -> Bool {
        letter.isASCII && (letter.isLetter || letter.isNumber || letter == "-")
    }

    private static func get(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let (policy, version) = try named(call, documents)
        return XMLWriter.with { xml in
            xml.element("PolicyVersion") {
                $0.version(version, isDefault: version.number == policy.defaultNumber, withDocument: true)
            }
        }
    }

    /// The newest first.
    private static func list(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let policy = try documents.managedPolicy(of: call)
        return XMLWriter.with { xml in
            xml.truncation(nil)
            xml.list("Versions", policy.versions.reversed()) {
                $0.version($1, isDefault: $1.number == policy.defaultNumber, withDocument: false)
            }
        }
    }

    private static func delete(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var (policy, version) = try named(call, documents)
        guard version.number != policy.defaultNumber else {
            throw .deleteConflict("Cannot delete the default version of a policy.")
        }
        policy.versions.removeAll { $0.number == version.number }
        policy.updatedAt = call.now
        try documents.save(policy)
        return nil
    }

    private static func setDefault(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var (policy, version) = try named(call, documents)
        policy.defaultNumber = version.number
        policy.updatedAt = call.now
        try documents.save(policy)
        return nil
    }
}

extension XMLWriter {
    fileprivate mutating func version(
        _ version: ManagedPolicyRecord.Version, isDefault: Bool, withDocument: Bool
    ) {
        if withDocument { element("Document", FormEncoding.encode(version.document)) }
        element("VersionId", version.id)
        element("IsDefaultVersion", isDefault ? "true" : "false")
        element("CreateDate", version.createdAt.date)
    }
}
