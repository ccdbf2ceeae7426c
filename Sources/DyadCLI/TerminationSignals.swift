import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Hears SIGINT, SIGTERM and SIGHUP while it lives, instead of dying of them.
final class TerminationSignals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameter body: gets the signal's name, at every signal.
    init(_ body: @escaping @Sendable (String) -> Void) {
        sources = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")].map { number, name in
            // The source hears a signal only when its default, death, is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { body(name) }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}
