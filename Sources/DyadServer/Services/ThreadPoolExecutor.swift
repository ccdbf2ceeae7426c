import NIOCore
import NIOPosix

/// Runs tasks on the threads that may be blocked, not on the few that all of a program's tasks share: a program that asks
/// its own server, and waits for the answer on one of those, would wait for ever.
final class ThreadPoolExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        NIOSingletons.posixBlockingThreadPool.submit { _ in
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
