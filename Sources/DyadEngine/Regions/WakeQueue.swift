#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A queue between threads: anyone adds, one thread takes all there is and sleeps while there is nothing.
///
/// Sendable by hand: `items` and `isClosed` are touched only between `pthread_mutex_lock` and `pthread_mutex_unlock` of
/// `mutex`; mutex and condition live at fixed addresses from `init` to `deinit`.
final class WakeQueue<Item: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [Item] = []
    private var isClosed = false
    private var isPoked = false
    private var isSleeping = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// False when the queue is closed: the item was not taken.
    func add(_ item: Item) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        items.append(item)
        // A signal costs a system call; the thread that is busy looks again by itself.
        if isSleeping { pthread_cond_signal(condition) }
        return true
    }

    /// Wakes the thread though nothing was added.
    func poke() {
        pthread_mutex_lock(mutex)
        isPoked = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// After this nothing is added; what was added is still taken.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Everything that waits; sleeps until there is something, the queue is poked or closed, or the time is over.
    ///
    /// - Parameter milliseconds: how long to sleep at most; nil: as long as it takes.
    func take(waitingAtMost milliseconds: Int64?) -> (items: [Item], isClosed: Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var deadline = timespec()
        if let milliseconds {
            clock_gettime(CLOCK_REALTIME, &deadline)
            let nanoseconds = Int64(deadline.tv_nsec) + (milliseconds % 1000) * 1_000_000
            deadline.tv_sec += Int(milliseconds / 1000 + nanoseconds / 1_000_000_000)
            deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
        }
        isSleeping = true
        while items.isEmpty, !isClosed, !isPoked {
            if milliseconds != nil {
                if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { break }
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
        isSleeping = false
        isPoked = false
        defer { items = [] }
        return (items, isClosed)
    }
}

/// Starts a thread of its own for `body`; the thread ends when `body` returns.
func startThread(_ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let box = Unmanaged.passRetained(Box(body))
    #if canImport(Darwin)
        var thread: pthread_t?
    #else
        var thread = pthread_t()
    #endif
    let code = pthread_create(
        &thread, nil,
        { argument in
            #if canImport(Darwin)
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
            #else
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
            #endif
            box.body()
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw ThreadError(code: code)
    }
    #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
    #else
        pthread_detach(thread)
    #endif
}

struct ThreadError: Error { let code: Int32 }
