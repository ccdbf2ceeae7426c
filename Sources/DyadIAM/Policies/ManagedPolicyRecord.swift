import DyadModel

/// A managed policy of an account as it is kept, with its versions.
struct ManagedPolicyRecord: Sendable, Equatable {
    struct Version: Sendable, Equatable {
        /// Its number: 1 for `v1`.
        var number: Int
        var createdAt: Timestamp
        var document: String

        var id: String { "v\(number)" }
    }

    var name: String
    var path: String
    /// `ANPA…`.
    var id: String
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var description: String?
    var tags: [Tag] = []
    /// The oldest first; never empty.
    var versions: [Version]
    var defaultNumber: Int
    /// Numbers are not given twice.
    var nextNumber: Int

    static let kind = "iam.policy"

    func arn(in scope: Scope) -> String {
        "arn:\(scope.region.partition):iam::\(scope.account.rawValue):policy\(path)\(name)"
    }

    func version(_ id: String) -> Version? { versions.first { $0.id == id } }
}

extension ManagedPolicyRecord {
    var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("name", name)
            json.member("path", path)
            json.member("id", id)
            json.member("created", Int(createdAt.milliseconds))
            json.member("updated", Int(updatedAt.milliseconds))
            json.member("description", description)
            json.member("tags") { Tag.write(tags, to: &$0) }
            json.member("versions") { json in
                json.array { json in
                    for version in versions {
                        json.object {
                            $0.member("number", version.number)
                            $0.member("created", Int(version.createdAt.milliseconds))
                            $0.member("document", version.document)
                        }
                    }
                }
            }
            json.member("default", defaultNumber)
            json.member("next", nextNumber)
        }
        return json.bytes
    }

    /// Nil for what was not written by `json`.
    init?(json: [UInt8]) {
        guard let root = try? JSONDocument(parsing: json).root, let name = root["name"]?.string,
            let path = root["path"]?.string, let id = root["id"]?.string, let created = root["created"]?.integer,
            let updated = root["updated"]?.integer, let defaultNumber = root["default"]?.integer,
            let nextNumber = root["next"]?.integer
        else { return nil }
        var versions: [Version] = []
        for node in root["versions"].map({ Array($0.elements) }) ?? [] {
            guard let number = node["number"]?.integer, let created = node["created"]?.integer,
                let document = node["document"]?.string
            else { return nil }
            versions.append(
                Version(number: number, createdAt: Timestamp(milliseconds: Int64(created)), document: document))
        }
        self.init(
            name: name, path: path, id: id, createdAt: Timestamp(milliseconds: Int64(created)),
            updatedAt: Timestamp(milliseconds: Int64(updated)), description: root["description"]?.string,
            tags: Tag.read(root["tags"]), versions: versions, defaultNumber: defaultNumber, nextNumber: nextNumber)
    }
}

extension ManagedPolicyRecord: NamedRecord { static let noun = "policy" }

extension DocumentTransaction {
    /// Nil when there is none with just this ARN in the caller's account.
    func managedPolicy(_ arn: PolicyARN, _ call: QueryCall) throws(QueryError) -> ManagedPolicyRecord? {
        guard arn.account == call.scope.account, arn.partition == call.partition,
            let policy = try managedPolicy(likeNamed: arn.name), policy.arn(in: call.scope) == arn.text
        else { return nil }
        return policy
    }

    func managedPolicy(likeNamed name: String) throws(QueryError) -> ManagedPolicyRecord? {
        try record(likeNamed: name)
    }

    /// In the order of their names.
    func managedPolicies() throws(QueryError) -> [ManagedPolicyRecord] { try records() }
}
