import DyadModel
import NIOHTTP1

/// What a function's processes ask and tell.
extension FunctionHost {
    func respond(to request: RuntimeEndpoint.Request, of id: EnvironmentPool.EnvironmentID) async
        -> RuntimeEndpoint.Reply
    {
        guard isWanted(id) else { return .gone }
        switch RuntimeCall(request.method.rawValue, request.path) {
        case .next: return await next(id)
        case .response(let requestID): return await answer(id, requestID, request, isError: false)
        case .error(let requestID): return await answer(id, requestID, request, isError: true)
        case .startError:
            await environments[id]?.output?.drain()
            tell(.startFailed(id, payload: request.body))
            return .accepted
        case nil: return .refused(.notFound, "InvalidRequest", "there is no such path")
        }
    }

    private func next(_ id: EnvironmentPool.EnvironmentID) async -> RuntimeEndpoint.Reply {
        guard environments[id]?.waiter == nil else {
            return .refused(.forbidden, "InvalidStateTransition", "another request waits for the next invocation")
        }
        if environments[id]?.hasAsked == false, let startedAt = environments[id]?.startedAt {
            environments[id]?.startMilliseconds = now.milliseconds - startedAt.milliseconds
            environments[id]?.hasAsked = true
        }
        guard !pool.isBusy(id) || environments[id]?.delivery != nil else {
            return .refused(.forbidden, "InvalidStateTransition", "the invocation at hand is not answered")
        }
        tell(.asksForNext(id))
        if let delivery = environments[id]?.delivery {
            environments[id]?.delivery = nil
            return delivery
        }
        guard isWanted(id) else { return .gone }
        let reply = await withTaskCancellationHandler {
            await withCheckedContinuation { environments[id]?.waiter = $0 }
        } onCancel: {
            Task { await self.hangUp(id) }
        }
        return reply ?? .gone
    }

    /// The connection that waited for an invocation is gone; another may come.
    private func hangUp(_ id: EnvironmentPool.EnvironmentID) {
        environments[id]?.waiter?.resume(returning: nil)
        environments[id]?.waiter = nil
    }

    private func answer(
        _ id: EnvironmentPool.EnvironmentID, _ requestID: String, _ request: RuntimeEndpoint.Request, isError: Bool
    ) async -> RuntimeEndpoint.Reply {
        // Its last words are in the pipe: they belong to this invocation's log.
        await environments[id]?.output?.drain()
        guard pool.isBusy(id, with: requestID) else {
            return .refused(.badRequest, "InvalidRequestID", "this is not the invocation at hand")
        }
        guard !request.isTooLarge, request.body.count <= LambdaLimits.responseBytesMax else {
            tell(.answered(id, requestID, .error(Payloads.responseTooLarge)))
            return .tooLarge
        }
        tell(.answered(id, requestID, isError ? .error(request.body) : .response(request.body)))
        return .accepted
    }

    func deliver(_ id: EnvironmentPool.EnvironmentID, _ requestID: String, _ deadline: Timestamp) {
        invocations[requestID]?.deliveredAt = now
        guard let invocation = invocations[requestID] else { return }
        environments[id]?.log.write("START RequestId: \(requestID) Version: $LATEST")
        var headers = [
            ("Lambda-Runtime-Aws-Request-Id", requestID),
            ("Lambda-Runtime-Deadline-Ms", String(deadline.milliseconds)),
            ("Lambda-Runtime-Invoked-Function-Arn", function.arn),
            ("Lambda-Runtime-Trace-Id", "Root=1-\(Identifiers.hex(4))-\(Identifiers.hex(12));Sampled=0"),
        ]
        if let context = invocation.clientContext { headers.append(("Lambda-Runtime-Client-Context", context)) }
        let reply = RuntimeEndpoint.Reply(status: .ok, headers: headers, body: invocation.payload)
        if let waiter = environments[id]?.waiter {
            environments[id]?.waiter = nil
            waiter.resume(returning: reply)
        } else {
            environments[id]?.delivery = reply
        }
    }
}
