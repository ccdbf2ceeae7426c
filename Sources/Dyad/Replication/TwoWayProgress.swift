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

    private let ways = Mutex([Way(), Way()])
    private let outlet: ProgressOutlet

    init(_ outlet: ProgressOutlet) { self.outlet = outlet }

    var statusInterval: Int64 { outlet.statusInterval }

    func found(_ forth: ReplicationLink, _ back: ReplicationLink) {
        ways.withLock {
            $0[0].link = forth
            $0[1].link = back
        }
    }

    /// - Parameter counts: of all sessions of this way so far.
    func finishedSession(of way: Int, _ counts: ReplicationCounts) { ways.withLock { $0[way].earlier = counts } }

    func tell(_ status: ReplicationStatus, of way: Int) {
        let known = ways.withLock { ways -> [Way]? in
            guard let link = ways[way].link else { return nil }
            var status = status
            status.counts = ways[way].earlier + status.counts
            ways[way].metrics = ReplicationMetrics(status, of: link, after: ways[way].last)
            ways[way].last = status
            return ways
        }
        guard let known else { return }
        let metrics = known.compactMap(\.metrics)
        outlet.show(PrometheusPage.merged(metrics.map(\.prometheus)))
        guard metrics.count == known.count else { return }
        outlet.tell(at: status.takenAt) {
            let lines = known.compactMap { way -> String? in
                guard let link = way.link, let status = way.last else { return nil }
                return "\(link.sourceRegion) to \(link.targetRegion): \(status.line)"
            }
            return Replicator.Progress(
                line: lines.joined(separator: " | "), json: metrics.map(\.jsonLine).joined(separator: "\n"))
        }
    }
}
