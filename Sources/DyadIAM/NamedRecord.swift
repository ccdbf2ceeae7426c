import DyadModel

/// What IAM keeps under a name that is one in any spelling: a document of its kind.
protocol NamedRecord {
    static var kind: String { get }
    /// What it is, for whoever finds one that cannot be read.
    static var noun: String { get }
    var name: String { get }
    var json: [UInt8] { get }
    /// Nil when that is no such record.
    init?(json: [UInt8])
}

extension DocumentTransaction {
    /// Nil when there is none.
    func record<Record: NamedRecord>(likeNamed name: String) throws(QueryError) -> Record? {
        do throws(DynamoError) {
            guard let body = try document(Record.kind, name.lowercased()) else { return nil }
            guard let record = Record(json: body) else {
                throw DynamoError(.internalServerError, "the record of \(Record.noun) \(name) cannot be read")
            }
            return record
        } catch {
            throw QueryError(error)
        }
    }

    /// In the order of their names.
    func records<Record: NamedRecord>() throws(QueryError) -> [Record] {
        do throws(DynamoError) {
            return try documents(Record.kind).compactMap { Record(json: $0.body) }
                .sorted { Text($0.name) < Text($1.name) }
        } catch {
            throw QueryError(error)
        }
    }

    mutating func save<Record: NamedRecord>(_ record: Record) throws(QueryError) {
        do throws(DynamoError) { try put(Record.kind, record.name.lowercased(), record.json) } catch {
            throw QueryError(error)
        }
    }

    mutating func remove<Record: NamedRecord>(_ record: Record) throws(QueryError) {
        do throws(DynamoError) { try remove(Record.kind, record.name.lowercased()) } catch { throw QueryError(error) }
    }
}
