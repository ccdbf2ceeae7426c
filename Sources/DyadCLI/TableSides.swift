import ArgumentParser
import Dyad
import Logging

/// The options that name a source and a target table.
struct TableSides: ParsableArguments {
    @Option(help: ArgumentHelp("The source table's region.", valueName: "region"))
    var sourceRegion: String

    @Option(help: ArgumentHelp("The source table.", valueName: "table"))
    var sourceTable: String

    @Option(help: ArgumentHelp("The target table's region.", valueName: "region"))
    var targetRegion: String

    @Option(help: ArgumentHelp("The target table, which must exist, with the same key.", valueName: "table"))
    var targetTable: String

    @Option(
        help: ArgumentHelp(
            "The endpoint's URL for both sides; else AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL or the profile's, else "
                + "AWS itself.",
            valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("The source's endpoint, instead of --endpoint.", valueName: "url"))
    var sourceEndpoint: String?

    @Option(help: ArgumentHelp("The target's endpoint, instead of --endpoint.", valueName: "url"))
    var targetEndpoint: String?

    @Option(
        help: ArgumentHelp(
            "The profile for the source's credentials; else the environment, then AWS_PROFILE or default.",
            valueName: "profile"))
    var sourceProfile: String?

    @Option(help: ArgumentHelp("The profile for the target's credentials.", valueName: "profile"))
    var targetProfile: String?

    @OptionGroup var timeouts: Timeouts

    var source: TableAddress {
        within(
            TableAddress(
                region: sourceRegion, table: sourceTable, endpoint: sourceEndpoint ?? endpoint, profile: sourceProfile))
    }

    var target: TableAddress {
        within(
            TableAddress(
                region: targetRegion, table: targetTable, endpoint: targetEndpoint ?? endpoint, profile: targetProfile))
    }

    private func within(_ address: TableAddress) -> TableAddress {
        var address = address
        address.connectTimeout = timeouts.connect
        address.readTimeout = timeouts.read
        return address
    }

    /// What each line of a structured log tells of both sides.
    var logAttributes: Logger.Metadata {
        [
            "dyad.source.region": "\(sourceRegion)", "dyad.source.table": "\(sourceTable)",
            "dyad.target.region": "\(targetRegion)", "dyad.target.table": "\(targetTable)",
        ]
    }

    /// `dyad-cn-north-1-tlog-cn-northwest-1-tlog_replica.checkpoint`; no character of a table's or a region's name
    /// needs replacing (AWS: a-z, A-Z, 0-9, _, - and .), but an ARN given for a name does.
    ///
    /// - Parameter isBack: names the target first.
    func defaultFile(_ ending: String, isBack: Bool = false) -> String {
        "dyad-\(isBack ? name([targetRegion, targetTable, sourceRegion, sourceTable]) : defaultName).\(ending)"
    }

    var defaultName: String { name([sourceRegion, sourceTable, targetRegion, targetTable]) }

    private func name(_ parts: [String]) -> String {
        String(parts.joined(separator: "-").map { "/:".contains($0) ? "_" : $0 })
    }
}
