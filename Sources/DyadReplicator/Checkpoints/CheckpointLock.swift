#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps a second replication from the same checkpoint: two would undo each other's.
///
/// An flock(2) on a file beside it, which the kernel lets go of when the process ends, however it ends.
package struct CheckpointLock: Sendable {
    package struct Taken: Error, Sendable {
        package let description: String
    }

    private let descriptor: Int32

    package init(for path: String) throws(Taken) {
        descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Taken(description: "\(path) cannot be used: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Taken(description: "another dyad replicate is running with the checkpoint \(path)")
        }
    }

    package func release() { close(descriptor) }
}
