package import DyadModel
import DyadStore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where an emulator's data lies.
package enum Storage: Sendable {
    /// Nothing is left when the process ends.
    case memory
    /// Every acknowledged write is in this folder.
    case folder(String)
}

/// An operation's answer.
package struct Answer: Sendable {
    package let status: Int
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    package init(_ error: DynamoError) { self.init(status: error.httpStatus, body: error.body) }

    init(_ result: Result<[UInt8], DynamoError>) {
        switch result {
        case .success(let body): self.init(status: 200, body: body)
        case .failure(let error): self.init(error)
        }
    }
}

/// All accounts and regions of one server. They share nothing but the port.
package final class Emulator: Sendable {
    let folder: DataFolder
    private let world: EngineWorld
    private let regions = Mutex<[Scope: Region]>([:])

    /// Each region has a thread and a file, so a client that invents regions must come to an end.
    package static let regionsMax = 256

    /// - Throws: one clear line when the data folder cannot be used.
    package init(
        _ storage: Storage, clock: any WallClock = SystemClock(), identity: any IdentitySource = RandomIdentity(),
        settings: EngineSettings = EngineSettings()
    ) throws(StartupError) {
        world = EngineWorld(clock: clock, identity: identity, settings: settings)
        switch storage {
        case .memory:
            let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
            folder = try DataFolder(temporaryIn: parent.isEmpty ? "/tmp" : parent)
        case .folder(let path): folder = try DataFolder(keeping: path)
        }
    }

    /// The facts of a call that arrives now.
    package func call(_ scope: Scope) -> Call { Call(scope: scope, in: world) }

    /// Answers a request: `reply` is called once, before this returns or from the region's thread.
    ///
    /// - Parameter readers: those of the event loop this runs on.
    package func answer(
        _ route: Route, _ document: JSONDocument, in scope: Scope, on readers: Readers,
        reply: @escaping @Sendable (Answer) -> Void
    ) {
        do throws(DynamoError) {
            let call = call(scope)
            switch try route.prepare(document.root, call) {
            case .read(let read):
                reply(Answer(status: 200, body: try read(readers.read(scope, of: self), call)))
            case .write(let write):
                try region(scope).writer.submit(write, call, startsTransition: route.startsTransition) {
                    reply(Answer($0))
                }
            }
        } catch {
            reply(Answer(error))
        }
    }

    /// The region of `scope`, opened at its first use.
    package func region(_ scope: Scope) throws(DynamoError) -> Region {
        try regions.withLock { (regions) throws(DynamoError) in
            if let known = regions[scope] { return known }
            guard regions.count < Self.regionsMax else {
                throw .validation("This server already serves \(Self.regionsMax) accounts and regions")
            }
            let made = try open(scope)
            regions[scope] = made
            return made
        }
    }

    private func open(_ scope: Scope) throws(DynamoError) -> Region {
        do throws(StartupError) {
            let file = try folder.file(for: scope)
            do throws(SQLiteError) {
                return try Region(scope, file: file, clock: world.clock) { [world] in Call(scope: scope, in: world) }
            } catch {
                throw StartupError("\(error)")
            }
        } catch {
            throw DynamoError(.internalServerError, error.description)
        }
    }

    /// The clock was moved: chores that are due are done soon.
    package func clockMoved() {
        for region in regions.withLock({ Array($0.values) }) { region.writer.poke() }
    }

    /// Calls `done` once every region has done the chores that are due: at once, or on a region's thread.
    package func settle(_ done: @escaping @Sendable () -> Void) {
        let all = regions.withLock { Array($0.values) }
        // One more than there are regions, so that it does not happen while they are still being told.
        let left = Countdown(from: all.count + 1, done)
        for region in all { region.writer.settle { left.countDown() } }
        left.countDown()
    }

    /// Finishes what was submitted, commits it, closes the files and lets the folder go.
    package func stop() {
        let all = regions.withLock { regions in
            defer { regions = [:] }
            return Array(regions.values)
        }
        for region in all { region.writer.stop() }
        folder.release()
    }
}

/// Calls something when it was counted down to nothing.
private final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let done: @Sendable () -> Void

    init(from count: Int, _ done: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.done = done
    }

    func countDown() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { done() }
    }
}
