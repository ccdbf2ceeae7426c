import DyadModel

extension LambdaService {
    func invoke(_ identity: FunctionIdentity, _ request: ServiceRequest) async throws(LambdaError) -> ServiceReply {
        let type = request.header("X-Amz-Invocation-Type") ?? "RequestResponse"
        let logType = request.header("X-Amz-Log-Type")
        var constraints = Constraints()
        constraints.check(type, "invocationType", oneOf: ["Event", "RequestResponse", "DryRun"])
        constraints.check(logType, "logType", oneOf: ["None", "Tail"])
        try constraints.verify()
        let limit = type == "Event" ? LambdaLimits.eventBytesMax : LambdaLimits.requestBytesMax
        guard request.body.count <= limit else { throw .tooLarge(limit, "InvokeFunction") }
        let record = try await store.function(identity)
        // What is sent without a body arrives as an empty object.
        let payload = request.body.isEmpty ? Array("{}".utf8) : request.body
        try Self.checkPayload(payload)
        let context = try Self.clientContext(request.header("X-Amz-Client-Context"))
        let requestID = Identifiers.uuid()
        switch type {
        case "DryRun": return ServiceReply(status: 204, headers: Self.version, body: [])
        case "Event":
            let work = EventInvoker.Work(identity: identity, payload: payload, clientContext: context)
            guard await events.accept(requestID, work) else { throw .throttled }
            return ServiceReply(status: 202, body: [])
        default:
            let result = await hosts.invoke(identity, record, requestID, payload, clientContext: context)
            return try Self.reply(result, withLog: logType == "Tail")
        }
    }

    private static let version = [(name: "X-Amz-Executed-Version", value: "$LATEST")]

    private static func checkPayload(_ payload: [UInt8]) throws(LambdaError) {
        do throws(JSONError) {
            _ = try JSONDocument(parsing: payload)
        } catch {
            throw LambdaError(
                type: "InvalidRequestContentException", status: 400,
                message: "Could not parse request body into json: Could not parse payload into json: "
                    + "\(error.reason) at byte \(error.offset)")
        }
    }

    /// The JSON that base64 stands for; nil for none.
    private static func clientContext(_ header: String?) throws(LambdaError) -> String? {
        guard let header, !header.isEmpty else { return nil }
        guard let bytes = Base64.decode(header.utf8), let document = try? JSONDocument(parsing: bytes),
            document.root.kind == .object
        else {
            throw LambdaError(
                type: "InvalidRequestContentException", status: 400,
                message: "Client context must be a valid Base64-encoded JSON object.")
        }
        // It travels on in a header: a line break in it, which may stand between members, must not end that.
        return String(decoding: bytes.filter { $0 >= 0x20 }, as: UTF8.self)
    }

    private static func reply(_ result: InvocationResult, withLog: Bool) throws(LambdaError) -> ServiceReply {
        guard let payload = result.payload else {
            if case .throttled = result.outcome { throw .throttled }
            throw .service("The function was deleted, or the server stops.")
        }
        var headers = version + [(name: "Content-Type", value: "application/json")]
        if !result.isSuccess { headers.append((name: "X-Amz-Function-Error", value: "Unhandled")) }
        if withLog {
            var log: [UInt8] = []
            Base64.encode(result.logTail, into: &log)
            headers.append((name: "X-Amz-Log-Result", value: String(decoding: log, as: UTF8.self)))
        }
        return ServiceReply(status: 200, headers: headers, body: payload)
    }
}
