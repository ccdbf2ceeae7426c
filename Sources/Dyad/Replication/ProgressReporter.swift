import DyadModel
import DyadReplicator
import Synchronization

/// Passes on where a replication stands: to a metrics page each time, to a listener as often as it wants to know.
final class ProgressReporter: Sendable {
    private struct State {
        var link: ReplicationLink?
        var last: ReplicationStatus?
        var toldAt: Timestamp?
    }

    private let state = Mutex(State())
    /// Milliseconds between two calls of the listener.
    private let interval: Int64
    private let metrics: MetricsServer?
    private let listener: @Sendable (Replicator.Progress) -> Void

    init(every interval: Int64, metrics: MetricsServer?, _ listener: @escaping @Sendable (Replicator.Progress) -> Void)
    {
        self.interval = interval
        self.metrics = metrics
        self.listener = listener
    }

    /// Milliseconds between two statuses: the page is to be fresh whatever the listener wants.
    var statusInterval: Int64 { metrics == nil ? interval : min(interval, 1000) }

    func found(_ link: ReplicationLink) { state.withLock { $0.link = link } }

    func tell(_ status: ReplicationStatus) {
        let news = state.withLock { state -> (ReplicationMetrics, isDue: Bool)? in
            guard let link = state.link else { return nil }
            // Statuses come a moment early now and then.
            let isDue = state.toldAt.map { status.takenAt >= $0.advanced(by: interval * 9 / 10) } ?? true
            let metrics = ReplicationMetrics(status, of: link, after: state.last)
            state.last = status
            if isDue { state.toldAt = status.takenAt }
            return (metrics, isDue)
        }
        guard let (metrics, isDue) = news else { return }
        self.metrics?.show(metrics.prometheus)
        if isDue { listener(Replicator.Progress(line: status.line, json: metrics.jsonLine)) }
    }
}
