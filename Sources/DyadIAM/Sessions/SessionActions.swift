import DyadModel

/// Who calls, and roles assumed.
///
/// AWS's words come from LocalStack's tests/aws/services/sts/test_sts.py, recorded from AWS from 2024 to 2026, and from
/// what clients report.
enum SessionActions {
    static let all = [
        QueryAction("GetCallerIdentity", identity),
        QueryAction("AssumeRole", in: { (call) throws(QueryError) in try roleScope(call) }, assume),
        QueryAction(
            "AssumeRoleWithWebIdentity", in: { (call) throws(QueryError) in try roleScope(call) }, assumeWithToken),
    ]

    private static let seconds = 900...43_200
    private static let chainedSecondsMax = 3600
    private static let sessionPattern = #"[\w+=,.@-]*"#

    // MARK: Who calls

    private static func identity(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        let caller = try documents.caller(of: call)
        return XMLWriter.with { xml in
            xml.element("Arn", caller.arn)
            xml.element("UserId", caller.userID)
            xml.element("Account", call.scope.account.rawValue)
        }
    }

    // MARK: Roles

    /// What both ways of assuming a role ask for.
    private struct Order {
        let arn: RoleARN
        let sessionName: String
        let seconds: Int?
    }

    /// The documents of the role's account. A request that names no role at all is told of that in its own.
    private static func roleScope(_ call: QueryCall) throws(QueryError) -> Scope {
        guard let arn = RoleARN(call.parameters["RoleArn"] ?? ""),
            arn.partition == call.partition || call.accessKeyID.isEmpty, arn.scope.region.partition == arn.partition
        else { return call.scope }
        return arn.scope
    }

    private static func order(
        _ parameters: QueryParameters, _ constraints: inout Constraints
    ) throws(QueryError) -> Order {
        let arn = parameters["RoleArn"]
        let name = parameters["RoleSessionName"]
        constraints.text("roleArn", arn, isRequired: true, length: 20...2048)
        constraints.text(
            "roleSessionName", name, isRequired: true, length: 2...64, pattern: (sessionPattern, Names.isName))
        let seconds = try constraints.number("durationSeconds", parameters["DurationSeconds"], seconds)
        constraints.text("policy", parameters["Policy"], length: 1...Int.max)
        try constraints.finish()
        guard let arn, let role = RoleARN(arn) else { throw .validation("\(arn ?? "") is invalid") }
        if let policy = parameters["Policy"] { try IdentityPolicy.check(policy, .inline) }
        return Order(arn: role, sessionName: name ?? "", seconds: seconds)
    }

    private static func assume(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints(showsValues: true)
        constraints.text("externalId", call.parameters["ExternalId"], length: 2...1224)
        let order = try order(call.parameters, &constraints)
        let isChained = SessionKey(call.accessKeyID) != nil
        if isChained, order.seconds ?? 0 > chainedSecondsMax {
            throw .validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        }
        guard let role = try documents.assumable(order.arn, call) else {
            let user = (try? documents.caller(of: call).arn) ?? call.accessKeyID
            throw QueryError(
                "AccessDenied",
                "User: \(user) is not authorized to perform: sts:AssumeRole on resource: \(order.arn.text)", status: 403
            )
        }
        let (session, answer) = try begin(order, role, call, documents)
        try documents.save(session, at: call.now)
        return XMLWriter.with { xml in
            xml.append(answer)
            if call.parameters["SourceIdentity"] != nil {
                xml.element("SourceIdentity", call.parameters["SourceIdentity"])
            }
        }
    }

    /// The provider's signature on the token is not verified: whoever can reach this server may do everything.
    private static func assumeWithToken(
        _ call: QueryCall, _ documents: inout any DocumentTransaction
    ) throws(QueryError) -> XMLWriter? {
        var constraints = Constraints(showsValues: true)
        constraints.text("webIdentityToken", call.parameters["WebIdentityToken"], isRequired: true, length: 4...20_000)
        let order = try order(call.parameters, &constraints)
        guard let token = WebIdentityToken(call.parameters["WebIdentityToken"] ?? "") else {
            throw QueryError(
                "InvalidIdentityToken",
                "The ID Token provided is not a valid JWT. (You may see this error "
                    + "if you sent an Access Token)")
        }
        guard let role = try documents.assumable(order.arn, call) else {
            throw QueryError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", status: 403)
        }
        let (session, answer) = try begin(order, role, call, documents)
        try documents.save(session, at: call.now)
        return XMLWriter.with { xml in
            xml.element("SubjectFromWebIdentityToken", token.subject)
            xml.element("Audience", token.audience)
            xml.append(answer)
            xml.element("Provider", token.issuer)
        }
    }

    /// A new session of the role, and what is answered of it.
    private static func begin(
        _ order: Order, _ role: RoleRecord, _ call: QueryCall, _ documents: any DocumentTransaction
    ) throws(QueryError) -> (SessionRecord, XMLWriter) {
        let seconds = order.seconds ?? RoleRecord.sessionSecondsUsually
        guard seconds <= role.maxSessionSeconds else {
            throw .validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        var key = SessionKey(account: order.arn.account, random: call.random())
        // A million keys there are in an account.
        while try documents.session(of: key.id) != nil {
            key = SessionKey(account: order.arn.account, random: call.random())
        }
        let session = SessionRecord(
            accessKeyID: key.id, roleName: role.name, roleID: role.id, name: order.sessionName,
            expiresAt: call.now.advanced(by: Int64(seconds) * 1000))
        let answer = XMLWriter.with { xml in
            xml.element("AssumedRoleUser") { xml in
                xml.element("AssumedRoleId", session.userID)
                xml.element("Arn", session.arn(in: order.arn.scope))
            }
            xml.element("Credentials") { xml in
                xml.element("AccessKeyId", session.accessKeyID)
                xml.element("SecretAccessKey", Identifiers.secret(40, call.random))
                xml.element("SessionToken", Identifiers.secret(356, call.random))
                xml.element("Expiration", session.expiresAt.date)
            }
        }
        return (session, answer)
    }
}

/// Who signed a request.
struct Caller: Sendable, Equatable {
    let arn: String
    let userID: String
}

extension DocumentTransaction {
    /// The session of a key that AssumeRole handed out; the account's root for any other key, since that may do everything
    /// here as whoever has the port.
    func caller(of call: QueryCall) throws(QueryError) -> Caller {
        guard SessionKey(call.accessKeyID) != nil else {
            let account = call.scope.account.rawValue
            return Caller(arn: "arn:\(call.partition):iam::\(account):root", userID: account)
        }
        guard let session = try session(of: call.accessKeyID) else {
            throw QueryError(
                "InvalidClientTokenId", "The security token included in the request is invalid.", status: 403)
        }
        guard call.now < session.expiresAt else {
            throw QueryError("ExpiredToken", "The security token included in the request is expired", status: 403)
        }
        return Caller(arn: session.arn(in: call.scope), userID: session.userID)
    }

    /// The role that is to be assumed; nil when it is not there, or lies in another partition than the caller.
    fileprivate func assumable(_ arn: RoleARN, _ call: QueryCall) throws(QueryError) -> RoleRecord? {
        guard arn.partition == call.partition || call.accessKeyID.isEmpty else { return nil }
        guard let role = try role(likeNamed: arn.name), role.arn(in: arn.scope) == arn.text else { return nil }
        return role
    }
}
