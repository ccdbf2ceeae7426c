import Dyad
import DyadClient
import DyadModel
import Testing

/// What a server's clients see of its data: our own client, over HTTP.
@Suite struct DataTests {
    /// A client of `region`; gone with the test.
    @discardableResult
    private func withClient<Result>(
        of server: LocalDynamoDB, _ region: String = "cn-north-1", accessKey: String = "AKIDEXAMPLE",
        _ body: (DynamoDBClient) async throws -> Result
    ) async throws -> Result {
        let surroundings = Surroundings(variables: ["AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": "any"])
        let client = try DynamoDBClient(
            ClientSettings(region: region, endpoint: server.endpoint), surroundings: surroundings)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    @discardableResult
    private func call(_ client: DynamoDBClient, _ operation: String, _ body: String) async throws -> JSONNode {
        try await client.call(operation, body: Array(body.utf8)).root
    }

    private let table = """
        {"TableName": "tlog", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
        """

    private func status(_ client: DynamoDBClient) async throws -> String? {
        try await call(client, "DescribeTable", #"{"TableName": "tlog"}"#)["Table"]?["TableStatus"]?.string
    }

    private func waitUntilActive(_ client: DynamoDBClient) async throws {
        try await eventually("the table ACTIVE") { try await status(client) == "ACTIVE" }
    }

    private func makeTable(_ client: DynamoDBClient) async throws {
        try await call(client, "CreateTable", table)
        try await waitUntilActive(client)
    }

    @Test func `servers share no data`() async throws {
        let first = try await LocalDynamoDB.start()
        let second = try await LocalDynamoDB.start()
        try await withClient(of: first) { client in try await makeTable(client) }
        try await withClient(of: second) { client in
            let names = try await call(client, "ListTables", "{}")["TableNames"]
            #expect(names?.raw.elementsEqual("[]".utf8) == true)
        }
        await first.stop()
        await second.stop()
    }

    @Test func `one port serves every region and account, and they share no data`() async throws {
        let server = try await LocalDynamoDB.start(account: "999988887777")
        let arn = try await withClient(of: server) { client in
            try await makeTable(client)
            return try await call(client, "DescribeTable", #"{"TableName": "tlog"}"#)["Table"]?["TableArn"]?.string
        }
        #expect(arn == "arn:aws-cn:dynamodb:cn-north-1:999988887777:table/tlog")
        for (region, key) in [("cn-northwest-1", "AKIDEXAMPLE"), ("cn-north-1", "111122223333")] {
            try await withClient(of: server, region, accessKey: key) { client in
                let names = try await call(client, "ListTables", "{}")["TableNames"]
                #expect(names?.raw.elementsEqual("[]".utf8) == true)
            }
        }
        await server.stop()
    }

    @Test func `a folder keeps what was answered, though the server stops at once`() async throws {
        let folder = FreshFolder()
        let first = try await LocalDynamoDB.start(storage: .folder(folder.path))
        try await withClient(of: first) { client in
            try await makeTable(client)
            try await call(client, "PutItem", #"{"TableName": "tlog", "Item": {"id": {"S": "kept"}, "n": {"N": "7"}}}"#)
        }
        await first.stop()
        let second = try await LocalDynamoDB.start(storage: .folder(folder.path))
        try await withClient(of: second) { client in
            let answer = try await call(client, "GetItem", #"{"TableName": "tlog", "Key": {"id": {"S": "kept"}}}"#)
            #expect(answer["Item"]?["n"]?["N"]?.string == "7")
        }
        await second.stop()
        withExtendedLifetime(folder) {}
    }

    @Test func `memory keeps nothing`() async throws {
        let first = try await LocalDynamoDB.start()
        try await withClient(of: first) { client in try await makeTable(client) }
        await first.stop()
        let second = try await LocalDynamoDB.start()
        try await withClient(of: second) { client in
            _ = await #expect(throws: ClientError.self) { try await status(client) }
        }
        await second.stop()
    }

    @Test func `a clock that stands still is moved by hand`() async throws {
        let server = try await LocalDynamoDB.start(clock: .manual)
        try await withClient(of: server) { client in
            try await call(client, "CreateTable", table)
            #expect(try await status(client) == "CREATING")
            server.advance(by: .seconds(1))
            await server.settle()
            #expect(try await status(client) == "ACTIVE")
        }
        await server.stop()
    }
}
