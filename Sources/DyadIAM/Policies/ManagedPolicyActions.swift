import DyadModel

/// Managed policies of an account, as Terraform's aws_iam_policy needs them. AWS's own are not known.
enum ManagedPolicyActions {
    static let all = [
        QueryAction("CreatePolicy", create), QueryAction("GetPolicy", get), QueryAction("ListPolicies", list),
        QueryAction("DeletePolicy", delete), QueryAction("ListEntitiesForPolicy", listEntities),
        QueryAction("TagPolicy", TagActions<ManagedPolicyRecord>.add),
        QueryAction("UntagPolicy", TagActions<ManagedPolicyRecord>.remove),
        QueryAction("ListPolicyTags", TagActions<ManagedPolicyRecord>.list),
    ]

    /// AWS: 1,500 an account, more on request.
    static let countMax = 1500
    /// Characters of a document, white space apart.
    static let sizeMax = 6144

    static func requireSize(_ document: String) throws(QueryError) {
        guard PolicyJSON.size(of: document) <= sizeMax else {
            throw .limitExceeded("Cannot exceed quota for PolicySize: \(sizeMax)")
        }
    }

    private static func create(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let parameters = call.parameters
        var constraints = Constraints()
        let name = parameters["PolicyName"] ?? ""
        constraints.text("policyName", parameters["PolicyName"], isRequired: true, length: 1...128)
        constraints.text("path", parameters["Path"], length: 1...512)
        constraints.text(
            "policyDocument", parameters["PolicyDocument"], isRequired: true, length: RoleActions.documentLength)
        constraints.text("description", parameters["Description"], length: 0...1000)
        let tags = Tag.read(parameters, &constraints)
        try constraints.finish()
        try Names.requireLetters(of: "policyName", name)
        try Names.requirePath(parameters["Path"])
        try Tag.requireUnique(tags, .ofPolicies)
        let document = parameters["PolicyDocument"] ?? ""
        try IdentityPolicy.check(document, .managed)
        try requireSize(document)
        guard try documents.managedPolicy(likeNamed: name) == nil else {
            throw .alreadyExists("A policy called \(name) already exists. Duplicate names are not allowed.")
        }
        guard try documents.managedPolicies().count < countMax else {
            throw .limitExceeded("Cannot exceed quota for PoliciesPerAccount: \(countMax)")
        }
        let policy = ManagedPolicyRecord(
            name: name, path: parameters["Path"] ?? "/", id: Identifiers.unique("ANPA", call.random),
            createdAt: call.now, updatedAt: call.now,
            description: parameters["Description"].flatMap { $0.isEmpty ? nil : $0 }, tags: tags,
            versions: [.init(number: 1, createdAt: call.now, document: document)], defaultNumber: 1, nextNumber: 2)
        try documents.save(policy)
        return XMLWriter.with { $0.policy(policy, Usage(), in: call.scope, as: .created) }
    }

    private static func get(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let policy = try documents.managedPolicy(of: call)
        let usage = Usage(of: policy.arn(in: call.scope), by: try documents.roles())
        return XMLWriter.with { $0.policy(policy, usage, in: call.scope, as: .read) }
    }

    private static func list(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let parameters = call.parameters
        var constraints = Constraints()
        constraints.oneOf("scope", parameters["Scope"], ["All", "AWS", "Local"])
        constraints.oneOf(
            "policyUsageFilter", parameters["PolicyUsageFilter"], ["PermissionsPolicy", "PermissionsBoundary"])
        constraints.text("pathPrefix", parameters["PathPrefix"], length: 1...512)
        let page = try Page(parameters, &constraints)
        try constraints.finish()
        try Names.requirePath(parameters["PathPrefix"], "pathPrefix")
        let isOnlyAttached = parameters["OnlyAttached"]?.lowercased() == "true"
        let roles = try documents.roles()
        let policies = parameters["Scope"] == "AWS" ? [] : try documents.managedPolicies()
        let wanted = policies.map { (policy: $0, usage: Usage(of: $0.arn(in: call.scope), by: roles)) }.filter {
            guard $0.policy.path.hasPrefix(parameters["PathPrefix"] ?? "/") else { return false }
            switch parameters["PolicyUsageFilter"] {
            case "PermissionsPolicy": return $0.usage.attachments > 0
            case "PermissionsBoundary": return $0.usage.boundaries > 0
            default: return !isOnlyAttached || $0.usage.attachments > 0
            }
        }
        let (found, marker) = page.take(wanted) { $0.policy.name }
        return XMLWriter.with { xml in
            xml.truncation(marker)
            xml.list("Policies", found) { $0.policyFields($1.policy, $1.usage, in: call.scope, as: .listed) }
        }
    }

    private static func delete(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let policy = try documents.managedPolicy(of: call)
        let usage = Usage(of: policy.arn(in: call.scope), by: try documents.roles())
        guard usage.attachments == 0, usage.boundaries == 0 else {
            throw .deleteConflict("Cannot delete a policy attached to entities.")
        }
        guard policy.versions.count == 1 else {
            throw .deleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                    + "versions. The default version is deleted with the policy.")
        }
        try documents.remove(policy)
        return nil
    }

    /// The roles that have it; there are no users and groups.
    private static func listEntities(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        let page = try Page(call.parameters, &constraints)
        try constraints.finish()
        let arn = try PolicyARN.required(call)
        if arn.account != nil { _ = try documents.managedPolicy(of: call) }
        let (roles, marker) = page.take(
            try documents.roles().filter { $0.attachedPolicies.contains(arn.text) }
        ) { $0.name }
        return XMLWriter.with { xml in
            xml.truncation(marker)
            xml.element("PolicyGroups", "")
            xml.element("PolicyUsers", "")
            xml.list("PolicyRoles", roles) { xml, role in
                xml.element("RoleName", role.name)
                xml.element("RoleId", role.id)
            }
        }
    }
}

extension DocumentTransaction {
    /// The policy that a request names.
    func managedPolicy(of call: QueryCall) throws(QueryError) -> ManagedPolicyRecord {
        let arn = try PolicyARN.required(call)
        guard let policy = try managedPolicy(arn, call) else {
            throw .noSuchEntity("Policy \(arn.text) was not found.")
        }
        return policy
    }
}

/// How many roles have a policy.
struct Usage: Sendable {
    var attachments = 0
    var boundaries = 0

    init() {}

    init(of arn: String, by roles: [RoleRecord]) {
        attachments = roles.count { $0.attachedPolicies.contains(arn) }
        boundaries = roles.count { $0.boundary == arn }
    }
}

extension XMLWriter {
    /// Which of a policy's members an action answers.
    enum PolicyView { case created, read, listed }

    mutating func policy(_ policy: ManagedPolicyRecord, _ usage: Usage, in scope: Scope, as view: PolicyView) {
        element("Policy") { $0.policyFields(policy, usage, in: scope, as: view) }
    }

    mutating func policyFields(_ policy: ManagedPolicyRecord, _ usage: Usage, in scope: Scope, as view: PolicyView) {
        element("PolicyName", policy.name)
        element("PolicyId", policy.id)
        element("Arn", policy.arn(in: scope))
        element("Path", policy.path)
        element("DefaultVersionId", "v\(policy.defaultNumber)")
        element("AttachmentCount", String(usage.attachments))
        element("PermissionsBoundaryUsageCount", String(usage.boundaries))
        element("IsAttachable", "true")
        if view == .read { element("Description", policy.description) }
        element("CreateDate", policy.createdAt.date)
        element("UpdateDate", policy.updatedAt.date)
        if view == .read || view == .created && !policy.tags.isEmpty { tags(policy.tags) }
    }
}
