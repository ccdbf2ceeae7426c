package import DyadModel
import Synchronization

extension Emulator {
    /// The answer to a request, waited for: for tests and measurements. An event loop never waits.
    package func waitedAnswer(
        _ route: Route, _ document: JSONDocument, in scope: Scope, on readers: Readers
    ) -> Answer {
        let slot = AnswerSlot()
        answer(route, document, in: scope, on: readers) { slot.set($0) }
        defer { readers.release() }
        return slot.wait()
    }
}

/// Carries an answer from the region's thread.
private final class AnswerSlot: Sendable {
    private let box = Mutex<Answer?>(nil)
    private let isSet = OneShot()

    func set(_ answer: Answer) {
        box.withLock { $0 = answer }
        isSet.set()
    }

    func wait() -> Answer {
        isSet.wait()
        return box.withLock { $0 } ?? Answer(DynamoError(.internalServerError, "no answer"))
    }
}
