import DyadModel
import DyadStore
import Synchronization

/// Runs a region's writes on a thread of its own, in the order of arrival, many to a commit.
///
/// Serializable by construction: one thread, one connection, and nobody is answered before the commit.
final class RegionWriter: Sendable {
    typealias Write = @Sendable (inout WriteTransaction, Call) throws(DynamoError) -> [UInt8]
    typealias Reply = @Sendable (Result<[UInt8], DynamoError>) -> Void

    private struct Job: Sendable {
        let write: Write
        let call: Call
        let startsTransition: Bool
        let reply: Reply
    }

    /// Answers of what put a table in a passing state. They leave once that has passed, as a rule: a client that looks for
    /// the table at once and finds it CREATING looks again only after 20 seconds, which is what AWS's waiters do.
    private struct HeldAnswers {
        private var answers: [(due: ContinuousClock.Instant, reply: Reply, result: Result<[UInt8], DynamoError>)] = []

        /// For how long nothing is due; nil when nothing is held.
        var wait: Int64? {
            answers.first.map { max(0, Int64(($0.due - .now) / .milliseconds(1)) + 1) }
        }

        /// - Parameter milliseconds: how long tables are in such states.
        mutating func hold(_ result: Result<[UInt8], DynamoError>, for milliseconds: Int64, _ reply: @escaping Reply) {
            // In true time and a bounded one: an emulator's clock may stand still. One more than the state takes.
            answers.append((.now + .milliseconds(milliseconds + 1), reply, result))
        }

        mutating func send(evenIfNotDue: Bool = false) {
            guard !answers.isEmpty else { return }
            let now = ContinuousClock.now
            let count = evenIfNotDue ? answers.count : answers.prefix { $0.due <= now }.count
            for answer in answers[..<count] { answer.reply(answer.result) }
            answers.removeFirst(count)
        }
    }

    /// What readers need of a commit.
    struct Published: Sendable {
        var generation: UInt64
        var catalog: Catalog
    }

    private let queue = WakeQueue<Job>()
    private let settling = Settling()
    private let latest: Mutex<Published>
    private let counter = Atomic<UInt64>(0)
    private let clock: any WallClock
    private let makeCall: @Sendable () -> Call
    private let doesChoresUnasked: Bool
    private let ended: OneShot

    /// - Throws: when the file cannot be opened.
    init(_ file: RegionFile, clock: any WallClock, makeCall: @escaping @Sendable () -> Call) throws(SQLiteError) {
        // The file is opened here and not on the thread, so that what is wrong with it is told to who asked for it.
        let writer = try StoreWriter(file)
        latest = Mutex(Published(generation: 0, catalog: writer.catalog))
        self.clock = clock
        self.makeCall = makeCall
        doesChoresUnasked = makeCall().settings.doesChoresUnasked
        ended = OneShot()
        let handover = Handover(writer)
        do {
            try startThread { [self] in
                serve(handover)
                // Only now is the file closed: who waits for the end may open it again at once.
                ended.set()
            }
        } catch {
            throw SQLiteError(code: 7, message: "no thread could be started (error \(error.code))")
        }
    }

    /// The number of the last commit: what was answered is in it.
    var generation: UInt64 { counter.load(ordering: .acquiring) }

    var published: Published { latest.withLock { $0 } }

    /// - Parameter startsTransition: whether the answer waits until a state has passed that the write begins.
    func submit(_ write: @escaping Write, _ call: Call, startsTransition: Bool = false, reply: @escaping Reply) {
        if !queue.add(Job(write: write, call: call, startsTransition: startsTransition, reply: reply)) {
            reply(.failure(DynamoError(.internalServerError, "The server is stopping")))
        }
    }

    /// The clock was moved: looks for chores that are due.
    func poke() { queue.poke() }

    /// Calls `done` once nothing is due: on this thread, or at once when it has ended.
    ///
    /// Chores that fail are not waited for, nor those that take more than `Settling.turnsMax` turns.
    func settle(_ done: @escaping @Sendable () -> Void) {
        guard settling.add(done) else { return done() }
        queue.poke()
    }

    /// Finishes what was submitted, commits it and lets the file go.
    func stop() {
        queue.close()
        ended.wait()
    }

    // MARK: On the thread

    private func serve(_ handover: Handover) {
        guard let writer = handover.take() else { return }
        var areChoresDone = true
        var held = HeldAnswers()
        while true {
            let wait = doesChoresUnasked ? pause(until: Chores.nextDue(in: writer.catalog)) : nil
            let choresWait = areChoresDone ? wait : max(wait ?? 0, Self.pauseAfterFailedChoresMilliseconds)
            let foldWait = writer.hasLog ? Self.idleMilliseconds : nil
            let (jobs, isClosed) = queue.take(waitingAtMost: [choresWait, foldWait, held.wait].compactMap { $0 }.min())
            if jobs.isEmpty, isClosed { break }
            if jobs.isEmpty, writer.hasLog { writer.foldLog() }
            // Woken by the time, or by a clock that was moved: mostly there is nothing to commit.
            if !jobs.isEmpty || isSomethingDue(in: writer.catalog) { areChoresDone = drain(jobs, on: writer, &held) }
            held.send()
            settling.turn { areChoresDone && isSomethingDue(in: writer.catalog) }
        }
        held.send(evenIfNotDue: true)
        settling.end()
    }

    private func isSomethingDue(in catalog: Catalog) -> Bool {
        guard doesChoresUnasked, let due = Chores.nextDue(in: catalog) else { return false }
        return due <= clock.now
    }

    /// How long no write came before the log is folded into the file.
    private static let idleMilliseconds: Int64 = 20
    /// A full disk, for one, is not asked again and again.
    private static let pauseAfterFailedChoresMilliseconds: Int64 = 1000

    private func pause(until due: Timestamp?) -> Int64? {
        // A clock that stands still is poked when it is moved; one that runs needs no more than this to be on time.
        due.map { max(0, min($0.milliseconds - clock.now.milliseconds, 60_000)) }
    }

    /// Takes what has arrived, commits it once, then answers everyone.
    ///
    /// - Returns: false when the chores that were due could not be done.
    private func drain(_ jobs: [Job], on writer: StoreWriter, _ held: inout HeldAnswers) -> Bool {
        var areChoresDone = true
        var results: [Result<[UInt8], DynamoError>] = []
        do throws(SQLiteError) {
            results = try run(jobs, on: writer)
            areChoresDone = performChores(on: writer)
            if writer.isSpoiled {
                writer.rollback()
                results = try run(jobs, on: writer, undoing: .job)
            }
            try writer.commit()
        } catch {
            areChoresDone = false
            writer.rollback()
            results = jobs.map { _ in .failure(error.asDynamoError) }
        }
        publish(writer.catalog)
        for (job, result) in zip(jobs, results) {
            if job.startsTransition, doesChoresUnasked, case .success = result {
                held.hold(result, for: job.call.settings.transitionMilliseconds, job.reply)
            } else {
                job.reply(result)
            }
        }
        return areChoresDone
    }

    /// Runs the jobs in a transaction that is open then; a second time, with savepoints, if that is what it takes.
    private func run(
        _ jobs: [Job], on writer: StoreWriter, undoing undo: StoreWriter.Undo = .transaction
    ) throws(SQLiteError) -> [Result<[UInt8], DynamoError>] {
        var results: [Result<[UInt8], DynamoError>] = []
        results.reserveCapacity(jobs.count)
        try writer.begin(undoing: undo)
        for job in jobs {
            results.append(writer.run { (store) throws(DynamoError) in try job.write(&store, job.call) })
            guard writer.isSpoiled else { continue }
            writer.rollback()
            return try run(jobs, on: writer, undoing: .job)
        }
        return results
    }

    /// What a chore could not do now it does at its next turn.
    private func performChores(on writer: StoreWriter) -> Bool {
        guard let due = Chores.nextDue(in: writer.catalog) else { return true }
        let call = makeCall()
        guard due <= call.now else { return true }
        switch writer.run({ (store) throws(DynamoError) in try Chores.perform(in: &store, call) }) {
        case .success: return true
        case .failure: return false
        }
    }

    private func publish(_ catalog: Catalog) {
        latest.withLock {
            $0.generation += 1
            $0.catalog = catalog
        }
        counter.add(1, ordering: .acquiringAndReleasing)
    }
}

/// Hands a value that is not Sendable from one thread to one other.
///
/// Sendable by hand: the maker gives up its reference before the thread starts, and `take` empties the box under its lock.
private final class Handover: @unchecked Sendable {
    private let lock = Mutex(())
    private var value: StoreWriter?

    init(_ value: sending StoreWriter) { self.value = value }

    func take() -> StoreWriter? {
        lock.withLock { _ in
            defer { value = nil }
            return value
        }
    }
}

/// Something that happens once and can be waited for.
final class OneShot: Sendable {
    private let queue = WakeQueue<Bool>()

    func set() { _ = queue.add(true) }
    /// Blocks until it has happened. For one waiter.
    func wait() { _ = queue.take(waitingAtMost: nil) }
}
