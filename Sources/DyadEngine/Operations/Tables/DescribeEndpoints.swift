package import DyadModel
package import DyadStore

/// Tells clients that discover endpoints where to go: to this server.
package enum DescribeEndpoints: ReadOperation {
    package struct Input: WireStructure {
        package init() {}
        package static let shape = Shape<Self>()
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        let address: String

        package func write(to json: inout JSONWriter) {
            json.object {
                $0.member("Endpoints") {
                    $0.array {
                        $0.object {
                            $0.member("Address", address)
                            $0.member("CachePeriodInMinutes", 1440)
                        }
                    }
                }
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let region = call.scope.region
        let suffix = region.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"
        return Output(address: call.settings.advertisedEndpoint ?? "dynamodb.\(region.rawValue).\(suffix)")
    }
}
