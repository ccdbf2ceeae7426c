/// The two services a table's data and its changes are read from.
package enum Service: Sendable, Hashable {
    case dynamoDB
    case streams

    /// What stands before the operation in `X-Amz-Target`.
    var targetPrefix: String {
        switch self {
        case .dynamoDB: "DynamoDB_20120810"
        case .streams: "DynamoDBStreams_20120810"
        }
    }

    /// Both sign as `dynamodb`.
    static let signingName = "dynamodb"
}

/// Where requests go: one URL for both services, or AWS's regional hostnames.
package struct Endpoint: Sendable, Hashable {
    private let dynamoDB: EndpointURL
    private let streams: EndpointURL
    /// Somebody named a URL; so it may well be an emulator that needs no credentials of ours.
    package let isExplicit: Bool

    /// An explicit URL serves both services unless streams have one of their own.
    package init(explicit url: EndpointURL, streams: EndpointURL? = nil) {
        dynamoDB = url
        self.streams = streams ?? url
        isExplicit = true
    }

    /// AWS's own, over TLS: `dynamodb.cn-north-1.amazonaws.com.cn`, `streams.dynamodb.…`.
    package init(region: String) {
        let suffix = Self.dnsSuffix(of: region)
        dynamoDB = EndpointURL(scheme: .https, host: "dynamodb.\(region).\(suffix)")
        streams = EndpointURL(scheme: .https, host: "streams.dynamodb.\(region).\(suffix)")
        isExplicit = false
    }

    package func url(of service: Service) -> EndpointURL {
        switch service {
        case .dynamoDB: dynamoDB
        case .streams: streams
        }
    }

    /// DynamoDB itself, if through a hostname of one's own: `vpce-….dynamodb.cn-north-1.vpce.amazonaws.com.cn`.
    func isWithinAWS(_ region: String) -> Bool { dynamoDB.host.hasSuffix(".\(Self.dnsSuffix(of: region))") }

    /// The domain of a region's partition (botocore's partitions.json).
    static func dnsSuffix(of region: String) -> String {
        let suffixes = [
            ("cn-", "amazonaws.com.cn"), ("us-isob-", "sc2s.sgov.gov"), ("us-isof-", "csp.hci.ic.gov"),
            ("us-iso-", "c2s.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"), ("eusc-", "amazonaws.eu"),
        ]
        return suffixes.first { region.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
    }
}
