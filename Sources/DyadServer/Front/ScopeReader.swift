import DyadModel
import DyadSigV4

/// Finds out whose data a request means, from the credential scope of its signature.
///
/// `Credential=KEY/20261122/cn-north-1/dynamodb/aws4_request`: the region is the scope's, and the account is KEY when that
/// is twelve digits, or the one of the role that KEY was handed out for. Neither the signature nor the date is verified.
struct ScopeReader {
    private let account: AccountID
    /// What stood before `Signature=`'s value when an `Authorization` header was last found whole, and what it meant.
    private var known: [(prefix: ContiguousArray<UInt8>, scope: Scope)] = []

    /// Clients that sign differently and are still recognized without parsing.
    private static let knownMax = 4
    private static let lastParameter = "Signature="

    init(account: AccountID) { self.account = account }

    /// - Throws: AWS's words for a signature that is missing, incomplete, or meant for no region.
    mutating func scope(of request: Request) throws(DynamoError) -> Scope {
        let header = request.fields.authorization
        let date = request.fields.date
        if let header, date != nil, !request.target.utf8.contains(UInt8(ascii: "?")), let scope = remembered(header) {
            return scope
        }
        let authorization: Authorization
        do throws(AuthenticationFailure) {
            authorization = try Authorization(header: header, date: date, target: request.target)
        } catch {
            throw DynamoError(error)
        }
        let scope = try scope(authorization.scope)
        if let header, authorization.place == .header { remember(header, scope) }
        return scope
    }

    private func scope(_ credential: CredentialScope) throws(DynamoError) -> Scope {
        guard RegionName.isName(credential.region) else {
            throw DynamoError(
                .invalidSignature, "Credential should be scoped to a valid region, not '\(credential.region)'.")
        }
        return Scope(
            account: AccountID(accessKeyID: credential.accessKeyID) ?? account, region: RegionName(credential.region))
    }

    // MARK: Headers seen before

    // All that changes in a client's header from call to call is the signature, which SDKs write last. A header that begins
    // as a whole one did and goes on with one word means the same: only another parameter could change that, and those are
    // set apart by a comma or a blank.
    private func remembered(_ header: String) -> Scope? {
        var header = header
        return header.withUTF8 { text in
            known.first { known in
                guard text.count > known.prefix.count, begins(text, with: known.prefix) else { return false }
                return !text[known.prefix.count...].contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") }
            }?.scope
        }
    }

    /// - Precondition: `text` is as long as that at least.
    private func begins(_ text: UnsafeBufferPointer<UInt8>, with prefix: ContiguousArray<UInt8>) -> Bool {
        prefix.withUnsafeBytes {
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[..<$0.count]).isSame(as: $0)
        }
    }

    private mutating func remember(_ header: String, _ scope: Scope) {
        let words = header.utf8.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") })
        guard let last = words.last, last.starts(with: Self.lastParameter.utf8), last.endIndex == header.utf8.endIndex
        else { return }
        let end = header.utf8.index(last.startIndex, offsetBy: Self.lastParameter.utf8.count)
        if known.count >= Self.knownMax { known.removeFirst() }
        known.append((ContiguousArray(header.utf8[..<end]), scope))
    }
}

extension DynamoError {
    fileprivate init(_ failure: AuthenticationFailure) {
        let code: Code =
            switch failure.kind {
            case .missingAuthenticationToken: .missingAuthenticationToken
            case .incompleteSignature: .incompleteSignature
            case .invalidSignature: .invalidSignature
            case .unrecognizedClient: .unrecognizedClient
            }
        self.init(code, failure.message)
    }
}
