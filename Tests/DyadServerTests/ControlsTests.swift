import DyadModel
import Testing

@testable import DyadServer

@Suite struct ControlsTests {
    private static let path = "/_dyad/clock"
    private static let json = ("Content-Type", "application/json")
    /// 2026-11-22T17:26:15.123Z, where it stands.
    private let base = ManualClock(Timestamp(milliseconds: 1_795_368_375_123))

    private func post(_ body: String, _ headers: [(String, String)] = [json]) -> String {
        message(body, path: Self.path, headers: headers)
    }

    @Test func `the clock is read`() async throws {
        try await withFront(MovableClock(isRunning: true, base: base)) { client, _ in
            for path in [Self.path, Self.path + "?again"] {
                client.send(message(method: "GET", path: path))
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response.headers["content-type"] == "application/json")
                #expect(
                    response.body
                        == #"{"now":"2026-11-22T17:26:15.123Z","epochSeconds":1795368375.123,"running":true}"#)
            }
        }
    }

    @Test(arguments: [
        (
            #"{"advanceSeconds": 3600}"#,
            #"{"now":"2026-11-22T18:26:15.123Z","epochSeconds":1795371975.123,"running":true}"#
        ),
        (
            #"{"advanceSeconds":0.8774}"#,
            #"{"now":"2026-11-22T17:26:16.000Z","epochSeconds":1795368376,"running":true}"#
        ),
        (
            #"{"advanceSeconds": 0}"#,
            #"{"now":"2026-11-22T17:26:15.123Z","epochSeconds":1795368375.123,"running":true}"#
        ),
        (
            #"{"advanceSeconds": 1e1}"#,
            #"{"now":"2026-11-22T17:26:25.123Z","epochSeconds":1795368385.123,"running":true}"#
        ),
        (
            #"{"epochSeconds": 1800000000}"#,
            #"{"now":"2027-01-15T08:00:00.000Z","epochSeconds":1800000000,"running":true}"#
        ),
        (#"{"running": false}"#, #"{"now":"2026-11-22T17:26:15.123Z","epochSeconds":1795368375.123,"running":false}"#),
        (
            #"{"running": false, "epochSeconds": 1800000000.5}"#,
            #"{"now":"2027-01-15T08:00:00.500Z","epochSeconds":1800000000.500,"running":false}"#
        ),
    ])
    func `the clock is moved, stopped and set going`(_ order: String, _ answer: String) async throws {
        let clock = MovableClock(isRunning: true, base: base)
        try await withFront(clock) { client, _ in
            client.send(post(order))
            let response = try client.response()
            #expect(response.status == 200)
            #expect(response.body == answer)
            client.send(message(method: "GET", path: Self.path))
            try client.expect(\.body, answer)
        }
    }

    @Test(arguments: [
        ("", "the body is not a JSON object"), ("3600", "the body is not a JSON object"),
        ("{", "the body is not a JSON object"), ("[]", "the body is not a JSON object"),
        ("{}", "nothing to do: give advanceSeconds, epochSeconds or running"),
        (#"{"advanceSecond": 1}"#, "there is no 'advanceSecond', only advanceSeconds, epochSeconds and running"),
        (#"{"advanceSeconds": -1}"#, "advanceSeconds is a number, 0 or more"),
        (#"{"advanceSeconds": "60"}"#, "advanceSeconds is a number, 0 or more"),
        (#"{"advanceSeconds": null}"#, "advanceSeconds is a number, 0 or more"),
        (#"{"epochSeconds": "2026-11-22"}"#, "epochSeconds is a number, the seconds since 1970"),
        (#"{"running": 1}"#, "running is true or false"),
        (#"{"advanceSeconds": 1, "epochSeconds": 1800000000}"#, "give one of advanceSeconds and epochSeconds, once"),
        (#"{"advanceSeconds": 1, "advanceSeconds": 1}"#, "give one of advanceSeconds and epochSeconds, once"),
        (
            #"{"epochSeconds": 1795368375.122, "running": false}"#,
            "the clock only moves forward, and it is 2026-11-22T17:26:15.123Z"
        ),
        (#"{"epochSeconds": -1e300}"#, "the clock only moves forward, and it is 2026-11-22T17:26:15.123Z"),
        (#"{"advanceSeconds": 1e300}"#, "the clock ends at 9999-12-31T23:59:59.999Z"),
        (#"{"epochSeconds": 253402300800}"#, "the clock ends at 9999-12-31T23:59:59.999Z"),
    ])
    func `an order that cannot be done changes nothing and says why`(_ order: String, _ why: String) async throws {
        let clock = MovableClock(isRunning: true, base: base)
        let before = clock.reading
        try await withFront(clock) { client, _ in
            client.send(post(order))
            let response = try client.response()
            #expect(response.status == 400)
            #expect(response.headers["content-type"] == "application/json")
            #expect(response.body == "{\"message\":\"\(why)\"}")
        }
        #expect(clock.reading == before)
    }

    /// A page can send the first three without being allowed to, and asks with the fourth.
    @Test func `a browser's page cannot move the clock`() async throws {
        let clock = MovableClock(isRunning: true, base: base)
        let before = clock.reading
        let order = #"{"advanceSeconds": 3600}"#
        try await withFront(clock) { client, _ in
            for type in [
                "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain;application/json",
            ] {
                client.send(post(order, [("Content-Type", type)]))
                try client.expect(\.status, 415)
            }
            client.send(post(order, []))
            try client.expect(\.status, 415)
            let origin = ("Origin", "http://example.com")
            let asked = [
                origin, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"),
            ]
            for request in [
                post(order, [Self.json, origin]), post(order, [("Content-Type", "text/plain"), origin]),
                message(method: "OPTIONS", path: Self.path, headers: asked),
                message(method: "OPTIONS", path: Self.path + "?a", headers: asked),
                message(method: "GET", path: Self.path, headers: [origin]),
            ] {
                client.send(request)
                let response = try client.response()
                #expect(response.status == 403)
                #expect(!response.headers.keys.contains { $0.hasPrefix("access-control-") })
            }
        }
        #expect(clock.reading == before)
    }

    @Test func `other methods and paths are not there`() async throws {
        try await withFront { client, _ in
            for method in ["PUT", "DELETE", "OPTIONS"] {
                client.send(message("{}", method: method, path: Self.path, headers: [Self.json]))
                let response = try client.response()
                #expect(response.status == 405)
                #expect(response.headers["allow"] == "GET, HEAD, POST")
            }
            for path in ["/_dyad/", "/_dyad/clocks", "/_dyad/clock/"] {
                client.send(message("{}", path: path, headers: [Self.json]))
                try client.expect(\.status, 404)
            }
            client.send(message(method: "HEAD", path: Self.path))
            #expect(try client.response(to: "HEAD").status == 200)
        }
    }

    @Test func `a table is ACTIVE when the clock's answer is there`() async throws {
        func call(_ operation: String, _ body: String) -> String {
            let target = ("X-Amz-Target", "DynamoDB_20120810.\(operation)")
            return message(body, headers: [amzJSON, target, authorization(), date])
        }
        try await withFront(MovableClock(isRunning: false, base: base)) { client, _ in
            for number in 0..<20 {
                let table = "{\"TableName\":\"table-\(number)\"}"
                client.send(
                    call(
                        "CreateTable",
                        """
                        {"TableName":"table-\(number)","BillingMode":"PAY_PER_REQUEST",
                         "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
                         "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}
                        """))
                try client.expect(\.status, 200)
                client.send(
                    call("DescribeTable", table) + post(#"{"advanceSeconds": 1}"#) + call("DescribeTable", table))
                #expect(try client.response().body.contains(#""TableStatus":"CREATING""#))
                try client.expect(\.status, 200)
                #expect(try client.response().body.contains(#""TableStatus":"ACTIVE""#))
            }
        }
    }
}
