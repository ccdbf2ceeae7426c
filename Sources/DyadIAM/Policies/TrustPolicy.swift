import DyadModel

/// A policy of who may assume a role. Checked by its form; who assumes a role is not held against it.
///
/// AWS's words for what is wrong come from LocalStack's tests/aws/services/iam/test_iam_roles.py, recorded from AWS in
/// February 2026, and from what clients report.
struct TrustPolicy {
    private let statements: [JSONNode]

    private static let elements: Set<String> = ["Version", "Id", "Statement"]
    private static let statementElements: Set<String> = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition",
    ]

    init(checking text: String) throws(QueryError) {
        guard let policy = PolicyJSON(text) else { throw .malformedPolicy("This policy contains invalid Json") }
        for (name, _) in policy.root.members where !Self.elements.contains(name) {
            throw .malformedPolicy("Unknown field \(name)")
        }
        if let version = policy.root["Version"] {
            guard version.string == "2012-10-17" || version.string == "2008-10-17" else {
                throw .malformedPolicy("The policy must contain a valid version string")
            }
        }
        guard policy.root["Statement"] != nil else { throw .malformedPolicy("Missing required field Statement") }
        guard let statements = policy.statements else {
            throw .malformedPolicy("This policy contains invalid Json")
        }
        guard !statements.isEmpty else {
            throw .malformedPolicy("Could not parse the policy: Statement is empty!")
        }
        for statement in statements { try Self.check(statement) }
        self.statements = statements
    }

    private static func check(_ statement: JSONNode) throws(QueryError) {
        if statement["Resource"] != nil { throw .malformedPolicy("Has prohibited field Resource") }
        if statement["NotResource"] != nil {
            throw .malformedPolicy("AssumeRole policy must not contain resources.")
        }
        for (name, _) in statement.members where !statementElements.contains(name) {
            throw .malformedPolicy("Unknown field \(name)")
        }
        guard let effect = statement["Effect"] else { throw .malformedPolicy("Missing required field Effect") }
        guard effect.string == "Allow" || effect.string == "Deny" else {
            throw .malformedPolicy("Invalid effect: \(effect.string ?? String(decoding: effect.raw, as: UTF8.self))")
        }
        if statement["NotPrincipal"] != nil {
            guard effect.string == "Deny" else {
                throw .malformedPolicy("Allow with NotPrincipal is not allowed.")
            }
        } else {
            guard let principal = statement["Principal"] else {
                throw .malformedPolicy("Missing required field Principal")
            }
            try TrustedPrincipal.check(principal)
        }
        try checkActions(statement)
        guard PolicyCondition.isWellFormed(statement["Condition"]) else {
            throw .malformedPolicy("This policy contains invalid Json")
        }
    }

    private static func checkActions(_ statement: JSONNode) throws(QueryError) {
        guard let node = statement["Action"] ?? statement["NotAction"] else {
            throw .malformedPolicy("Missing required field Action")
        }
        guard let actions = PolicyJSON.strings(node), !actions.isEmpty else {
            throw .malformedPolicy("Missing required field Action cannot be empty!")
        }
        let allowed = ["sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"]
        for action in actions.map({ $0.lowercased() }) {
            let isOfRoles = allowed.contains { action.hasPrefix($0) }
            guard isOfRoles || action.hasPrefix("sts:") && action.contains("*") else {
                throw .malformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
            }
        }
    }

    /// Whether a service, `lambda.amazonaws.com`, may assume the role as far as principals go: conditions are not looked at.
    func admits(service: String) -> Bool {
        func names(_ statement: JSONNode) -> Bool {
            guard let principal = statement["Principal"] else { return false }
            if principal.string == "*" { return true }
            let services = PolicyJSON.strings(principal["Service"]) ?? []
            // China's names of services end otherwise and mean the same.
            return services.contains { $0 == service || $0 == "\(service).cn" }
        }
        return statements.contains { $0["Effect"]?.string == "Allow" && names($0) }
            && !statements.contains { $0["Effect"]?.string == "Deny" && $0["Condition"] == nil && names($0) }
    }
}

/// Whom a trust policy names.
private enum TrustedPrincipal {
    static func check(_ node: JSONNode) throws(QueryError) {
        if node.string == "*" { return }
        guard PolicyJSON.isObject(node) else {
            let text = node.string ?? String(decoding: node.raw, as: UTF8.self)
            throw .malformedPolicy("Invalid principal in policy: \"STAR\":\"\(text)\"")
        }
        guard !node.isEmpty else {
            throw .malformedPolicy("Missing required field Principal cannot be empty!")
        }
        for (kind, value) in node.members {
            guard let names = PolicyJSON.strings(value), !names.isEmpty else {
                throw .malformedPolicy("Missing required field Principal cannot be empty!")
            }
            for name in names {
                guard isPrincipal(name, kind) else {
                    throw .malformedPolicy("Invalid principal in policy: \"\(shown(kind))\":\"\(name)\"")
                }
            }
        }
    }

    private static func shown(_ kind: String) -> String { kind == "AWS" ? kind : kind.uppercased() }

    private static func isPrincipal(_ name: String, _ kind: String) -> Bool {
        switch kind {
        case "AWS": isOfAWS(name)
        // Which services there are is not known here.
        case "Service": name.contains(".") && !name.hasPrefix(".") && !name.hasSuffix(".") && !name.contains(" ")
        case "Federated": !name.isEmpty
        case "CanonicalUser": name.utf8.count == 64
        default: false
        }
    }

    /// An account, one of its users, roles or sessions, or anyone. Whether it exists is not looked at.
    private static func isOfAWS(_ name: String) -> Bool {
        if name == "*" || AccountID(name) != nil { return true }
        // What a role or user that was deleted has become.
        if name.hasPrefix("AROA") || name.hasPrefix("AIDA") { return Names.isName(name) }
        let parts = name.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[3].isEmpty,
            AccountID(parts[4]) != nil
        else { return false }
        let resource = parts[5]
        switch parts[2] {
        case "iam":
            return resource == "root"
                || ["user/", "role/"].contains { resource.hasPrefix($0) && resource.utf8.count > $0.utf8.count }
        case "sts": return ["assumed-role/", "federated-user/"].contains { resource.hasPrefix($0) }
        default: return false
        }
    }
}
