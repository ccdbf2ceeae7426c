package import DyadModel
import DyadReplicator

/// Lambda's event source mappings: what clients ask of them, and their running.
package final class EventSourceMappings: Sendable {
    private let ports: MappingPorts
    private let store: MappingStore
    private let supervisor: MappingSupervisor

    package init(_ ports: MappingPorts) {
        self.ports = ports
        store = MappingStore(documents: ports.documents)
        supervisor = MappingSupervisor(ports)
    }

    /// Takes up the mappings of these accounts and regions where they stand; others are begun when they are made.
    package func start(_ scopes: [Scope]) async { await supervisor.start(scopes) }

    /// Ends all of them after a last checkpoint. Call it before functions and stores are closed.
    ///
    /// - Parameter milliseconds: how long batches are waited for that were handed over. One that is not answered by then
    ///   comes again after the next start.
    package func stop(within milliseconds: Int64 = 2000) async { await supervisor.stop(within: milliseconds) }

    /// Answers a request to `/2015-03-31/event-source-mappings/`; nil for any other path.
    package func respond(to request: ServiceRequest) async -> ServiceReply? {
        guard let path = MappingPath(request.target) else { return nil }
        do throws(MappingError) { return try await answer(request, path) } catch { return error.reply }
    }

    private func answer(_ request: ServiceRequest, _ path: MappingPath) async throws(MappingError) -> ServiceReply {
        switch (request.method, path.id) {
        case ("POST", nil): try await create(request)
        case ("GET", nil): try await list(path, request.scope)
        case ("GET", let id?): Self.reply(200, try await existing(id, request.scope))
        case ("PUT", let id?): try await update(id, request)
        case ("DELETE", let id?): try await delete(id, request.scope)
        default: throw .methodNotAllowed(request.method)
        }
    }

    private static func reply(_ status: Int, _ mapping: EventSourceMapping) -> ServiceReply {
        json(status, MappingFormat.answer(mapping))
    }

    private static func json(_ status: Int, _ body: [UInt8]) -> ServiceReply {
        ServiceReply(status: status, headers: [("Content-Type", "application/json")], body: body)
    }

    private func existing(_ id: String, _ scope: Scope) async throws(MappingError) -> EventSourceMapping {
        let found: EventSourceMapping?
        do throws(DynamoError) { found = try await store.mapping(id, in: scope) } catch { throw MappingError(error) }
        guard let found else { throw .notFound }
        return found
    }

    // MARK: Create

    private func create(_ request: ServiceRequest) async throws(MappingError) -> ServiceReply {
        let input = try MappingInput(reading: request.body)
        guard let name = input.functionName else {
            throw .validation(
                "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: "
                    + "Member must not be null")
        }
        let (streamARN, position) = try source(input)
        let settings = try input.applied(to: MappingSettings())
        let functionARN = try await function(name, request.scope)
        try await checkStream(streamARN, request.scope)
        let made = EventSourceMapping(
            id: ports.identity(), scope: request.scope, streamARN: streamARN, startingPosition: position,
            functionARN: functionARN, settings: settings, isEnabled: input.isEnabled ?? true, state: .creating,
            lastModified: ports.clock.now)
        let conflict = Found()
        do throws(DynamoError) {
            try await store.add(in: request.scope) { others in
                let other = others.first { $0.streamARN == streamARN && $0.functionARN == functionARN }
                conflict.note(other)
                return other == nil ? made : nil
            }
        } catch {
            throw MappingError(error)
        }
        if let other = conflict.mapping { throw .exists(other, function: Self.shown(functionARN)) }
        await supervisor.changed(made.id, in: request.scope)
        return Self.reply(202, made)
    }

    /// The name alone, as AWS tells of a conflict.
    private static func shown(_ functionARN: String) -> String { FunctionName(functionARN)?.name ?? functionARN }

    private func source(
        _ input: MappingInput
    ) throws(MappingError) -> (String, EventSourceMapping.StartingPosition) {
        guard let arn = input.streamARN, !arn.isEmpty else { throw .invalidParameter("Unrecognized event source.") }
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "dynamodb" else {
            throw .invalidParameter(
                "Unrecognized event source, \(arn): here it must be a DynamoDB stream.")
        }
        guard let position = input.startingPosition else {
            throw .invalidParameter(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
                    + "Member must not be null.")
        }
        guard let start = EventSourceMapping.StartingPosition(rawValue: position) else {
            throw .invalidParameter("Unsupported starting position for arn type: \(arn)")
        }
        guard !input.hasTimestamp else {
            throw .invalidParameter("Timestamp only valid with StartingPosition AT_TIMESTAMP")
        }
        return (arn, start)
    }

    private func function(_ name: String, _ scope: Scope) async throws(MappingError) -> String {
        guard let arn = FunctionName(name)?.arn(in: scope), await ports.functions.exists(arn, in: scope) else {
            throw .invalidParameter("Function does not exist")
        }
        return arn
    }

    private func checkStream(_ arn: String, _ scope: Scope) async throws(MappingError) {
        let stream: MappedStream?
        do throws(PortError) { stream = try await ports.streams.stream(arn, in: scope) } catch {
            throw MappingError(type: "ServiceException", status: 500, message: error.message)
        }
        if stream == nil { throw .invalidParameter("Stream not found: \(arn)") }
    }

    // MARK: List

    /// Docs, ListEventSourceMappings: a page has 100 at most, whatever is asked for.
    private static let pageMax = 100

    private func list(_ path: MappingPath, _ scope: Scope) async throws(MappingError) -> ServiceReply {
        var most = Self.pageMax
        if let text = path["MaxItems"] {
            guard let count = Int(text) else { throw .serialization("MaxItems is not of type Integer") }
            var broken = BrokenConstraints()
            broken.check(count, "maxItems", 1...10_000)
            try broken.verify()
            most = min(count, most)
        }
        var wanted: FunctionName?
        if let name = path["FunctionName"], !name.isEmpty {
            guard let parsed = FunctionName(name) else {
                throw .validation(
                    "1 validation error detected: Value '\(name)' at 'functionName' failed to satisfy constraint: "
                        + "Member must satisfy regular expression pattern: \(FunctionName.pattern)")
            }
            wanted = parsed
        }
        var all: [EventSourceMapping]
        do throws(DynamoError) { all = try await store.all(in: scope) } catch { throw MappingError(error) }
        if let stream = path["EventSourceArn"], !stream.isEmpty { all.removeAll { $0.streamARN != stream } }
        if let wanted { all.removeAll { !wanted.means($0.functionARN, in: scope) } }
        if let marker = path["Marker"], !marker.isEmpty {
            all.removeAll { !marker.utf8.lexicographicallyPrecedes($0.id.utf8) }
        }
        let page = all.prefix(most)
        return Self.json(
            200, MappingFormat.list(page, nextMarker: page.count < all.count ? page.last?.id : nil))
    }

    // MARK: Update and delete

    private func update(_ id: String, _ request: ServiceRequest) async throws(MappingError) -> ServiceReply {
        let input = try MappingInput(reading: request.body)
        let former = try await existing(id, request.scope)
        guard !former.state.isPassing else { throw .inUse(to: "update") }
        let settings = try input.applied(to: former.settings)
        var functionARN = former.functionARN
        if let name = input.functionName { functionARN = try await function(name, request.scope) }
        let (isEnabled, now, target) = (input.isEnabled ?? former.isEnabled, ports.clock.now, functionARN)
        if target != former.functionARN {
            let others: [EventSourceMapping]
            do throws(DynamoError) { others = try await store.all(in: request.scope) } catch {
                throw MappingError(error)
            }
            let other = others.first { $0.streamARN == former.streamARN && $0.functionARN == target && $0.id != id }
            if let other { throw .exists(other, function: Self.shown(target)) }
        }
        let changed = try await change(id, request.scope, to: "update") { mapping in
            mapping.state = isEnabled == mapping.isEnabled ? .updating : isEnabled ? .enabling : .disabling
            mapping.isEnabled = isEnabled
            mapping.settings = settings
            mapping.functionARN = target
            mapping.lastModified = now
        }
        return Self.reply(202, changed)
    }

    private func delete(_ id: String, _ scope: Scope) async throws(MappingError) -> ServiceReply {
        let now = ports.clock.now
        let changed = try await change(id, scope, to: "delete") { mapping in
            mapping.state = .deleting
            mapping.lastModified = now
        }
        return Self.reply(202, changed)
    }

    /// Changes a mapping with which nothing is under way, and has it seen to.
    private func change(
        _ id: String, _ scope: Scope, to verb: String, _ body: @escaping @Sendable (inout EventSourceMapping) -> Void
    ) async throws(MappingError) -> EventSourceMapping {
        let isBusy = Found()
        let changed: EventSourceMapping?
        do throws(DynamoError) {
            changed = try await store.change(id, in: scope) { mapping in
                guard !mapping.state.isPassing else { return isBusy.note(mapping) }
                body(&mapping)
            }
        } catch {
            throw MappingError(error)
        }
        guard let changed else { throw .notFound }
        if isBusy.mapping != nil { throw .inUse(to: verb) }
        await supervisor.changed(id, in: scope)
        return changed
    }
}

extension FunctionName {
    /// A name without a qualifier means every one.
    func means(_ functionARN: String, in scope: Scope) -> Bool {
        guard let other = FunctionName(functionARN), arn(in: scope) != nil else { return false }
        return name == other.name && (qualifier == nil || qualifier == other.qualifier)
    }
}
