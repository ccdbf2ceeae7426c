import DyadModel

/// A role as it is kept: with its policies, since all of them go with it.
struct RoleRecord: Sendable, Equatable {
    struct InlinePolicy: Sendable, Equatable {
        var name: String
        var document: String
    }

    var name: String
    /// `/`, `/service-role/`.
    var path: String
    /// `AROA…`.
    var id: String
    var createdAt: Timestamp
    /// As it was sent.
    var trust: String
    var description: String?
    var maxSessionSeconds = Self.sessionSecondsUsually
    /// The ARN of a managed policy.
    var boundary: String?
    var tags: [Tag] = []
    /// In the order of their names.
    var inlinePolicies: [InlinePolicy] = []
    /// ARNs of managed policies, in the order in which they were attached.
    var attachedPolicies: [String] = []

    static let sessionSecondsUsually = 3600
    static let kind = "iam.role"

    func arn(in scope: Scope) -> String {
        "arn:\(scope.region.partition):iam::\(scope.account.rawValue):role\(path)\(name)"
    }
}

extension RoleRecord {
    var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("name", name)
            json.member("path", path)
            json.member("id", id)
            json.member("created", Int(createdAt.milliseconds))
            json.member("trust", trust)
            json.member("description", description)
            json.member("maxSession", maxSessionSeconds)
            json.member("boundary", boundary)
            json.member("tags") { Tag.write(tags, to: &$0) }
            json.member("inline") { json in
                json.array { json in
                    for policy in inlinePolicies {
                        json.object {
                            $0.member("name", policy.name)
                            $0.member("document", policy.document)
                        }
                    }
                }
            }
            json.member("attached") { json in
                json.array { json in for arn in attachedPolicies { json.string(arn) } }
            }
        }
        return json.bytes
    }

    /// Nil for what was not written by `json`.
    init?(json: [UInt8]) {
        guard let root = try? JSONDocument(parsing: json).root, let name = root["name"]?.string,
            let path = root["path"]?.string, let id = root["id"]?.string, let created = root["created"]?.integer,
            let trust = root["trust"]?.string, let maxSession = root["maxSession"]?.integer
        else { return nil }
        self.init(
            name: name, path: path, id: id, createdAt: Timestamp(milliseconds: Int64(created)), trust: trust,
            description: root["description"]?.string, maxSessionSeconds: maxSession,
            boundary: root["boundary"]?.string, tags: Tag.read(root["tags"]))
        for node in root["inline"].map({ Array($0.elements) }) ?? [] {
            guard let name = node["name"]?.string, let document = node["document"]?.string else { return nil }
            inlinePolicies.append(InlinePolicy(name: name, document: document))
        }
        attachedPolicies = root["attached"].map { $0.elements.compactMap(\.string) } ?? []
    }
}

extension RoleRecord: NamedRecord { static let noun = "role" }

/// Roles among the documents of a scope. Two names that differ by case alone are one name, though a role is found by its
/// own spelling only.
extension DocumentTransaction {
    func role(named name: String) throws(QueryError) -> RoleRecord {
        guard let role = try role(likeNamed: name), Text(role.name) == Text(name) else {
            throw .noSuchEntity("The role with name \(name) cannot be found.")
        }
        return role
    }

    /// The role that has this name in any spelling.
    func role(likeNamed name: String) throws(QueryError) -> RoleRecord? { try record(likeNamed: name) }

    /// In the order of their names.
    func roles() throws(QueryError) -> [RoleRecord] { try records() }
}
