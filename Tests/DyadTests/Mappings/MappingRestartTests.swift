import Dyad
import DyadMappings
import DyadModel
import Testing

/// What outlives a mapping's stops, and what does not.
struct MappingRestartTests {
    @Test func `a batch that was under way when the server stopped comes again, and what was handled does not`()
        async throws
    {
        try await withMappedTable { table in
            table.function.change { invocation in
                // The third batch never ends.
                if invocation.number == 3 { try? await Task.sleep(for: .seconds(600)) }
                return .returned([])
            }
            for id in 0..<10 { try await table.side.put(id, 1) }
            _ = try await table.map(#""BatchSize": 2"#)
            try await eventually("the third") { table.function.invocations.count == 3 }
            await table.mappings.stop(within: 10)
            let function = ScriptedFunction()
            let again = try await table.restarted(function)
            try await eventually("the rest") { function.invocations.flatMap(\.ids).count == 6 }
            #expect(function.invocations.flatMap(\.ids) == ["4", "5", "6", "7", "8", "9"])
            await again.mappings.stop()
        }
    }

    @Test func `a disabled mapping goes on where it stood when it is enabled`() async throws {
        try await withMappedTable { table in
            let id = try await table.map()
            try await table.side.put(1, 1)
            try await eventually("the first") { table.function.invocations.flatMap(\.ids) == ["1"] }
            try await table.update(id, #"{"Enabled": false}"#, until: "Disabled")
            try await table.side.put(2, 1)
            let restarted = try await table.restarted(table.function)
            #expect(try await restarted.ask("GET", id)["State"]?.string == "Disabled")
            #expect(table.function.invocations.flatMap(\.ids) == ["1"])
            await restarted.mappings.stop()
            try await table.update(id, #"{"Enabled": true}"#)
            try await eventually("the second") { table.function.invocations.flatMap(\.ids) == ["1", "2"] }
        }
    }

    @Test func `an update waits for the batch that is under way, so that no two hold the same records`() async throws {
        try await withMappedTable { table in
            let (gates, gate) = AsyncStream<Void>.makeStream()
            table.function.change { invocation in
                if invocation.number == 1 { for await _ in gates { break } }
                return .returned([])
            }
            for id in 0..<4 { try await table.side.put(id, 1) }
            let id = try await table.map(#""BatchSize": 2"#)
            try await eventually("the first") { table.function.invocations.count == 1 }
            #expect(
                try await table.ask("PUT", id, #"{"BatchSize": 1, "FunctionName": "g"}"#)["State"]?.string == "Updating"
            )
            #expect(try await table.ask("GET", id)["State"]?.string == "Updating")
            gate.yield()
            try await table.become(id, "Enabled")
            try await eventually("the rest") { table.function.invocations.count == 3 }
            #expect(table.function.invocations.map(\.ids) == [["0", "1"], ["2"], ["3"]])
            #expect(table.function.invocations.map { String($0.functionARN.suffix(1)) } == ["f", "g", "g"])
        }
    }

    @Test func `a deleted mapping leaves nothing: another one begins anew`() async throws {
        try await withMappedTable { table in
            try await table.side.put(1, 1)
            let id = try await table.map()
            try await eventually("the first") { table.function.invocations.count == 1 }
            try await table.ask("DELETE", id)
            try await table.become(id, nil)
            let other = try await table.map()
            #expect(other != id)
            try await eventually("again") { table.function.invocations.flatMap(\.ids) == ["1", "1"] }
        }
    }

    @Test func `a mapping that stood still for longer than the stream keeps records goes on with what is kept`()
        async throws
    {
        try await withMappedTable { table in
            let id = try await table.map()
            try await table.side.put(1, 1)
            try await eventually("the first") { table.function.invocations.count == 1 }
            try await table.update(id, #"{"Enabled": false}"#, until: "Disabled")
            try await table.side.put(2, 1)
            table.server.advance(by: .seconds(25 * 3600))
            await table.server.settle()
            try await table.side.put(3, 1)
            try await table.update(id, #"{"Enabled": true}"#)
            try await eventually("what is kept") { table.function.invocations.flatMap(\.ids) == ["1", "3"] }
        }
    }

    @Test func `a stream that is disabled is handed on to its end`() async throws {
        try await withMappedTable { table in
            for id in 0..<5 { try await table.side.put(id, 1) }
            try await table.side.setStream(nil)
            let id = try await table.map(#""BatchSize": 2"#)
            try await eventually("all") { table.function.invocations.flatMap(\.ids).count == 5 }
            await table.log.wait(for: "the stream was disabled")
            try await table.ask("DELETE", id)
            try await table.become(id, nil)
        }
    }
}
