package import DyadModel

/// AWS Identity and Access Management: roles, their policies, and managed policies. What they allow is never enforced.
///
/// An account has one in a partition, whichever region of it a request is signed for.
///
/// Source: docs.aws.amazon.com/IAM/latest/APIReference (Query protocol, version 2010-05-08).
package struct IAM: EmulatedService {
    package static let signingNames = ["iam"]

    private let service: QueryService
    private let documents: any DocumentStore

    /// - Parameter random: 64 random bits a call.
    package init(_ documents: any DocumentStore, clock: any WallClock, random: @escaping @Sendable () -> UInt64) {
        self.documents = documents
        let actions = RoleActions.all + RolePolicyActions.all + ManagedPolicyActions.all + PolicyVersionActions.all
        service = QueryService(
            version: "2010-05-08", namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
            actions: Dictionary(uniqueKeysWithValues: actions.map { ($0.name, $0) }), documents: documents,
            clock: clock, random: random)
    }

    package func respond(to request: ServiceRequest) async -> ServiceReply { await service.respond(to: request) }

    /// Whether a role can be passed to a service, `lambda.amazonaws.com`: it is one of the caller's account and partition,
    /// it is there, and its trust policy names the service.
    package func canPass(_ roleARN: String, to principal: String, in scope: Scope) async -> PassedRole {
        guard let arn = RoleARN(roleARN), arn.partition == scope.region.partition, arn.account == scope.account else {
            return .absent
        }
        let found = try? await documents.transact(in: scope.global) { (documents) throws(DynamoError) in
            try documents.document(RoleRecord.kind, arn.name.lowercased())
        }
        guard let body = found.flatMap({ $0 }), let role = RoleRecord(json: body),
            role.arn(in: scope) == roleARN
        else { return .absent }
        let admits = (try? TrustPolicy(checking: role.trust))?.admits(service: principal) ?? false
        return admits ? .passed : .refused
    }

    /// Whether a role is there in the caller's account and partition.
    package func hasRole(_ roleARN: String, in scope: Scope) async -> Bool {
        await canPass(roleARN, to: "", in: scope) != .absent
    }
}

/// What comes of handing a role to a service.
package enum PassedRole: Sendable {
    case passed
    /// There is no such role.
    case absent
    /// Its trust policy does not name the service.
    case refused
}
