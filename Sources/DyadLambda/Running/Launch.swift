import DyadModel

/// What an environment of a function is started with.
struct Launch: Sendable {
    var runtime: LambdaRuntime
    var handler: String
    var timeoutSeconds: Int
    var memoryMegabytes: Int
    /// The user's own.
    var variables: [String: String]
    var code: CodeFolder
}

/// What all functions of a server share.
struct Surroundings: Sendable {
    var interpreters: Interpreters
    var logs: FunctionLogs
    var clock: any WallClock
    var pool: EnvironmentPool.Settings
    /// `http://127.0.0.1:8000`
    var endpoint: String
    /// Where the bootstraps of the interpreters lie.
    var bootstraps: String
}

/// One function, and where its requests go.
struct FunctionIdentity: Sendable, Hashable {
    let scope: Scope
    let name: String

    var arn: String {
        "arn:\(scope.region.partition):lambda:\(scope.region.rawValue):\(scope.account.rawValue):function:\(name)"
    }
}

extension Launch {
    /// The whole environment of a process: nothing of the server's own leaks into users' code.
    ///
    /// docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    func environment(
        _ function: FunctionIdentity, at runtimeAPI: String, logStream: String, _ surroundings: Surroundings
    ) -> [String: String] {
        let region = function.scope.region.rawValue
        var all = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": ":UTC", "PYTHONPATH": code.path,
            // What a handler prints is in the log when it answers.
            "PYTHONUNBUFFERED": "1",
        ]
        all.merge(variables) { _, theirs in theirs }
        let own = [
            "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": surroundings.endpoint,
            // Twelve digits are an account's own key: what the handler does, it does in the function's account.
            "AWS_ACCESS_KEY_ID": function.scope.account.rawValue, "AWS_SECRET_ACCESS_KEY": "function",
            "AWS_SESSION_TOKEN": "function", "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(memoryMegabytes),
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/\(function.name)", "AWS_LAMBDA_LOG_STREAM_NAME": logStream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_EXECUTION_ENV": "AWS_Lambda_\(runtime.name)",
            "AWS_LAMBDA_RUNTIME_API": runtimeAPI, "_HANDLER": handler, "LAMBDA_TASK_ROOT": code.path,
            "LAMBDA_RUNTIME_DIR": surroundings.bootstraps,
        ]
        let theirEndpoint = variables["AWS_ENDPOINT_URL"]
        all.merge(own) { $1 }
        // Not one of AWS's reserved names: whoever sets it means another endpoint.
        if let theirEndpoint { all["AWS_ENDPOINT_URL"] = theirEndpoint }
        return all
    }
}
