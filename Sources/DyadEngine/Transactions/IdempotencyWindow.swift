import DyadModel
import DyadStore

/// A request with a ClientRequestToken, and whether it is the first of that token within ten minutes.
///
/// Only what succeeded is kept, in the commit of what it did: a transaction that was cancelled may be tried again under
/// its token. Source: docs, "TransactWriteItems", ClientRequestToken.
struct IdempotencyWindow: Sendable {
    static let milliseconds: Int64 = 10 * 60 * 1000
    /// Tokens are forgotten together, this often at most.
    static let sweepEveryMilliseconds: Int64 = 60_000

    let operation: String
    let token: String
    let fingerprint: Fingerprint

    /// What the same request was charged for, member by member, when it succeeded less than ten minutes ago; nil when it
    /// did not.
    ///
    /// - Throws: IdempotentParameterMismatchException when another one did (words seen from AWS: aexhq/brain pull request
    ///   58).
    func chargedSizes(in rows: Rows, _ call: Call) throws(DynamoError) -> [Int]? {
        try call.settings.transactions?.checkNotInProgress(token)
        guard let known = try rows.token(token, of: operation), call.now < known.expiresAt else { return nil }
        guard known.fingerprint == fingerprint.digest else {
            throw DynamoError(
                .idempotentParameterMismatch,
                "Specified idempotent token was used with different request parameters within the idempotency window")
        }
        return known.sizes
    }

    /// - Parameter sizes: that each member is charged for.
    func keep(charging sizes: [Int], in store: inout WriteTransaction, _ call: Call) throws(DynamoError) {
        try store.save(
            RequestToken(
                operation: operation, token: token, fingerprint: fingerprint.digest,
                expiresAt: call.now.advanced(by: Self.milliseconds), sizes: sizes))
    }
}

/// The members of a transaction as bytes that are equal when they mean the same: the order within a JSON object does not
/// count (verified against AWS in localstack issue 6529), nor do white space and ways to write a number.
struct Fingerprint: Sendable {
    private var bytes: [UInt8] = []

    var digest: [UInt8] { sha256(bytes) }

    /// Adds a part behind its length, so that no two lists of parts are the same bytes.
    mutating func add(_ part: some Collection<UInt8>) {
        withUnsafeBytes(of: UInt32(part.count).littleEndian) { bytes += $0 }
        bytes += part
    }

    /// An absent part is not an empty one.
    mutating func add(_ text: String?) {
        bytes.append(text == nil ? 0 : 1)
        if let text { add(text.utf8) }
    }

    mutating func add(_ names: WireMap<Text>?) {
        add((names?.entries ?? []).sorted { $0.key < $1.key }) { $0.add($1.string) }
    }

    mutating func add(_ values: WireMap<WireAttributeValue>?) {
        add((values?.entries ?? []).sorted { $0.key < $1.key }) { $0.add($1.canonical) }
    }

    private mutating func add<Value>(
        _ entries: [(key: Text, value: Value)], _ add: (inout Fingerprint, Value) -> Void
    ) {
        self.add(String(entries.count))
        for entry in entries {
            self.add(entry.key.string)
            add(&self, entry.value)
        }
    }
}
