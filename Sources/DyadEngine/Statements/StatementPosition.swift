import DyadModel
import DyadStore

/// Where a SELECT goes on, as a NextToken: the row it stopped at, bound to the statement and its parameters.
struct StatementPosition: Equatable {
    let range: Int
    let row: StorageKey

    private static let version: UInt8 = 1
    private static let headerCount = 1 + 32 + 2

    /// - Parameter digest: of the request that the token continues, 32 bytes.
    func token(_ digest: [UInt8]) -> String {
        var bytes = [Self.version] + digest
        bytes += [UInt8(truncatingIfNeeded: range >> 8), UInt8(truncatingIfNeeded: range)]
        bytes += row.bytes
        var encoded: [UInt8] = []
        Base64.encode(bytes, into: &encoded)
        return String(decoding: encoded, as: UTF8.self)
    }

    init(range: Int, row: StorageKey) {
        self.range = range
        self.row = row
    }

    /// - Throws: ValidationException for what is no token, or that of another request.
    init(parsing token: String, _ digest: [UInt8]) throws(DynamoError) {
        guard let bytes = Base64.decode(token.utf8), bytes.count > Self.headerCount, bytes[0] == Self.version else {
            throw Self.invalid
        }
        guard bytes[1...32].elementsEqual(digest) else { throw .validation("NextToken does not match request") }
        range = Int(bytes[33]) << 8 | Int(bytes[34])
        row = StorageKey(bytes: Array(bytes[Self.headerCount...]))
    }

    /// What is left of the ranges.
    func rest(of ranges: [KeyRange], descending: Bool) throws(DynamoError) -> [KeyRange] {
        guard range < ranges.count, ranges[range].contains(row) else { throw Self.invalid }
        var rest = Array(ranges[range...])
        rest[0] = rest[0].behind(row, descending: descending)
        return rest
    }

    private static let invalid = DynamoError.validation("Invalid NextToken")
}
