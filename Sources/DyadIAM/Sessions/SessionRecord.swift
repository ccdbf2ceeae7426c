import DyadModel

/// What a role was assumed as: kept with the role's account, by the access key that was handed out.
struct SessionRecord: Sendable, Equatable {
    var accessKeyID: String
    var roleName: String
    /// `AROA…`.
    var roleID: String
    var name: String
    var expiresAt: Timestamp

    static let kind = "sts.session"
    /// Sessions of an account that are kept. Those that end first make room.
    static let countMax = 10_000

    /// `arn:aws:sts::123456789012:assumed-role/role/session`: without the role's path.
    func arn(in scope: Scope) -> String {
        "arn:\(scope.region.partition):sts::\(scope.account.rawValue):assumed-role/\(roleName)/\(name)"
    }

    /// `AROA…:session`.
    var userID: String { "\(roleID):\(name)" }
}

extension SessionRecord {
    var json: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("key", accessKeyID)
            $0.member("role", roleName)
            $0.member("roleID", roleID)
            $0.member("name", name)
            $0.member("expires", Int(expiresAt.milliseconds))
        }
        return json.bytes
    }

    /// Nil for what was not written by `json`.
    init?(json: [UInt8]) {
        guard let root = try? JSONDocument(parsing: json).root, let key = root["key"]?.string,
            let role = root["role"]?.string, let roleID = root["roleID"]?.string, let name = root["name"]?.string,
            let expires = root["expires"]?.integer
        else { return nil }
        self.init(
            accessKeyID: key, roleName: role, roleID: roleID, name: name,
            expiresAt: Timestamp(milliseconds: Int64(expires)))
    }
}

extension DocumentTransaction {
    func session(of accessKeyID: String) throws(QueryError) -> SessionRecord? {
        do throws(DynamoError) {
            return try document(SessionRecord.kind, accessKeyID).flatMap { SessionRecord(json: $0) }
        } catch {
            throw QueryError(error)
        }
    }

    /// Keeps a session, and forgets those that have ended.
    mutating func save(_ session: SessionRecord, at now: Timestamp) throws(QueryError) {
        do throws(DynamoError) {
            let sessions = try documents(SessionRecord.kind).compactMap { SessionRecord(json: $0.body) }
                .sorted { $0.expiresAt < $1.expiresAt }
            let tooMany = max(0, sessions.count + 1 - SessionRecord.countMax)
            for (place, old) in sessions.enumerated() where old.expiresAt <= now || place < tooMany {
                try remove(SessionRecord.kind, old.accessKeyID)
            }
            try put(SessionRecord.kind, session.accessKeyID, session.json)
        } catch {
            throw QueryError(error)
        }
    }
}
