/// A runtime's name as the service model has it.
package struct LambdaRuntime: Sendable, Equatable {
    /// What of this machine runs it.
    package enum Kind: Sendable, Equatable {
        case python, node
        /// The zip's own `bootstrap`.
        case provided
        /// Nothing here does.
        case other
    }

    package let name: String

    /// Nil for a name that AWS does not know.
    package init?(_ name: String) {
        guard Self.names.contains(name) else { return nil }
        self.name = name
    }

    package var kind: Kind {
        if name.hasPrefix("python") { return .python }
        if name.hasPrefix("nodejs") { return .node }
        if name.hasPrefix("provided") { return .provided }
        return .other
    }

    /// As AWS lists them to who names another: botocore's service model of 2026.
    package static let names = [
        "nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x",
        "nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x", "java8", "java8.al2", "java11", "java17", "java21",
        "java25", "python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10", "python3.11",
        "python3.12", "python3.13", "python3.14", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1",
        "dotnet6", "dotnet8", "dotnet10", "nodejs4.3-edge", "go1.x", "ruby2.5", "ruby2.7", "ruby3.2", "ruby3.3",
        "ruby3.4", "ruby4.0", "provided", "provided.al2", "provided.al2023", "nodejs26.x", "python3.15",
        "java8.al2023", "java11.al2023", "java17.al2023",
    ]
}
