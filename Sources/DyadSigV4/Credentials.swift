/// What a request is signed with. A session token belongs to temporary credentials alone.
package struct Credentials: Sendable, Hashable {
    package let accessKeyID: String
    package let secretAccessKey: String
    package let sessionToken: String?

    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible {
    /// Never the secret: descriptions end up in logs.
    package var description: String { "Credentials(\(accessKeyID))" }
    package var debugDescription: String { description }
}
