import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A profile's `credential_process`.
///
/// Source: docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html. The command goes to the shell;
/// what it writes to standard error is the user's to see.
struct ProcessSource: CredentialSource {
    /// Runs a command to its end: its exit status and standard output.
    typealias Run = @Sendable (_ command: String) async -> (status: Int32, output: [UInt8])

    /// Bytes; longer output is no credentials.
    private static let outputBytesMax = 1 << 20
    let command: String
    var run: Run = Self.shell

    func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials {
        let (status, output) = await run(command)
        guard status == 0 else { throw .notAttempted("credential_process '\(command)' failed with status \(status)") }
        return try FetchedCredentials(json: output, tokenMember: "SessionToken")
    }

    private static let shell: Run = { command in
        // It may wait for a person: not on a thread that others need.
        let answer = try? await NIOThreadPool.singleton.runIfActive { () -> (status: Int32, output: [UInt8]) in
            guard let pipe = popen(command, "r") else { return (-1, []) }
            var output: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4096)
            while output.count <= outputBytesMax {
                let count = fread(&chunk, 1, chunk.count, pipe)
                if count == 0 { break }
                output += chunk[..<count]
            }
            let status = pclose(pipe)
            return (status > 255 ? status >> 8 : status, output)
        }
        return answer ?? (-1, [])
    }
}
