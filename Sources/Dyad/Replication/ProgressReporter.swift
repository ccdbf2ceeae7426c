import DyadModel
import DyadReplicator
import Synchronization

/// Passes on where a replication stands.
final class ProgressReporter: Sendable {
    private struct State {
        var link: ReplicationLink?
        var last: ReplicationStatus?
    }

    private let state = Mutex(State())
    private let outlet: ProgressOutlet

    init(_ outlet: ProgressOutlet) { self.outlet = outlet }

    var statusInterval: Int64 { outlet.statusInterval }

    func found(_ link: ReplicationLink) { state.withLock { $0.link = link } }

    func tell(_ status: ReplicationStatus) {
        let metrics = state.withLock { state -> ReplicationMetrics? in
            guard let link = state.link else { return nil }
            defer { state.last = status }
            return ReplicationMetrics(status, of: link, after: state.last)
        }
        guard let metrics else { return }
        outlet.show(metrics.prometheus)
        outlet.tell(at: status.takenAt) { Replicator.Progress(line: status.line, json: metrics.jsonLine) }
    }
}
