/// What the service model has and Dyad has not. README, "Deviations", names the same.
enum NotYetBuilt {
    static let operations = [
        "CancelBulkOperation", "CreateBackup", "CreateGlobalTable", "DeleteBackup", "DeleteResourcePolicy",
        "DescribeBackup", "DescribeBulkOperation", "DescribeExport", "DescribeGlobalTable",
        "DescribeGlobalTableSettings", "DescribeImport", "DescribeKinesisStreamingDestination",
        "DescribeTableReplicaAutoScaling", "DisableKinesisStreamingDestination",
        "EnableKinesisStreamingDestination", "ExportTableToPointInTime", "GetResourcePolicy", "ImportTable",
        "ListBackups", "ListBulkOperations", "ListContributorInsights", "ListExports", "ListGlobalTables",
        "ListImports", "PutResourcePolicy", "RestoreTableFromBackup", "RestoreTableToPointInTime",
        "SearchVectors", "StartBulkPutItems", "UpdateContinuousBackups", "UpdateContributorInsights",
        "UpdateGlobalTable", "UpdateGlobalTableSettings", "UpdateKinesisStreamingDestination",
        "UpdateTableReplicaAutoScaling",
    ]

    /// Of operations that are built; they are passed over.
    static let members = [
        "CreateTable.GlobalTableSettingsReplicationMode", "CreateTable.GlobalTableSourceArn",
        "CreateTable.ResourcePolicy", "CreateTable.VectorIndexes", "UpdateTable.DisassociationProtectionEnabled",
        "UpdateTable.GlobalTableSettingsReplicationMode", "UpdateTable.GlobalTableWitnessUpdates",
        "UpdateTable.MultiRegionConsistency", "UpdateTable.ReplicaUpdates", "UpdateTable.VectorIndexUpdates",
    ]
}
