import Dyad
import Foundation
import Testing

/// A folder for one test, not there yet and gone when the test lets go of this.
final class FreshFolder {
    let path: String

    init() { path = FileManager.default.temporaryDirectory.appending(path: "dyad-tests-\(UUID())").path() }

    /// One that is there.
    static func made() -> FreshFolder {
        let folder = FreshFolder()
        try? FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        return folder
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct LocalDynamoDBTests {
    @Test func `several servers run at once, each on its own port`() async throws {
        let first = try await LocalDynamoDB.start()
        let second = try await LocalDynamoDB.start()
        #expect(first.port != second.port)
        #expect(first.port > 0)
        #expect(first.endpoint == "http://127.0.0.1:\(first.port)")
        await first.stop()
        await second.stop()
    }

    @Test func `a port is free again when its server has stopped`() async throws {
        let first = try await LocalDynamoDB.start()
        await first.stop()
        // A process that another test forks right now holds the sockets of this one until it has become its program.
        var second: LocalDynamoDB?
        try await eventually("the port is free") {
            second = try? await LocalDynamoDB.start(port: first.port)
            return second != nil
        }
        #expect(second?.port == first.port)
        await second?.stop()
    }

    @Test func `a taken port is said in one line`() async throws {
        let first = try await LocalDynamoDB.start()
        let error = await #expect(throws: LocalDynamoDBError.self) {
            try await LocalDynamoDB.start(port: first.port)
        }
        #expect(error?.description == "cannot listen on 127.0.0.1 port \(first.port): the port is taken")
        await first.stop()
    }

    @Test func `a folder serves one server at a time`() async throws {
        let folder = FreshFolder()
        let first = try await LocalDynamoDB.start(storage: .folder(folder.path))
        let error = await #expect(throws: LocalDynamoDBError.self) {
            try await LocalDynamoDB.start(storage: .folder(folder.path))
        }
        #expect(error?.description == "the data folder \(folder.path) is in use by another process")
        await first.stop()
        let again = try await LocalDynamoDB.start(storage: .folder(folder.path))
        await again.stop()
        withExtendedLifetime(folder) {}
    }

    @Test func `an account is twelve digits`() async throws {
        let error = await #expect(throws: LocalDynamoDBError.self) { try await LocalDynamoDB.start(account: "12") }
        #expect(error?.description == "an account is twelve digits, not '12'")
    }

    @Test func `what cannot be resharded is said in one line`() async throws {
        let dynamoDB = try await LocalDynamoDB.start()
        let orders: [(region: String, account: String?, why: String)] = [
            ("cn-north-1", nil, "There is no table 'tlog'"), ("../x", nil, "'../x' is no region"),
            ("cn-north-1", "12", "an account is twelve digits, not '12'"),
        ]
        for (region, account, why) in orders {
            let error = await #expect(throws: LocalDynamoDBError.self) {
                try await dynamoDB.splitShards(ofTable: "tlog", in: region, account: account)
            }
            #expect(error?.description == why)
        }
        await dynamoDB.stop()
    }
}
