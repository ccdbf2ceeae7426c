import DyadModel

/// How long the values of a key may be: all of its partition attributes together, and all of its sort attributes.
///
/// Source: docs, "Constraints in Amazon DynamoDB", partition and sort keys. What holds for several attributes is written
/// nowhere; AWS's own words for the sort key speak of an aggregated size, and so it is read for both.
enum KeyLimits {
    static let partitionBytesMax = 2048
    static let sortBytesMax = 1024

    static func check(partition components: some Sequence<KeyComponent>) throws(DynamoError) {
        guard !fits(components, partitionBytesMax) else { return }
        throw .invalidValue("Size of hashkey has exceeded the maximum size limit of\(partitionBytesMax) bytes")
    }

    static func check(sort components: some Sequence<KeyComponent>) throws(DynamoError) {
        guard !fits(components, sortBytesMax) else { return }
        throw .invalidValue("Aggregated size of all range keys has exceeded the size limit of \(sortBytesMax) bytes")
    }

    static func fits(_ components: some Sequence<KeyComponent>, _ bytesMax: Int) -> Bool {
        components.reduce(0) { $0 + $1.bytes.count } <= bytesMax
    }
}
