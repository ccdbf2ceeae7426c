/// A resource that a policy names: `arn:aws:s3:::bucket`, not `*`.
enum PolicyResource {
    private static let partitions: Set<String> = [
        "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*",
    ]

    private static let iamPaths = [
        "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
        "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
    ]

    /// AWS's words for what is wrong with it; nil for nothing.
    static func fault(of resource: String) -> String? {
        let parts = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else { return "Resource \(resource) must be in ARN format or \"*\"." }
        guard partitions.contains(parts[1]) else { return partitionFault(parts) }
        guard parts.count > 2 else {
            return "Resource vendor must be fully qualified and cannot contain regexes."
        }
        let region = parts.count > 3 ? parts[3] : ""
        switch parts[2] {
        case "iam" where !region.isEmpty: return "IAM resource \(resource) cannot contain region information."
        case "s3" where !region.isEmpty: return "Resource \(resource) can not contain region information."
        case "iam":
            let path = parts.count > 5 ? parts[5] : ""
            let isPath = path == "*" || path == "root" || iamPaths.contains { path.hasPrefix($0) }
            guard isPath || path.contains("*") || path.contains("$") else {
                return "IAM resource path must either be \"*\", root, or start with "
                    + iamPaths.joined(separator: ", ") + "."
            }
        default: break
        }
        return nil
    }

    /// The resource as AWS completes it: what is not there is any.
    private static func partitionFault(_ parts: [String]) -> String {
        let given = Array(parts.dropFirst(2))
        let rest = (0..<4).map { place in
            guard place < given.count else { return "*" }
            return place == 0 && given.count == 1 && given[0].isEmpty ? "*" : given[place]
        }
        return "Partition \"\(parts[1])\" is not valid for resource \"arn:\(parts[1]):\(rest.joined(separator: ":"))\"."
    }

    /// Whether it has the parts of an ARN, or leaves none of them out.
    static func isLegacy(_ resource: String) -> Bool {
        let parts = resource.split(separator: ":", omittingEmptySubsequences: false)
        return (parts.count >= 6 || !resource.contains("::")) && parts.count > 2 && !parts[2].isEmpty
    }
}
