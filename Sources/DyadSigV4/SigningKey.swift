import Synchronization

/// Derives signing keys and keeps them: four HMACs make a key, and a key serves a day.
package final class SigningKeys: Sendable {
    /// A server sees as many keys as it has clients, regions and days; beyond this many it starts anew.
    package static let keptMax = 256

    private struct Scope: Hashable {
        let secret: String
        let day: String
        let region: String
        let service: String
    }

    private let kept = Mutex<[Scope: [UInt8]]>([:])

    package init() {}

    /// HMACs of day, region, service and `aws4_request` in turn, the first under "AWS4" and the secret.
    package func key(secret: String, day: String, region: String, service: String) -> [UInt8] {
        let scope = Scope(secret: secret, day: day, region: region, service: service)
        if let key = kept.withLock({ $0[scope] }) { return key }
        var key = Array("AWS4\(secret)".utf8)
        for part in [day, region, service, CredentialScope.terminator] {
            key = Digest.hmac(key: key, Array(part.utf8))
        }
        kept.withLock { [key] kept in
            if kept.count >= Self.keptMax { kept.removeAll(keepingCapacity: true) }
            kept[scope] = key
        }
        return key
    }
}
