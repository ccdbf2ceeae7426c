import Logging

extension ReplicationSession {
    /// What is spooled already, or an empty spool; nil where the stream is not spooled. The checkpoint is the one to go
    /// on from, which is none where what it counts on is gone.
    func prepareSpool(
        _ port: (any StreamSpool)?, _ resume: Checkpoint?, _ link: ReplicationLink, _ options: ReplicationOptions
    ) async throws(Refusal) -> (Checkpoint?, SpoolContents?) {
        var found: SpoolContents?
        var failure: PortError?
        do throws(PortError) { found = try await port?.load() } catch { failure = error }
        let decision = SpoolDecision(
            resume: resume, checkpointName: checkpointName, found: found, spoolName: port?.name, link: link,
            backfill: options.backfill)
        // A file that is not needed may be whatever it is.
        if case .none(let discards) = decision {
            if discards { try? await port?.discard() }
            return (resume, nil)
        }
        if let failure { throw .notStarted(failure.message) }
        var resume = resume
        switch decision {
        case .none: return (resume, nil)
        case .goOn(let contents): return (resume, contents)
        case .refuse(let reason): throw .notStarted(reason)
        case .create(let warning): if let warning { logger.warning("\(warning)") }
        case .beginAnew(let warning):
            logger.warning("\(warning)")
            resume = nil
        }
        guard let port else { return (resume, nil) }
        let id = String(UInt64.random(in: 0 ... .max), radix: 16)
        do throws(PortError) { try await port.create(id, for: link) } catch { throw .notStarted(error.message) }
        logger.notice("changes that are made during the copying are spooled in \(port.name)")
        return (resume, SpoolContents(id: id, link: link))
    }
}
