/// What the user must change before any request can leave, in one line.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
