extension ReplicationShell {
    func performOnSpool(_ effect: ReplicationEffect) async -> ReplicationEvent {
        switch effect {
        case .spool(let pages):
            return await answer(.spool) { () async throws(PortError) in .spooled(try await spool.append(pages)) }
        case .fetch(let shard, let after, let limit):
            return await answer(.fetch(shard)) { () async throws(PortError) in
                .fetched(shard, try await spool.records(of: shard, after: after, limit: limit))
            }
        case .forgetSpooled(let progress):
            return await answer(.forgetSpooled) { () async throws(PortError) in
                .forgotSpooled(try await spool.forget(progress))
            }
        case .discardSpool:
            return await answer(.discardSpool) { () async throws(PortError) in
                try await spool.discard()
                return .spoolDiscarded
            }
        default: return .tick
        }
    }

    private var spool: any StreamSpool {
        get throws(PortError) {
            guard let spool = ports.spool else { throw PortError(.fatal, "there is no spool") }
            return spool
        }
    }
}
