/// Every operation that is built, a line each. What is not here answers UnknownOperationException.
package enum Catalogue {
    /// `X-Amz-Target: DynamoDB_20120810.…`
    package static let dynamoDB: [Route] = [
        .statement(BatchExecuteStatement.self),
        .read(BatchGetItem.self),
        .write(BatchWriteItem.self),
        .write(CreateTable.self),
        .write(DeleteItem.self),
        .write(DeleteTable.self),
        .read(DescribeContinuousBackups.self),
        .read(DescribeContributorInsights.self),
        .read(DescribeEndpoints.self),
        .read(DescribeLimits.self),
        .read(DescribeTable.self),
        .read(DescribeTimeToLive.self),
        .statement(ExecuteStatement.self),
        .statement(ExecuteTransaction.self),
        .read(GetItem.self),
        .read(ListTables.self),
        .read(ListTagsOfResource.self),
        .write(PutItem.self),
        .read(Query.self),
        .read(Scan.self),
        .write(TagResource.self),
        .read(TransactGetItems.self),
        .write(TransactWriteItems.self),
        .write(UntagResource.self),
        .write(UpdateItem.self),
        .write(UpdateTable.self),
        .write(UpdateTimeToLive.self),
    ]

    /// `X-Amz-Target: DynamoDBStreams_20120810.…`
    package static let streams: [Route] = [
        .read(DescribeStream.self),
        .read(GetRecords.self),
        .read(GetShardIterator.self),
        .read(ListStreams.self),
    ]

    private static let byTarget: [String: Route] = {
        var routes: [String: Route] = [:]
        for route in dynamoDB { routes["DynamoDB_20120810.\(route.name)"] = route }
        for route in streams { routes["DynamoDBStreams_20120810.\(route.name)"] = route }
        return routes
    }()

    /// The operation that an `X-Amz-Target` header names; nil when there is none.
    package static func route(for target: String) -> Route? { byTarget[target] }
}
