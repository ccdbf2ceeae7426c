import DyadModel
import Synchronization

/// Where progress goes: to a metrics page each time, to a listener as often as it wants to know.
final class ProgressOutlet: Sendable {
    private let toldAt = Mutex<Timestamp?>(nil)
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

    /// - Parameter page: see `ReplicationMetrics.prometheus`.
    func show(_ page: String) { metrics?.show(page) }

    /// - Parameters:
    ///   - time: of the status.
    ///   - progress: asked for when the listener is to be told.
    func tell(at time: Timestamp, _ progress: () -> Replicator.Progress) {
        let isDue = toldAt.withLock { toldAt in
            // Statuses come a moment early now and then.
            if let toldAt, time < toldAt.advanced(by: interval * 9 / 10) { return false }
            toldAt = time
            return true
        }
        if isDue { listener(progress()) }
    }
}
