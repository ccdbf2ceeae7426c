/// A service beside DynamoDB that an emulator answers for: IAM, STS, Lambda.
///
/// Which one a request means stands in its credential scope, `…/20261122/cn-north-1/lambda/aws4_request`; so one port
/// serves them all, as it serves all regions.
package protocol EmulatedService: Sendable {
    /// The service's names in credential scopes: `iam`, `sts`, `lambda`.
    static var signingNames: [String] { get }

    /// Answers every request, a wrong one in the service's own form.
    func respond(to request: ServiceRequest) async -> ServiceReply
}

/// A request to such a service, with its signature read.
package struct ServiceRequest: Sendable {
    /// `POST`.
    package var method: String
    /// Path and query as they were sent: `/2015-03-31/functions/?Marker=…`.
    package var target: String
    /// In the order in which they came.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Whose data it means. The services that AWS has once a partition are signed for one region of it.
    package var scope: Scope
    /// The name in the credential scope, one of `signingNames`.
    package var service: String
    package var accessKeyID: String
    /// Unique: answered as `x-amzn-RequestId`.
    package var id: String

    package init(
        method: String, target: String, headers: [(name: String, value: String)], body: [UInt8], scope: Scope,
        service: String, accessKeyID: String, id: String
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.scope = scope
        self.service = service
        self.accessKeyID = accessKeyID
        self.id = id
    }

    /// The first of that name, compared as HTTP compares names.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

package struct ServiceReply: Sendable {
    package var status: Int
    /// Those of this answer alone; length, date and request identifier are added.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
