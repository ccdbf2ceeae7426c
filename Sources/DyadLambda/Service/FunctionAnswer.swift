import DyadModel

/// A function's configuration as it is answered.
///
/// Members and their order: AWS's answers as localstack's test_lambda_api.snapshot.json recorded them (2024, 2025).
struct FunctionAnswer {
    /// How far the last order is. Here all is done at once, yet its own answer says what AWS's says.
    enum Progress { case created, updated, done }

    let identity: FunctionIdentity
    let record: FunctionRecord
    var progress = Progress.done
    /// What runs it, in words for people.
    var note: String?

    /// - Parameter isVersion: names `$LATEST` in the ARN, as lists of versions do.
    func write(to json: inout JSONWriter, isVersion: Bool = false) {
        json.object {
            $0.member("FunctionName", record.name)
            $0.member("FunctionArn", isVersion ? "\(identity.arn):$LATEST" : identity.arn)
            $0.member("Runtime", record.runtime.name)
            $0.member("Role", record.role)
            $0.member("Handler", record.handler)
            $0.member("CodeSize", record.codeSize)
            $0.member("Description", record.description)
            $0.member("Timeout", record.timeoutSeconds)
            $0.member("MemorySize", record.memoryMegabytes)
            $0.member("LastModified", "\(record.modifiedAt.label)+0000")
            $0.member("CodeSha256", record.codeSHA256)
            $0.member("Version", "$LATEST")
            if let variables = record.variables {
                $0.member("Environment") { $0.object { $0.member("Variables") { $0.texts(variables) } } }
            }
            $0.member("TracingConfig") { $0.object { $0.member("Mode", record.tracing) } }
            $0.member("RevisionId", record.revisionID)
            writeState(to: &$0)
            $0.member("PackageType", "Zip")
            $0.member("Architectures") { $0.array { $0.string(record.architecture) } }
            $0.member("EphemeralStorage") { $0.object { $0.member("Size", record.storageMegabytes) } }
            $0.member("SnapStart") {
                $0.object {
                    $0.member("ApplyOn", "None")
                    $0.member("OptimizationStatus", "Off")
                }
            }
            $0.member("RuntimeVersionConfig") { $0.object { $0.member("RuntimeVersionArn", runtimeVersion) } }
            $0.member("LoggingConfig") {
                $0.object {
                    $0.member("LogFormat", "Text")
                    $0.member("LogGroup", record.logGroup ?? "/aws/lambda/\(record.name)")
                }
            }
        }
    }

    private func writeState(to json: inout JSONWriter) {
        json.member("State", progress == .created ? "Pending" : "Active")
        let words = [progress == .created ? "The function is being created." : nil, note].compactMap { $0 }
        if !words.isEmpty { json.member("StateReason", words.joined(separator: " ")) }
        switch progress {
        case .created: json.member("StateReasonCode", "Creating")
        case .updated:
            json.member("LastUpdateStatus", "InProgress")
            json.member("LastUpdateStatusReason", "The function is being created.")
            json.member("LastUpdateStatusReasonCode", "Creating")
        case .done: json.member("LastUpdateStatus", "Successful")
        }
    }

    /// Names the build of a runtime by a digest, as AWS does; ours is of the runtime's name.
    private var runtimeVersion: String {
        let region = identity.scope.region
        let digest = sha256(Array(record.runtime.name.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "arn:\(region.partition):lambda:\(region.rawValue)::runtime:\(digest.joined())"
    }
}
