import ArgumentParser

/// The options that bound what a call may take, in whole seconds as the AWS CLI has them.
struct Timeouts: ParsableArguments {
    @Option(
        help: ArgumentHelp("Seconds that a connection may take to be made; 0 is any. (10)", valueName: "seconds"))
    var connectTimeout: Int64?

    @Option(
        help: ArgumentHelp(
            "Seconds that a call may take, from its first byte to its answer's last; 0 is any. (60)",
            valueName: "seconds"))
    var readTimeout: Int64?

    func validate() throws {
        for (name, seconds) in [("connect", connectTimeout), ("read", readTimeout)] {
            guard let seconds else { continue }
            guard (0...86_400).contains(seconds) else {
                throw ValidationError("--\(name)-timeout is 0 to 86400 seconds")
            }
        }
    }

    var connect: Duration? { connectTimeout.map { .seconds($0) } }
    var read: Duration? { readTimeout.map { .seconds($0) } }
}
