package import DyadModel
import DyadStore
import Synchronization

// Documents go the way of items: the region's thread, in the order of arrival, many to a commit.

extension Emulator: DocumentStore {
    package func transact<Answer: Sendable>(
        in scope: Scope,
        _ body: @escaping @Sendable (inout any DocumentTransaction) throws(DynamoError) -> Answer
    ) async throws(DynamoError) -> Answer {
        let region = try region(scope)
        let call = call(scope)
        let result: Result<Answer, DynamoError> = await withCheckedContinuation { continuation in
            let outcome = Outcome<Answer>()
            region.writer.submit(
                { (store, _) throws(DynamoError) in
                    let changes = DocumentChanges(to: store.rows)
                    var transaction: any DocumentTransaction = changes
                    let answer = try body(&transaction)
                    try changes.apply(to: &store)
                    outcome.set(answer)
                    return []
                }, call
            ) { committed in
                continuation.resume(
                    returning: committed.flatMap { _ in
                        outcome.answer.map { .success($0) } ?? .failure(DynamoError(.internalServerError, "no answer"))
                    })
            }
        }
        return try result.get()
    }
}

/// Carries what a transaction came to behind its commit.
private final class Outcome<Answer: Sendable>: Sendable {
    private let box = Mutex<Answer?>(nil)
    var answer: Answer? { box.withLock { $0 } }
    func set(_ answer: Answer) { box.withLock { $0 = answer } }
}

/// The documents of a region as one transaction sees and changes them; written when it comes to its end.
///
/// Not Sendable: it stays on the region's thread.
private final class DocumentChanges: DocumentTransaction {
    private struct Name: Hashable {
        let kind: Text
        let id: Text

        init(_ kind: String, _ id: String) {
            self.kind = Text(kind)
            self.id = Text(id)
        }
    }

    private let rows: Rows
    /// Nil for one that was removed.
    private var changed: [Name: [UInt8]?] = [:]

    init(to rows: Rows) { self.rows = rows }

    func document(_ kind: String, _ id: String) throws(DynamoError) -> [UInt8]? {
        if let change = changed[Name(kind, id)] { return change }
        return try rows.document(kind, id)
    }

    func documents(_ kind: String) throws(DynamoError) -> [(id: String, body: [UInt8])] {
        let stored = try rows.documents(kind)
        guard changed.keys.contains(where: { $0.kind == Text(kind) }) else { return stored }
        let kept = stored.filter { changed[Name(kind, $0.id)] == nil }
        let new = changed.compactMap { name, body in
            name.kind == Text(kind) ? body.map { (id: name.id.string, body: $0) } : nil
        }
        return (kept + new).sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    func put(_ kind: String, _ id: String, _ body: [UInt8]) {
        changed[Name(kind, id)] = .some(body)
    }

    func remove(_ kind: String, _ id: String) throws(DynamoError) -> Bool {
        let wasThere = try document(kind, id) != nil
        changed[Name(kind, id)] = .some(nil)
        return wasThere
    }

    func apply(to store: inout WriteTransaction) throws(DynamoError) {
        for (name, body) in changed {
            if let body {
                try store.put(document: name.kind.string, name.id.string, body)
            } else {
                try store.remove(document: name.kind.string, name.id.string)
            }
        }
    }
}
