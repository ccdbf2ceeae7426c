import NIOCore
import NIOPosix
import Synchronization

/// Where one function's code lies unpacked, for as long as an environment may need it.
actor CodeFolder {
    nonisolated let path: String
    private let load: @Sendable () async -> [UInt8]?
    private var unpacking: Task<String?, Never>?

    /// - Parameter load: finds the zip file; nil when it is gone.
    init(_ path: String, load: @escaping @Sendable () async -> [UInt8]?) {
        self.path = path
        self.load = load
    }

    /// Unpacks the code unless that is done.
    ///
    /// - Returns: nil when it is there, else why it is not.
    func unpack() async -> String? {
        if let unpacking { return await unpacking.value }
        let (path, load) = (path, load)
        let task = Task { () -> String? in
            guard let zip = await load() else { return "the code is gone" }
            do {
                return try await NIOSingletons.posixBlockingThreadPool.runIfActive { () -> String? in
                    if let reason = makePrivateFolder(path) { return reason }
                    do throws(ZipArchive.Fault) {
                        try ZipArchive(zip).unpack(to: path)
                        return nil
                    } catch {
                        removeFolder(path)
                        return "\(error)"
                    }
                }
            } catch {
                return "the server stops"
            }
        }
        unpacking = task
        let reason = await task.value
        if reason != nil { unpacking = nil }
        return reason
    }

    func remove() async {
        guard let unpacking else { return }
        _ = await unpacking.value
        let path = path
        try? await NIOSingletons.posixBlockingThreadPool.runIfActive { removeFolder(path) }
        self.unpacking = nil
    }
}
