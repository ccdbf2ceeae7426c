import DyadModel
import Synchronization

/// What an expression's text alone decides, kept for the next request with the same text: programs send a few texts again
/// and again, and put what varies behind placeholders.
///
/// What is kept are results of pure functions, so that only the time tells whether a text was known. Complaints are not
/// kept, nor long texts: about a megabyte is held at most.
final class TextCache<Reading: Sendable>: Sendable {
    private let countMax = 256
    private let bytesMax = 512
    private let known = Mutex<[Text: Reading]>([:])

    /// - Parameter read: makes it of a text that is not known.
    func reading(
        of string: String, _ read: (String) throws(DynamoError) -> Reading
    ) throws(DynamoError) -> Reading {
        let text = Text(string)
        if let reading = known.withLock({ $0[text] }) { return reading }
        let reading = try read(string)
        guard string.utf8.count <= bytesMax else { return reading }
        known.withLock {
            // Whoever writes values into texts fills it with what is never asked for again.
            if $0.count >= countMax { $0.removeAll(keepingCapacity: true) }
            $0[text] = reading
        }
        return reading
    }
}
