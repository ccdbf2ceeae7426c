/// Where AWS is known to do otherwise than its service model says, and Dyad does as AWS.
struct KnownDifference {
    /// As `CatalogueComparison` notes them; a `*` in front stands for any operation or structure.
    let notes: [String]
    /// Why, and where it is known from.
    let reason: String

    func covers(_ note: String) -> Bool {
        notes.contains { $0.hasPrefix("*") ? note.hasSuffix($0.dropFirst()) : note == $0 }
    }

    static let all = [
        KnownDifference(
            notes: ["*.TableName: has a pattern", "*.TableName: refuses 1024", "*.TableName: takes more than 1024"],
            reason: """
                The model allows any 1024 letters. AWS judges a name as a name, of 255 letters of a kind, and what begins \
                with arn: as an ARN of 1024: captures of us-east-1, June 2026.
                """),
        KnownDifference(
            notes: ["*Table.TableName: takes less than 1", "*Table.TableName: refuses 1"],
            reason: """
                A table that is made, described, changed or deleted has a name of 3 letters or more: dynalite's tests, \
                compared with AWS; ack-api-quirks 446.
                """),
        KnownDifference(
            notes: ["BatchGetItem.RequestItems", "BatchWriteItem.RequestItems"].flatMap { place in
                let most = place == "BatchGetItem.RequestItems" ? 100 : 25
                return [
                    "\(place): takes less than 1", "\(place): takes more than \(most)",
                    "\(place) key: takes less than 1", "\(place) key: takes more than 1024",
                ]
            },
            reason:
                "AWS counts tables and requests together, and tells of both and of names in words of their own: dynalite."
        ),
        KnownDifference(
            notes: [
                "BatchGetItem.RequestItems key: has a pattern", "BatchGetItem.RequestItems key: refuses 1",
                "BatchGetItem.RequestItems key: refuses 1024", "KeysAndAttributes.Keys: takes less than 1",
                "KeysAndAttributes.Keys: takes more than 100",
            ],
            reason: """
                AWS judges the tables of a batch as names of 3 to 255 letters or as ARNs, and tells of the number of keys \
                in the words of its newer framework: dynamodb-conformance, error-messages/batchGetItem, October 2026.
                """),
        KnownDifference(
            notes: ["CreateTable.AttributeDefinitions: is required", "CreateTable.KeySchema: is required"],
            reason:
                "Only a table with a GlobalTableSourceArn does without, which is not built. AWS asked for both: dynalite."
        ),
        KnownDifference(
            notes: ["CreateTable.KeySchema: has an upper bound", "LocalSecondaryIndex.KeySchema: has an upper bound"],
            reason: """
                Only global indexes' keys may have more than two attributes, so the model's shape for all has no bound. Of \
                a table and a local index AWS takes one or two: dynalite's tests, compared with AWS.
                """),
        KnownDifference(
            notes: ["*Table.TableClass: takes any word"],
            reason: "AWS refuses other words in a sentence of its own, not as a constraint: TableClass."),
        KnownDifference(
            notes: ["Query.Limit: takes less than 1"],
            reason: "AWS refuses it in words that no other constraint has: captures of all regions, 2026."),
        KnownDifference(
            notes: ["GetRecords.Limit: has an upper bound"],
            reason:
                "1000: docs, GetRecords; AWS refuses more (ScyllaDB's pull request 23547, whose test passes on AWS)."),
        KnownDifference(
            notes: ["DescribeStream.Limit: has an upper bound", "ListStreams.Limit: has an upper bound"],
            reason: "100: docs, DescribeStream and ListStreams."),
        KnownDifference(
            notes: [
                "DescribeContributorInsights.IndexName: has not the pattern [a-zA-Z0-9_.-]+",
                "DescribeContributorInsights.IndexName: takes less than 3",
                "DescribeContributorInsights.IndexName: takes more than 255",
            ],
            reason: "AWS refuses other lengths in a sentence of its own, and looks at nothing else."),
        KnownDifference(
            notes: [
                "Query.ConditionalOperator: takes ALL", "*Item.ConditionalOperator: takes ALL",
                "*Item.ReturnValues: takes UPDATE_NEW",
            ],
            reason: """
                AWS's newer layer names words that no documentation has: QueryConditionalOperator,
                WriteConditionalOperator, ReturnValues.
                """),
        KnownDifference(
            notes: ["SSESpecification.KMSMasterKeyId: has a lower bound"],
            reason: "The model has no bound; AWS refuses an empty one as a constraint."),
        KnownDifference(
            notes: [
                "Tag.Key: is not required", "Tag.Key: takes less than 1", "Tag.Key: takes more than 128",
                "Tag.Value: is not required", "Tag.Value: takes more than 256",
                "UntagResource.TagKeys[]: takes less than 1", "UntagResource.TagKeys[]: takes more than 128",
            ],
            reason: "AWS tells of keys and values in words of their own: its answers of October 2026, TagRules."),
        KnownDifference(
            notes: ["*Resource.ResourceArn: takes less than 1", "*Resource.ResourceArn: takes more than 1283"],
            reason:
                "What is no table's ARN is refused as such, however long it is: its answers of October 2026, TagRules."),
    ]
}
