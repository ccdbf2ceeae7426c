import Dispatch
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a process writes to standard output and standard error, handed on as it comes.
///
/// The process is done with an answer before its last words were read here: `drain` reads what is in the pipe already.
final class OutputPipe: Sendable {
    private static let stepBytes = 64 << 10

    let writeEnd: FileDescriptor
    private let readEnd: FileDescriptor
    private let queue = DispatchQueue(label: "dyad.function.output")
    private let receive: @Sendable ([UInt8]) -> Void
    private let source = Mutex<Source?>(nil)

    /// A dispatch source may be cancelled from any thread, which is all that is done with it.
    private struct Source: @unchecked Sendable { let held: any DispatchSourceRead }

    /// - Parameter receive: called on a queue of its own, one call after the other.
    init(_ receive: @escaping @Sendable ([UInt8]) -> Void) throws(Errno) {
        let ends = try FileDescriptor.pipeClosedOnExec()
        (readEnd, writeEnd) = ends
        self.receive = receive
        _ = fcntl(readEnd.rawValue, F_SETFL, fcntl(readEnd.rawValue, F_GETFL) | O_NONBLOCK)
        let made = DispatchSource.makeReadSource(fileDescriptor: readEnd.rawValue, queue: queue)
        made.setEventHandler { [weak self] in self?.readStep() }
        let readEnd = readEnd
        made.setCancelHandler { try? readEnd.close() }
        let kept = Source(held: made)
        source.withLock { $0 = kept }
        made.resume()
    }

    /// Returns when all that the process had written before this was called is handed on.
    func drain() async {
        await withCheckedContinuation { continuation in
            queue.async {
                // A process that writes without end does not hold up its own answer: pipes hold 64 KiB, mostly.
                for _ in 0..<16 where !self.readStep() { break }
                continuation.resume()
            }
        }
    }

    /// Hands on what is left, then lets the pipe go. What a process that outlived the first still writes is lost.
    func close() {
        queue.async {
            for _ in 0..<1024 where !self.readStep() { break }
            self.stop()
        }
    }

    private func stop() {
        source.withLock { source in
            source?.held.cancel()
            source = nil
        }
    }

    /// On the queue. False when there is nothing to read.
    @discardableResult
    private func readStep() -> Bool {
        guard source.withLock({ $0 != nil }) else { return false }
        var error: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.stepBytes) { buffer, count in
            let read = systemRead(readEnd.rawValue, buffer.baseAddress, buffer.count)
            error = read < 0 ? errno : 0
            count = max(0, read)
        }
        guard !bytes.isEmpty else {
            // The end, or an error that stays: nothing more will come.
            if error != EAGAIN, error != EINTR { stop() }
            return false
        }
        receive(bytes)
        return true
    }
}

/// `read(2)`, whatever else is called so.
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.read(file, buffer, count)
    #else
        Darwin.read(file, buffer, count)
    #endif
}
