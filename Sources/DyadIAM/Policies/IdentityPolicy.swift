import DyadModel

/// A policy of what a role may do: inline or managed. Checked, never enforced.
///
/// The checks, their order and their words are those that LocalStack's tests/aws/services/iam/test_iam_policies.py recorded
/// from AWS in February 2026.
enum IdentityPolicy {
    enum Kind { case inline, managed }

    private static let elements: Set<String> = ["Version", "Id", "Statement"]
    private static let statementElements: Set<String> = [
        "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    static func check(_ text: String, _ kind: Kind) throws(QueryError) {
        guard let policy = PolicyJSON(text) else { throw .syntax }
        try requireNoPrincipal(policy)
        guard isWellFormed(policy), let statements = policy.statements, !statements.isEmpty else { throw .syntax }
        // An inline policy of the first version is accepted yet, and so is one without a version, which is of that.
        guard kind == .inline || policy.root["Version"]?.string == "2012-10-17" else {
            throw .malformedPolicy("Policy document must be version 2012-10-17 or greater.")
        }
        let resourceFault = try legacyParse(statements)
        try requireUniqueIDs(statements)
        for statement in statements {
            guard let actions = PolicyJSON.strings(statement["Action"] ?? statement["NotAction"]), !actions.isEmpty
            else { throw .malformedPolicy("Policy statement must contain actions.") }
        }
        for statement in statements {
            guard let resources = PolicyJSON.strings(statement["Resource"] ?? statement["NotResource"]),
                !resources.isEmpty
            else { throw .malformedPolicy("Policy statement must contain resources.") }
        }
        if let resourceFault { throw .malformedPolicy(resourceFault) }
        for statement in statements {
            for action in PolicyJSON.strings(statement["Action"] ?? statement["NotAction"]) ?? [] {
                try requireVendor(action)
            }
        }
    }

    private static func requireNoPrincipal(_ policy: PolicyJSON) throws(QueryError) {
        for statement in policy.statements ?? []
        where statement["Principal"] != nil || statement["NotPrincipal"] != nil {
            throw .malformedPolicy("Policy document should not specify a principal.")
        }
    }

    // MARK: Syntax

    private static func isWellFormed(_ policy: PolicyJSON) -> Bool {
        let root = policy.root
        guard root.members.allSatisfy({ elements.contains($0.name) }) else { return false }
        if let version = root["Version"] {
            guard version.string == "2012-10-17" || version.string == "2008-10-17" else { return false }
        }
        if let id = root["Id"], id.string == nil { return false }
        return (policy.statements ?? []).allSatisfy { isWellFormed(statement: $0) }
    }

    private static func isWellFormed(statement: JSONNode) -> Bool {
        guard statement.members.allSatisfy({ statementElements.contains($0.name) }) else { return false }
        guard statement["Resource"] == nil || statement["NotResource"] == nil,
            statement["Action"] == nil || statement["NotAction"] == nil
        else { return false }
        guard let effect = statement["Effect"]?.string?.lowercased(), effect == "allow" || effect == "deny" else {
            return false
        }
        if let id = statement["Sid"], id.string == nil { return false }
        return ["Action", "NotAction", "Resource", "NotResource"].allSatisfy { PolicyJSON.isStrings(statement, $0) }
            && PolicyCondition.isWellFormed(statement["Condition"])
    }

    // MARK: What an older parser wants

    /// - Returns: what is wrong with a resource, told only when nothing else is.
    private static func legacyParse(_ statements: [JSONNode]) throws(QueryError) -> String? {
        let failed = QueryError.malformedPolicy("The policy failed legacy parsing")
        for statement in statements {
            guard let effect = statement["Effect"]?.string, effect == "Allow" || effect == "Deny",
                PolicyCondition.hasDates(statement["Condition"])
            else { throw failed }
        }
        var fault: String?
        for member in ["Resource", "NotResource"] {
            for statement in statements {
                let resources = (PolicyJSON.strings(statement[member]) ?? []).filter { $0 != "*" }
                // The first in order is told of.
                for resource in resources.sorted(by: { Text($0) < Text($1) }) {
                    fault = fault ?? PolicyResource.fault(of: resource)
                }
                guard fault != nil || resources.allSatisfy(PolicyResource.isLegacy) else { throw failed }
            }
        }
        return fault
    }

    private static func requireUniqueIDs(_ statements: [JSONNode]) throws(QueryError) {
        var seen: Set<Text> = []
        for id in statements.compactMap({ $0["Sid"]?.string }) where !id.isEmpty {
            guard seen.insert(Text(id)).inserted else {
                throw .malformedPolicy("Statement IDs (SID) in a single policy must be unique.")
            }
        }
    }

    private static func requireVendor(_ action: String) throws(QueryError) {
        let parts = action.split(separator: ":", omittingEmptySubsequences: false)
        let vendor = String(parts[0])
        guard parts.count > 1 || vendor == "*" else {
            throw .malformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        guard parts.count <= 2 else { throw .malformedPolicy("Actions/Condition can contain only one colon.") }
        let isVendor = vendor.utf8.allSatisfy { byte in
            Names.isNameLetter(byte) && !"_+=,@".utf8.contains(byte)
        }
        guard vendor == "*" || isVendor else { throw .malformedPolicy("Vendor \(vendor) is not valid") }
    }
}

extension QueryError {
    fileprivate static let syntax = QueryError.malformedPolicy("Syntax errors in policy.")
}
