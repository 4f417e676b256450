/// Runs what is asynchronous to its end on the thread that asks, so that a fuzzer sees a plain function. Nothing in it
/// may wait for another thread.
func runNow<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) throws -> Result {
    let executor = HereExecutor()
    let box = ResultBox<Result>()
    Task(executorPreference: executor) { box.result = await body() }
    executor.run()
    guard let result = box.result else { throw Finding(description: "it waits for somebody else") }
    return result
}

/// Filled and emptied on one thread.
private final class ResultBox<Result>: @unchecked Sendable {
    var result: Result?
}

/// Its jobs are given and run on one thread.
private final class HereExecutor: TaskExecutor, @unchecked Sendable {
    private var jobs: [UnownedJob] = []

    func enqueue(_ job: consuming ExecutorJob) { self.jobs.append(UnownedJob(job)) }

    func run() {
        var index = 0
        while index < self.jobs.count {
            self.jobs[index].runSynchronously(on: self.asUnownedTaskExecutor())
            index += 1
        }
    }
}
