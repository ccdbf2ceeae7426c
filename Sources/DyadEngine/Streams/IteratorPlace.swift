import DyadModel

/// What an iterator of this server names.
package enum IteratorPlace {
    /// The sequence number behind which the iterator goes on: AFTER_SEQUENCE_NUMBER with it comes to the same place, for
    /// as long as the stream keeps it. Nil for what is no iterator.
    package static func sequenceNumber(before iterator: String) -> String? {
        guard let parsed = try? ShardIterator(parsing: iterator) else { return nil }
        return SequenceNumber.text(max(0, parsed.position - 1))
    }
}
