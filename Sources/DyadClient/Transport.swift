/// One request, ready to leave.
package struct TransportRequest: Sendable {
    package let method: String
    package let url: EndpointURL
    /// Path and query.
    package let target: String
    package let headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String = "POST", url: EndpointURL, target: String, headers: [(name: String, value: String)],
        body: [UInt8] = []
    ) {
        self.method = method
        self.url = url
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// What came back, whole.
package struct TransportAnswer: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// - Parameter name: lowercase.
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// Carries requests; knows nothing of DynamoDB.
package protocol Transport: Sendable {
    /// - Throws: `.transport` or `.malformedAnswer`.
    func send(_ request: TransportRequest) async throws(ClientError) -> TransportAnswer
    /// Closes connections. Nothing may be sent afterwards.
    func shutdown() async
}
