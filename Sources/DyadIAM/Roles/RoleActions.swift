import DyadModel

/// Making, reading, changing and removing roles.
enum RoleActions {
    static let all = [
        QueryAction("CreateRole", create), QueryAction("GetRole", get), QueryAction("ListRoles", list),
        QueryAction("DeleteRole", delete), QueryAction("UpdateRole", update),
        QueryAction("UpdateRoleDescription", updateDescription),
        QueryAction("UpdateAssumeRolePolicy", updateTrust),
        QueryAction("PutRolePermissionsBoundary", putBoundary),
        QueryAction("DeleteRolePermissionsBoundary", deleteBoundary),
        QueryAction("ListInstanceProfilesForRole", listInstanceProfiles),
    ]

    /// AWS: 1,000 an account, more on request.
    static let countMax = 1000
    /// Characters of a trust policy, white space apart.
    static let trustSizeMax = 2048
    static let documentLength = 1...131_072
    static let sessionSeconds = 3600...43_200

    // MARK: Roles

    private static func create(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let parameters = call.parameters
        var constraints = Constraints()
        let name = constraints.roleName(parameters)
        constraints.text("path", parameters["Path"], length: 1...512)
        constraints.text(
            "assumeRolePolicyDocument", parameters["AssumeRolePolicyDocument"], isRequired: true, length: documentLength
        )
        constraints.description(parameters)
        let seconds = try constraints.number("maxSessionDuration", parameters["MaxSessionDuration"], sessionSeconds)
        constraints.text("permissionsBoundary", parameters["PermissionsBoundary"], length: 20...2048)
        let tags = Tag.read(parameters, &constraints)
        try constraints.finish()
        try Names.requireLetters(of: "roleName", name)
        try Names.requirePath(parameters["Path"])
        try Tag.requireUnique(tags, .ofRoles)
        let trust = parameters["AssumeRolePolicyDocument"] ?? ""
        try requireTrust(trust)
        if let boundary = parameters["PermissionsBoundary"] { try documents.requireBoundary(boundary, call) }
        guard try documents.role(likeNamed: name) == nil else {
            throw .alreadyExists("Role with name \(name) already exists.")
        }
        guard try documents.roles().count < countMax else {
            throw .limitExceeded("Cannot exceed quota for RolesPerAccount: \(countMax)")
        }
        let role = RoleRecord(
            name: name, path: parameters["Path"] ?? "/", id: Identifiers.unique("AROA", call.random),
            createdAt: call.now, trust: trust, description: parameters["Description"].flatMap { $0.isEmpty ? nil : $0 },
            maxSessionSeconds: seconds ?? RoleRecord.sessionSecondsUsually,
            boundary: parameters["PermissionsBoundary"], tags: tags)
        try documents.save(role)
        return XMLWriter.with { $0.role(role, in: call.scope, as: .created) }
    }

    private static func requireTrust(_ document: String) throws(QueryError) {
        _ = try TrustPolicy(checking: document)
        guard PolicyJSON.size(of: document) <= trustSizeMax else {
            throw .limitExceeded("Cannot exceed quota for ACLSizePerRole: \(trustSizeMax)")
        }
    }

    private static func get(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let role = try documents.role(of: call)
        return XMLWriter.with { $0.role(role, in: call.scope, as: .read) }
    }

    private static func list(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        let prefix = call.parameters["PathPrefix"]
        constraints.text("pathPrefix", prefix, length: 1...512)
        let page = try Page(call.parameters, &constraints)
        try constraints.finish()
        try Names.requirePath(prefix, "pathPrefix")
        let roles = try documents.roles().filter { $0.path.hasPrefix(prefix ?? "/") }
        let (found, marker) = page.take(roles) { $0.name }
        return XMLWriter.with { xml in
            xml.truncation(marker)
            xml.list("Roles", found) { xml, role in xml.roleFields(role, in: call.scope, as: .listed) }
        }
    }

    private static func delete(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let role = try documents.role(of: call)
        guard role.attachedPolicies.isEmpty else {
            throw .deleteConflict("Cannot delete entity, must detach all policies first.")
        }
        guard role.inlinePolicies.isEmpty else {
            throw .deleteConflict("Cannot delete entity, must delete policies first.")
        }
        try documents.remove(role)
        return nil
    }

    /// What is not sent stays.
    private static func update(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        _ = constraints.roleName(call.parameters)
        constraints.description(call.parameters)
        let seconds = try constraints.number(
            "maxSessionDuration", call.parameters["MaxSessionDuration"], sessionSeconds)
        try constraints.finish()
        var role = try documents.role(of: call)
        if let description = call.parameters["Description"] {
            role.description = description.isEmpty ? nil : description
        }
        if let seconds { role.maxSessionSeconds = seconds }
        try documents.save(role)
        return XMLWriter()
    }

    private static func updateDescription(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        _ = constraints.roleName(call.parameters)
        constraints.description(call.parameters, isRequired: true)
        try constraints.finish()
        var role = try documents.role(of: call)
        role.description = call.parameters["Description"].flatMap { $0.isEmpty ? nil : $0 }
        try documents.save(role)
        let changed = role
        return XMLWriter.with { $0.role(changed, in: call.scope, as: .described) }
    }

    private static func updateTrust(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        _ = constraints.roleName(call.parameters)
        constraints.text(
            "policyDocument", call.parameters["PolicyDocument"], isRequired: true, length: documentLength)
        try constraints.finish()
        var role = try documents.role(of: call)
        role.trust = call.parameters["PolicyDocument"] ?? ""
        try requireTrust(role.trust)
        try documents.save(role)
        return nil
    }

    // MARK: Boundaries

    private static func putBoundary(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints()
        _ = constraints.roleName(call.parameters)
        let boundary = call.parameters["PermissionsBoundary"]
        constraints.text("permissionsBoundary", boundary, isRequired: true, length: 20...2048)
        try constraints.finish()
        var role = try documents.role(of: call)
        if let boundary { try documents.requireBoundary(boundary, call) }
        role.boundary = boundary
        try documents.save(role)
        return nil
    }

    private static func deleteBoundary(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var role = try documents.role(of: call)
        guard role.boundary != nil else {
            throw .noSuchEntity("Role \(role.name) does not have a permissions boundary.")
        }
        role.boundary = nil
        try documents.save(role)
        return nil
    }

    /// There are none: who removes a role asks first.
    private static func listInstanceProfiles(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        _ = try documents.role(of: call)
        return XMLWriter.with { xml in
            xml.truncation(nil)
            xml.element("InstanceProfiles", "")
        }
    }
}

extension Constraints {
    /// The role that a request names; empty when it names none, which is a fault.
    mutating func roleName(_ parameters: QueryParameters) -> String {
        text("roleName", parameters["RoleName"], isRequired: true, length: 1...64)
        return parameters["RoleName"] ?? ""
    }

    mutating func description(_ parameters: QueryParameters, isRequired: Bool = false) {
        text(
            "description", parameters["Description"], isRequired: isRequired, length: 0...1000,
            pattern: (Names.descriptionPattern, Names.isDescription))
    }
}

extension DocumentTransaction {
    /// The role that a request names.
    func role(of call: QueryCall) throws(QueryError) -> RoleRecord {
        var constraints = Constraints()
        let name = constraints.roleName(call.parameters)
        try constraints.finish()
        try Names.requireLetters(of: "roleName", name)
        return try role(named: name)
    }
}

extension XMLWriter {
    static func with(_ body: (inout XMLWriter) -> Void) -> XMLWriter {
        var xml = XMLWriter()
        body(&xml)
        return xml
    }

    /// Which of a role's members an action answers.
    enum RoleView { case created, described, read, listed }

    mutating func role(_ role: RoleRecord, in scope: Scope, as view: RoleView) {
        element("Role") { $0.roleFields(role, in: scope, as: view) }
    }

    mutating func roleFields(_ role: RoleRecord, in scope: Scope, as view: RoleView) {
        element("Path", role.path)
        element("RoleName", role.name)
        element("RoleId", role.id)
        element("Arn", role.arn(in: scope))
        element("CreateDate", role.createdAt.date)
        element("AssumeRolePolicyDocument", FormEncoding.encode(role.trust))
        if view != .created { element("Description", role.description) }
        if view == .read || view == .listed { element("MaxSessionDuration", String(role.maxSessionSeconds)) }
        if view == .created || view == .read, let boundary = role.boundary {
            element("PermissionsBoundary") { xml in
                xml.element("PermissionsBoundaryType", "Policy")
                xml.element("PermissionsBoundaryArn", boundary)
            }
        }
        if view == .created || view == .read, !role.tags.isEmpty { tags(role.tags) }
        if view == .read { element("RoleLastUsed", "") }
    }
}

extension Timestamp {
    /// `2026-11-28T02:41:00Z`.
    var date: String { "\(label.prefix(19))Z" }
}
