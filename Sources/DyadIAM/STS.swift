package import DyadModel

/// The Security Token Service: who calls, and roles assumed.
///
/// Source: docs.aws.amazon.com/STS/latest/APIReference (Query protocol, version 2011-06-15).
package struct STS: EmulatedService {
    package static let signingNames = ["sts"]

    private let service: QueryService

    /// - Parameters:
    ///   - documents: those that `IAM` keeps its roles in.
    ///   - random: 64 random bits a call.
    package init(_ documents: any DocumentStore, clock: any WallClock, random: @escaping @Sendable () -> UInt64) {
        service = QueryService(
            version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
            actions: Dictionary(uniqueKeysWithValues: SessionActions.all.map { ($0.name, $0) }), documents: documents,
            clock: clock, random: random)
    }

    package func respond(to request: ServiceRequest) async -> ServiceReply { await service.respond(to: request) }
}
