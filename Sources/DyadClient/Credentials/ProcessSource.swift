import NIOPosix

/// A profile's `credential_process`.
///
/// Source: docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html. The command goes to the shell;
/// what it writes to standard error is the user's to see.
struct ProcessSource: CredentialSource {
    /// As AWS's SDK for Go has it (processcreds.DefaultTimeout).
    static let timeout = Duration.seconds(60)
    /// Bytes; longer output is no credentials.
    private static let outputBytesMax = 1 << 20

    let command: String
    var timeout = Self.timeout

    func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials {
        let shell = ShellCommand(command: command, timeout: timeout, outputBytesMax: Self.outputBytesMax)
        // It may wait for a person: not on a thread that others need.
        let ending = try? await NIOThreadPool.singleton.runIfActive { shell.run() }
        switch ending {
        case .exited(0, let output): return try FetchedCredentials(json: output, tokenMember: "SessionToken")
        case .exited(let status, _):
            throw .notAttempted("credential_process '\(command)' failed with status \(status)")
        case .timedOut:
            throw .notAttempted(
                "credential_process '\(command)' had not ended after \(timeout.components.seconds) s, and was killed")
        case .tooLong: throw .notAttempted("credential_process '\(command)' prints more than credentials")
        case .notStarted(let why): throw .notAttempted("credential_process '\(command)' cannot be run: \(why)")
        case nil: throw .notAttempted("credential_process '\(command)' was not run: this process ends")
        }
    }
}
