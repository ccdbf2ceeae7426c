package import DyadClient
import DyadEngine
import DyadReplicator
import DyadServer
public import Logging

/// Carries the changes of one table to another, region to region, endpoint to endpoint.
public struct Replicator: Sendable {
    let configuration: Configuration
    let logger: Logger
    let stopping = ReplicationStop()
    /// Between the clients and the network, of the source and of the target.
    package var wrapSource: @Sendable (any Transport) -> any Transport = { $0 }
    package var wrapTarget: @Sendable (any Transport) -> any Transport = { $0 }

    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Ends the run that is under way, or the one that comes, after a last checkpoint.
    public func stop(_ reason: String) { stopping.request(reason) }

    /// Runs to the end. An endpoint that does not answer, now or later, is waited for, and that is logged.
    public func run() async throws(NotStarted) -> Outcome {
        let options = try options()
        let source = try client(configuration.source, wrapSource)
        let target: DynamoDBClient
        do throws(NotStarted) { target = try client(configuration.target, wrapTarget) } catch {
            await source.shutdown()
            throw error
        }
        let outcome = await runMeasured(source, target, options)
        await source.shutdown()
        await target.shutdown()
        return try outcome.get()
    }

    /// Shows the metrics for as long as it runs.
    private func runMeasured(
        _ source: DynamoDBClient, _ target: DynamoDBClient, _ options: ReplicationOptions
    ) async -> Result<Outcome, NotStarted> {
        var metrics: MetricsServer?
        if let address = configuration.metrics {
            do throws(StartupError) {
                let server = try await MetricsServer.start(host: address.host, port: address.port)
                logger.notice("metrics are at \(server.address.url)/metrics")
                metrics = server
            } catch {
                return .failure(NotStarted(description: "no metrics: \(error.description)"))
            }
        }
        if let twoWay = configuration.twoWay {
            let outcome = await runBothWays(twoWay, source, target, options, metrics)
            await metrics?.stop()
            return outcome
        }
        let logger = logger
        let reporter = ProgressReporter(
            outlet(metrics) { logger.notice("\($0.line)", metadata: ["event.name": "dyad.replication.progress"]) })
        let outcome = await runOneWay(source, target, options, reporter)
        await metrics?.stop()
        return outcome
    }

    /// - Parameter listener: where the configuration has none.
    func outlet(_ metrics: MetricsServer?, _ listener: @escaping @Sendable (Progress) -> Void) -> ProgressOutlet {
        ProgressOutlet(
            every: max(1000, configuration.progressInterval.components.seconds * 1000), metrics: metrics,
            configuration.onProgress ?? listener)
    }

    private func client(
        _ address: TableAddress, _ wrap: (any Transport) -> any Transport
    ) throws(NotStarted) -> DynamoDBClient {
        // The machine decides when to try again.
        do { return try DynamoDBClient(address.settings, policy: .never, wrap: wrap) } catch {
            throw NotStarted(description: "\(error)")
        }
    }
}
