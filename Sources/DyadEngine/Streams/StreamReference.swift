import DyadModel
import DyadStore

extension Catalog {
    /// The stream that an ARN names, living or closed.
    func stream(_ arn: String, _ call: Call) throws(DynamoError) -> StreamDescription {
        guard let parsed = TableARN(arn), let label = parsed.streamLabel else {
            throw .validation("Invalid StreamArn")
        }
        // A stream of another region or account is not there for this one.
        guard call.scope.streamARN(label, of: parsed.table) == arn,
            let stream = stream(of: parsed.table, labelled: label)
        else { throw .resourceNotFound("Requested resource not found: Stream: \(arn) not found") }
        return stream
    }
}

extension StreamDescription.Shard {
    /// The first sequence number that can still be read.
    var horizon: Int64 { max(firstSequence, trimmedBefore ?? 0) }

    static let trimmed = DynamoError(.trimmedDataAccess, "The data you are trying to access has been trimmed")
}

extension Rule where Value == String {
    static let streamARN = length(37...1024)
    static let shardID = length(28...65)
}
