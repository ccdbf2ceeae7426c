import DyadModel

/// The policies of a role: inline ones, attached ones, and its tags.
enum RolePolicyActions {
    static let all = [
        QueryAction("PutRolePolicy", put), QueryAction("GetRolePolicy", get),
        QueryAction("ListRolePolicies", list), QueryAction("DeleteRolePolicy", delete),
        QueryAction("AttachRolePolicy", attach), QueryAction("DetachRolePolicy", detach),
        QueryAction("ListAttachedRolePolicies", listAttached), QueryAction("TagRole", TagActions<RoleRecord>.add),
        QueryAction("UntagRole", TagActions<RoleRecord>.remove),
        QueryAction("ListRoleTags", TagActions<RoleRecord>.list),
    ]

    /// Characters of all inline policies of a role, white space apart.
    static let inlineSizeMax = 10_240
    /// Managed policies on a role.
    static let attachedMax = 10

    // MARK: Inline

    /// The role and the policy that a request names, both checked.
    private static func named(
        _ call: QueryCall, _ constraints: inout Constraints, _ documents: any DocumentTransaction
    ) throws(QueryError) -> (role: RoleRecord, policy: String) {
        _ = constraints.roleName(call.parameters)
        constraints.text("policyName", call.parameters["PolicyName"], isRequired: true, length: 1...128)
        try constraints.finish()
        let policy = call.parameters["PolicyName"] ?? ""
        try Names.requireLetters(of: "policyName", policy)
        return (try documents.role(of: call), policy)
    }

    private static func put(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        constraints.text(
            "policyDocument", call.parameters["PolicyDocument"], isRequired: true, length: RoleActions.documentLength)
        var (role, name) = try named(call, &constraints, documents)
        let document = call.parameters["PolicyDocument"] ?? ""
        try IdentityPolicy.check(document, .inline)
        role.inlinePolicies.removeAll { Text($0.name) == Text(name) }
        role.inlinePolicies.append(RoleRecord.InlinePolicy(name: name, document: document))
        role.inlinePolicies.sort { Text($0.name) < Text($1.name) }
        let size = role.inlinePolicies.reduce(0) { $0 + PolicyJSON.size(of: $1.document) }
        guard size <= inlineSizeMax else {
            throw .limitExceeded("Maximum policy size of \(inlineSizeMax) bytes exceeded for role \(role.name)")
        }
        try documents.save(role)
        return nil
    }

    private static func get(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        let (role, name) = try named(call, &constraints, documents)
        let policy = try policy(name, of: role)
        return XMLWriter.with { xml in
            xml.element("RoleName", role.name)
            xml.element("PolicyName", policy.name)
            xml.element("PolicyDocument", FormEncoding.encode(policy.document))
        }
    }

    private static func policy(
        _ name: String, of role: RoleRecord
    ) throws(QueryError) -> RoleRecord.InlinePolicy {
        guard let policy = role.inlinePolicies.first(where: { Text($0.name) == Text(name) }) else {
            throw .noSuchEntity("The role policy with name \(name) cannot be found.")
        }
        return policy
    }

    private static func list(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        let page = try Page(call.parameters, &constraints)
        try constraints.finish()
        let role = try documents.role(of: call)
        let (names, marker) = page.take(role.inlinePolicies.map(\.name)) { $0 }
        return XMLWriter.with { xml in
            xml.truncation(marker)
            xml.list("PolicyNames", names) { $0.text($1) }
        }
    }

    private static func delete(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        var (role, name) = try named(call, &constraints, documents)
        _ = try policy(name, of: role)
        role.inlinePolicies.removeAll { Text($0.name) == Text(name) }
        try documents.save(role)
        return nil
    }

    // MARK: Attached

    private static func attach(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let arn = try PolicyARN.required(call)
        var role = try documents.role(of: call)
        guard try documents.isAttachable(arn, call) else {
            throw .noSuchEntity("Policy \(arn.text) does not exist or is not attachable.")
        }
        // Once more changes nothing.
        guard !role.attachedPolicies.contains(arn.text) else { return nil }
        guard role.attachedPolicies.count < attachedMax else {
            throw .limitExceeded("Cannot exceed quota for PoliciesPerRole: \(attachedMax)")
        }
        role.attachedPolicies.append(arn.text)
        try documents.save(role)
        return nil
    }

    private static func detach(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let arn = try PolicyARN.required(call)
        var role = try documents.role(of: call)
        guard let place = role.attachedPolicies.firstIndex(of: arn.text) else {
            throw .noSuchEntity("Policy \(arn.text) was not found.")
        }
        role.attachedPolicies.remove(at: place)
        try documents.save(role)
        return nil
    }

    private static func listAttached(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        let prefix = call.parameters["PathPrefix"]
        constraints.text("pathPrefix", prefix, length: 1...512)
        let page = try Page(call.parameters, &constraints)
        try constraints.finish()
        try Names.requirePath(prefix, "pathPrefix")
        let role = try documents.role(of: call)
        let policies = role.attachedPolicies.compactMap { PolicyARN($0) }
            .filter { $0.path.hasPrefix(prefix ?? "/") }
            .sorted { Text($0.text) < Text($1.text) }
        let (found, marker) = page.take(policies) { $0.text }
        return XMLWriter.with { xml in
            xml.truncation(marker)
            xml.list("AttachedPolicies", found) { xml, policy in
                xml.element("PolicyName", policy.name)
                xml.element("PolicyArn", policy.text)
            }
        }
    }
}
