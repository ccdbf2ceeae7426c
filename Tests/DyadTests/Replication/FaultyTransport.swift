import DyadClient
import DyadModel
import Synchronization

/// Carries requests to a server, and does now and then what networks and services do.
final class FaultyTransport: Transport {
    enum Fault: String, Sendable, CaseIterable {
        /// Nobody answers: the request was not carried out.
        case refusedConnection
        /// It was carried out, and the connection broke before the answer came.
        case lostAnswer
        /// A proxy's page with status 500.
        case serverError
        case throttled
        /// Every second write or key is left unprocessed.
        case halfUnprocessed
        case allUnprocessed
    }

    /// Which fault a request meets; its operation and number, from 1 and by operation, say which it is.
    typealias Choice = @Sendable (_ operation: String, _ number: Int) -> Fault?

    /// What outlives the transport: counts, and what was seen.
    final class Plan: Sendable {
        private let choice: Choice
        private let onRequest: @Sendable (_ operation: String, _ body: JSONNode) async -> Void
        private let numbers = Mutex<[String: Int]>([:])
        private let met = Mutex<Int>(0)

        init(_ choice: @escaping Choice) {
            self.choice = choice
            onRequest = { _, _ in }
        }

        private init(_ onRequest: @escaping @Sendable (_ operation: String, _ body: JSONNode) async -> Void) {
            choice = { _, _ in nil }
            self.onRequest = onRequest
        }

        /// No faults; `onRequest` sees each request before it leaves.
        static func watching(
            _ onRequest: @escaping @Sendable (_ operation: String, _ body: JSONNode) async -> Void
        ) -> Plan { Plan(onRequest) }

        /// Requests of the operation so far.
        func count(_ operation: String) -> Int { numbers.withLock { $0[operation] ?? 0 } }
        var faultsMet: Int { met.withLock { $0 } }

        fileprivate func next(_ operation: String, _ body: [UInt8]) async -> Fault? {
            let number = numbers.withLock { numbers in
                numbers[operation, default: 0] += 1
                return numbers[operation, default: 0]
            }
            if let document = try? JSONDocument(parsing: body) { await onRequest(operation, document.root) }
            let fault = choice(operation, number)
            if fault != nil { met.withLock { $0 += 1 } }
            return fault
        }
    }

    private let network: any Transport
    private let plan: Plan

    init(_ network: any Transport, _ plan: Plan) {
        self.network = network
        self.plan = plan
    }

    func send(_ request: TransportRequest) async throws(ClientError) -> TransportAnswer {
        let target = request.headers.first { $0.name == "x-amz-target" }?.value ?? ""
        let operation = String(target.drop { $0 != "." }.dropFirst())
        switch await plan.next(operation, request.body) {
        case nil: return try await network.send(request)
        case .refusedConnection:
            throw .transport(description: "connection refused", wasSent: false, isTimeout: false)
        case .lostAnswer:
            _ = try await network.send(request)
            throw .transport(description: "connection reset", wasSent: true, isTimeout: false)
        case .serverError: return TransportAnswer(status: 500, body: Array("<html>Internal Server Error</html>".utf8))
        case .throttled:
            let name = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
            return TransportAnswer(status: 400, body: Array(#"{"__type":"\#(name)","message":"slow down"}"#.utf8))
        case .halfUnprocessed: return try await sendPart(of: request, operation) { $0 % 2 == 0 }
        case .allUnprocessed: return try await sendPart(of: request, operation) { _ in false }
        }
    }

    func shutdown() async { await network.shutdown() }

    /// Sends those writes, or asks for those keys, whose place is wanted; the others come back as unprocessed.
    private func sendPart(
        of request: TransportRequest, _ operation: String, _ isWanted: (Int) -> Bool
    ) async throws(ClientError) -> TransportAnswer {
        let isWrite = operation == "BatchWriteItem"
        guard isWrite || operation == "BatchGetItem", let document = try? JSONDocument(parsing: request.body),
            let table = document.root["RequestItems"]?.members.first(where: { _ in true })
        else { return try await network.send(request) }
        let all = (isWrite ? table.value : table.value["Keys"])?.elements.map { Array($0.raw) } ?? []
        let wanted = all.indices.filter(isWanted).map { all[$0] }
        let left = all.indices.filter { !isWanted($0) }.map { all[$0] }
        func tables(_ entries: [[UInt8]]) -> [UInt8] {
            var list: [UInt8] = [UInt8(ascii: "[")]
            for (index, entry) in entries.enumerated() { list += (index > 0 ? [UInt8(ascii: ",")] : []) + entry }
            list.append(UInt8(ascii: "]"))
            if !isWrite { list = Array(#"{"ConsistentRead":true,"Keys":"#.utf8) + list + [UInt8(ascii: "}")] }
            return Array(#"{"\#(table.name)":"#.utf8) + list + [UInt8(ascii: "}")]
        }
        var answer = Array("{".utf8)
        if wanted.isEmpty {
            if !isWrite { answer += Array(#""Responses":{"\#(table.name)":[]},"#.utf8) }
        } else {
            var part = request
            part.body = Array(#"{"RequestItems":"#.utf8) + tables(wanted) + [UInt8(ascii: "}")]
            let done = try await network.send(part)
            guard done.status == 200, let node = try? JSONDocument(parsing: done.body).root else { return done }
            if let found = node["Responses"] { answer += Array(#""Responses":"#.utf8) + found.raw + Array(",".utf8) }
        }
        answer += Array((isWrite ? #""UnprocessedItems":"# : #""UnprocessedKeys":"#).utf8)
        answer += left.isEmpty ? Array("{}".utf8) : tables(left)
        return TransportAnswer(status: 200, body: answer + [UInt8(ascii: "}")])
    }
}

extension FaultyTransport {
    /// `id` and `v` of the items that a BatchWriteItem puts, in their order.
    static func versions(in body: JSONNode) -> [(id: Int, version: Int)] {
        var found: [(Int, Int)] = []
        for (_, writes) in body["RequestItems"]?.members.map({ $0 }) ?? [] {
            for write in writes.elements {
                let item = write["PutRequest"]?["Item"]
                guard let id = item?["id"]?["S"]?.string.flatMap({ Int($0) }),
                    let version = item?["v"]?["N"]?.string.flatMap({ Int($0) })
                else { continue }
                found.append((id, version))
            }
        }
        return found
    }
}
