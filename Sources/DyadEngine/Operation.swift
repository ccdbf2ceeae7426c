package import DyadModel
package import DyadStore

/// One operation of the API: what arrives, what is legal, what it does. Stateless, so it may run twice.
///
/// The type's name is the operation's name on the wire.
package protocol Operation: SendableMetatype {
    /// What arrives: types and constraints stand in its shape table.
    associatedtype Input: WireStructure
    /// What is legal, with expressions compiled.
    associatedtype Plan: Sendable = Input
    associatedtype Output: WireOutput

    /// Everything that can be refused without looking at a table, the first failure alone.
    static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan
}

extension Operation {
    package static var name: String { "\(Self.self)" }
}

extension Operation where Plan == Input {
    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Input { input }
}

/// An operation that changes nothing: runs where the request arrived, on a snapshot.
package protocol ReadOperation: Operation {
    static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output
}

/// An operation that changes something: runs on the region's thread, in the order of arrival.
package protocol WriteOperation: Operation {
    /// Whether it puts a table in a state that passes: CREATING, UPDATING, DELETING.
    static var startsTransition: Bool { get }

    static func run(_ plan: Plan, in store: inout WriteTransaction, _ call: Call) throws(DynamoError) -> Output
}

extension WriteOperation {
    package static var startsTransition: Bool { false }
}

/// An operation that a statement makes a read or a write.
package protocol StatementOperation: ReadOperation, WriteOperation {
    static func isRead(_ plan: Plan) -> Bool
}

/// An answer's body.
package protocol WireOutput: Sendable {
    func write(to json: inout JSONWriter)

    /// Bytes that it hardly ever has more of.
    var expectedCount: Int { get }

    /// All of it, as JSON.
    var body: [UInt8] { get }
}

extension WireOutput {
    package var expectedCount: Int { 256 }

    package var body: [UInt8] {
        var json = JSONWriter(capacity: expectedCount)
        write(to: &json)
        return json.bytes
    }
}

/// The facts of one call that are not its input: whose it is, when it is, and where new names come from.
package struct Call: Sendable {
    package let scope: Scope
    package let now: Timestamp
    // One reference to what all calls share: a call is copied on its way.
    private let world: EngineWorld

    package var identity: any IdentitySource { world.identity }
    package var settings: EngineSettings { world.settings }

    init(scope: Scope, in world: EngineWorld) {
        self.scope = scope
        now = world.clock.now
        self.world = world
    }
}

/// What an emulator was given, and what stays the same from call to call.
final class EngineWorld: Sendable {
    let clock: any WallClock
    let identity: any IdentitySource
    let settings: EngineSettings

    init(clock: any WallClock, identity: any IdentitySource, settings: EngineSettings) {
        self.clock = clock
        self.identity = identity
        self.settings = settings
    }
}

/// What a test, or a user's test, may want different.
package struct EngineSettings: Sendable {
    /// How long a table or an index is CREATING, UPDATING or DELETING at least, in milliseconds.
    package var transitionMilliseconds: Int64 = 10
    /// Whether a region does its chores as soon as they are due. A test that looks at what lies between two of their steps
    /// says no: then each commit does one step, and nothing else does.
    package var doesChoresUnasked = true
    /// How long a stream keeps its records. AWS: 24 hours.
    package var streamRetentionMilliseconds: Int64 = 24 * 60 * 60 * 1000
    /// How long a shard takes changes before another takes its place, written to or not. AWS: about four hours.
    package var shardLifetimeMilliseconds: Int64 = 4 * 60 * 60 * 1000
    /// How long after a change of a table's time to live AWS refuses the next: between 1811 and 1872 seconds.
    package var timeToLivePauseMilliseconds: Int64 = 31 * 60 * 1000
    /// How large an item collection of a table with local indexes may grow. AWS: 10 GB, which are 1,024 MB each.
    package var itemCollectionBytesMax = 10 << 30
    /// The `host:port` that DescribeEndpoints names; nil: AWS's own hostname.
    package var advertisedEndpoint: String?
    /// Makes transactions collide on purpose; nil: they never do.
    package var transactions: TransactionHook?

    package init() {}
}

/// Where identifiers come from. Tests give a source that repeats itself.
package protocol IdentitySource: Sendable {
    /// `xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx`, never the same twice.
    func uuid() -> String
}

package struct RandomIdentity: IdentitySource {
    package init() {}

    package func uuid() -> String {
        var generator = SystemRandomNumberGenerator()
        return uuidText(high: generator.next(), low: generator.next())
    }
}

/// Version 4 and variant 1 of RFC 9562 set into 128 bits.
package func uuidText(high: UInt64, low: UInt64) -> String {
    func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
    let text = hex(high & ~0xF000 | 0x4000) + hex(low & ~(0xC << 60) | 0x8 << 60)
    let digits = Array(text)
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return "\(part(0..<8))-\(part(8..<12))-\(part(12..<16))-\(part(16..<20))-\(part(20..<32))"
}
