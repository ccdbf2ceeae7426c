import DyadModel
import DyadReplicator
import Synchronization

/// As `ProgressReporter`, of both ways: a page of metrics for both, a line for both, an object of JSON each.
final class TwoWayProgress: Sendable {
    private struct Way {
        var link: ReplicationLink?
        /// Of sessions that are over.
        var earlier = ReplicationCounts()
        var last: ReplicationStatus?
        var metrics: ReplicationMetrics?
    }

    private struct State {
        var ways = [Way(), Way()]
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

    func found(_ forth: ReplicationLink, _ back: ReplicationLink) {
        state.withLock {
            $0.ways[0].link = forth
            $0.ways[1].link = back
        }
    }

    /// - Parameter counts: of all sessions of this way so far.
    func finishedSession(of way: Int, _ counts: ReplicationCounts) { state.withLock { $0.ways[way].earlier = counts } }

    func tell(_ status: ReplicationStatus, of way: Int) {
        let news = state.withLock { state -> (page: String, told: Replicator.Progress?)? in
            guard let link = state.ways[way].link else { return nil }
            var status = status
            status.counts = state.ways[way].earlier + status.counts
            state.ways[way].metrics = ReplicationMetrics(status, of: link, after: state.ways[way].last)
            state.ways[way].last = status
            let all = state.ways.compactMap(\.metrics)
            let page = PrometheusPage.merged(all.map(\.prometheus))
            // Statuses come a moment early now and then.
            let isDue = state.toldAt.map { status.takenAt >= $0.advanced(by: interval * 9 / 10) } ?? true
            guard isDue, all.count == state.ways.count else { return (page, nil) }
            state.toldAt = status.takenAt
            let line = state.ways.compactMap { way -> String? in
                guard let link = way.link, let status = way.last else { return nil }
                return "\(link.sourceRegion) to \(link.targetRegion): \(status.line)"
            }
            return (
                page,
                Replicator.Progress(
                    line: line.joined(separator: " | "), json: all.map(\.jsonLine).joined(separator: "\n"))
            )
        }
        guard let news else { return }
        metrics?.show(news.page)
        if let told = news.told { listener(told) }
    }
}
