import DyadModel
import Synchronization

/// The facts of one call of the Query protocol that are not its parameters.
struct QueryCall: Sendable {
    let parameters: QueryParameters
    /// The caller's account, where its partition keeps what it has once.
    let scope: Scope
    let accessKeyID: String
    let now: Timestamp
    let random: @Sendable () -> UInt64

    var partition: String { scope.region.partition }
}

/// One action: what is legal and what it does, over what is kept in a scope.
struct QueryAction: Sendable {
    typealias Run = @Sendable (QueryCall, inout any DocumentTransaction) throws(QueryError) -> XMLWriter?

    let name: String
    /// Whose documents it needs: the caller's, mostly.
    let place: @Sendable (QueryCall) throws(QueryError) -> Scope
    /// Nil for an action that answers nothing. Whatever it did is undone when it throws.
    let run: Run

    init(
        _ name: String, in place: @escaping @Sendable (QueryCall) throws(QueryError) -> Scope = { $0.scope },
        _ run: @escaping Run
    ) {
        self.name = name
        self.place = place
        self.run = run
    }
}

/// A service of the Query protocol: forms in, XML out.
struct QueryService: Sendable {
    let version: String
    /// `https://iam.amazonaws.com/doc/2010-05-08/`.
    let namespace: String
    let actions: [String: QueryAction]
    let documents: any DocumentStore
    let clock: any WallClock
    let random: @Sendable () -> UInt64

    func respond(to request: ServiceRequest) async -> ServiceReply {
        do throws(QueryError) {
            let parameters = QueryParameters(request)
            let action = try action(of: parameters)
            let call = QueryCall(
                parameters: parameters, scope: request.scope.global, accessKeyID: request.accessKeyID, now: clock.now,
                random: random)
            return reply(try await perform(action, call), of: action, id: request.id)
        } catch {
            return refusal(error, id: request.id)
        }
    }

    private func action(of parameters: QueryParameters) throws(QueryError) -> QueryAction {
        guard let name = parameters["Action"], !name.isEmpty else {
            throw QueryError("MissingAction", "The request must contain the parameter Action.")
        }
        let asked = parameters["Version"] ?? "NO_VERSION_SPECIFIED"
        guard asked == version, let action = actions[name] else {
            throw QueryError("InvalidAction", "Could not find operation \(name) for version \(asked)")
        }
        return action
    }

    private func perform(_ action: QueryAction, _ call: QueryCall) async throws(QueryError) -> XMLWriter? {
        let place = try action.place(call)
        let refusal = Refusal()
        do throws(DynamoError) {
            return try await documents.transact(in: place) { (transaction) throws(DynamoError) in
                do throws(QueryError) {
                    return try action.run(call, &transaction)
                } catch {
                    refusal.set(error)
                    // Only what throws is undone.
                    throw DynamoError.validation(error.message)
                }
            }
        } catch {
            throw refusal.error ?? QueryError(error)
        }
    }

    // MARK: Answers

    private func reply(_ result: XMLWriter?, of action: QueryAction, id: String) -> ServiceReply {
        var xml = XMLWriter()
        xml.element("\(action.name)Response", namespace: namespace) { xml in
            if let result { xml.element("\(action.name)Result") { $0.append(result) } }
            xml.element("ResponseMetadata") { $0.element("RequestId", id) }
        }
        return ServiceReply(status: 200, headers: Self.headers, body: xml.bytes)
    }

    private func refusal(_ error: QueryError, id: String) -> ServiceReply {
        var xml = XMLWriter()
        xml.element("ErrorResponse", namespace: namespace) { xml in
            xml.element("Error") { xml in
                xml.element("Type", error.status < 500 ? "Sender" : "Receiver")
                xml.element("Code", error.code)
                xml.element("Message", error.message)
            }
            xml.element("RequestId", id)
        }
        return ServiceReply(status: error.status, headers: Self.headers, body: xml.bytes)
    }

    private static let headers = [(name: "Content-Type", value: "text/xml")]
}

extension Scope {
    /// Where the account keeps what a partition has once.
    var global: Scope { Scope(account: account, region: region.global) }
}

/// Carries a refusal past the store, which knows only its own.
private final class Refusal: Sendable {
    private let box = Mutex<QueryError?>(nil)
    var error: QueryError? { box.withLock { $0 } }
    func set(_ error: QueryError) { box.withLock { $0 = error } }
}
