package import DyadModel

// The service model's structures of UpdateTable's changes of indexes.

package struct GlobalSecondaryIndexUpdate: WireStructure {
    var update: UpdateGlobalSecondaryIndexAction?
    var create: CreateGlobalSecondaryIndexAction?
    var delete: DeleteGlobalSecondaryIndexAction?
    package init() {}
    package static let shape = Shape<Self>(
        .optional("Update", \.update),
        .optional("Create", \.create),
        .optional("Delete", \.delete))
}

package struct CreateGlobalSecondaryIndexAction: WireStructure {
    var index = GlobalSecondaryIndex()
    package init() {}
    package static let shape = Shape<Self>(
        .required("IndexName", \.index.indexName, .indexName),
        .optional("ProvisionedThroughput", \.index.provisionedThroughput),
        .required("KeySchema", \.index.keySchema, .count(1...Int.max)),
        .required("Projection", \.index.projection),
        .optional("OnDemandThroughput", \.index.onDemandThroughput),
        .optional("WarmThroughput", \.index.warmThroughput))
}

package struct UpdateGlobalSecondaryIndexAction: WireStructure {
    var indexName = ""
    var provisionedThroughput: ProvisionedThroughput?
    var onDemandThroughput: OnDemandThroughput?
    var warmThroughput: WarmThroughput?
    package init() {}
    package static let shape = Shape<Self>(
        .required("IndexName", \.indexName, .indexName),
        .optional("ProvisionedThroughput", \.provisionedThroughput),
        .optional("OnDemandThroughput", \.onDemandThroughput),
        .optional("WarmThroughput", \.warmThroughput))
}

package struct DeleteGlobalSecondaryIndexAction: WireStructure {
    var indexName = ""
    package init() {}
    package static let shape = Shape<Self>(.required("IndexName", \.indexName, .indexName))
}
