package import DyadModel

/// What is kept of a request that brought a ClientRequestToken, so that the same request again does nothing again.
package struct RequestToken: Sendable, Equatable {
    /// The operation's name: each has tokens of its own.
    package let operation: String
    package let token: String
    /// The digest of the request's other parameters.
    package let fingerprint: [UInt8]
    /// From when on it means nothing any more.
    package let expiresAt: Timestamp
    /// For each member of the request, the bytes that it was charged for; none in files from before they were kept.
    package let sizes: [Int]

    package init(operation: String, token: String, fingerprint: [UInt8], expiresAt: Timestamp, sizes: [Int]) {
        self.operation = operation
        self.token = token
        self.fingerprint = fingerprint
        self.expiresAt = expiresAt
        self.sizes = sizes
    }

    /// Four bytes a size, the lowest first.
    fileprivate var sizeBytes: [UInt8] {
        sizes.flatMap { size in withUnsafeBytes(of: UInt32(clamping: size).littleEndian) { Array($0) } }
    }

    fileprivate static func sizes(_ bytes: [UInt8]) -> [Int] {
        stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { at in
            bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}

extension Rows {
    /// The token as it was kept, expired or not; nil when there is none.
    package func token(_ token: String, of operation: String) throws(DynamoError) -> RequestToken? {
        do throws(SQLiteError) {
            let statement = try connection.statement(
                "SELECT fingerprint, expires, sizes FROM tokens WHERE operation = ?1 AND token = ?2")
            defer { statement.reset() }
            statement.bind(operation, at: 1)
            statement.bind(token, at: 2)
            guard try statement.step() else { return nil }
            return RequestToken(
                operation: operation, token: token, fingerprint: statement.blob(0),
                expiresAt: Timestamp(milliseconds: statement.integer(1)),
                sizes: RequestToken.sizes(statement.blob(2)))
        } catch {
            throw error.asDynamoError
        }
    }

    func earliestTokenExpiry() throws(SQLiteError) -> Timestamp? {
        let statement = try connection.statement("SELECT expires FROM tokens ORDER BY expires LIMIT 1")
        defer { statement.reset() }
        return try statement.step() ? Timestamp(milliseconds: statement.integer(0)) : nil
    }
}

extension WriteTransaction {
    /// Keeps a token, in place of one that had expired.
    package mutating func save(_ token: RequestToken) throws(DynamoError) {
        try willWrite()
        try run(
            """
            INSERT INTO tokens(operation, token, fingerprint, expires, sizes) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(operation, token) DO UPDATE
                SET fingerprint = excluded.fingerprint, expires = excluded.expires, sizes = excluded.sizes
            """
        ) {
            $0.bind(token.operation, at: 1)
            $0.bind(token.token, at: 2)
            $0.bind(token.fingerprint, at: 3)
            $0.bind(token.expiresAt.milliseconds, at: 4)
            $0.bind(token.sizeBytes, at: 5)
        }
        if catalog.tokensDueAt == nil { state.catalog.tokensDueAt = token.expiresAt }
    }

    /// Forgets tokens that expired by `now`, the oldest first and at most `limit` of them; returns how many those were.
    ///
    /// - Parameter pause: tokens that follow each other closely are forgotten together, this many milliseconds apart.
    package mutating func forgetTokens(
        expiredBy now: Timestamp, limit: Int, pause: Int64
    ) throws(DynamoError) -> Int {
        try willWrite()
        try run(
            """
            DELETE FROM tokens WHERE (operation, token) IN
                (SELECT operation, token FROM tokens WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
            """
        ) {
            $0.bind(now.milliseconds, at: 1)
            $0.bind(Int64(limit), at: 2)
        }
        do throws(SQLiteError) {
            let forgotten = Int(try rows.connection.integer("SELECT changes()") ?? 0)
            let next = try rows.earliestTokenExpiry()
            state.catalog.tokensDueAt = next.map { $0 <= now ? $0 : max($0, now.advanced(by: pause)) }
            return forgotten
        } catch {
            throw error.asDynamoError
        }
    }
}
