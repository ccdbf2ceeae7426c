/// Writes JSON text; places the commas.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// Goes on behind `bytes`, which end with a member of an object that is still open.
    package init(resumingObject bytes: consuming [UInt8]) {
        self.bytes = bytes
        needsComma = true
    }

    /// Closes the object that was open when this was resumed.
    package mutating func closeObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    private mutating func beginValue() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    package mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        beginValue()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        try body(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        beginValue()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        try body(&self)
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// A member's name; its value must follow.
    package mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func key(_ name: StaticString) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        bytes += UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ text: String) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        JSONEscapes.encode(text.utf8, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func integer(_ value: some BinaryInteger) {
        beginValue()
        bytes += String(value).utf8
    }

    /// Seconds with three decimals, as AWS writes its timestamps: `1550037158.026`.
    package mutating func seconds(milliseconds: Int64) {
        beginValue()
        bytes += String(milliseconds / 1000).utf8
        let fraction = milliseconds % 1000
        if fraction != 0 {
            let digits = String(1000 + fraction)
            bytes += ".\(digits.dropFirst())".utf8
        }
    }

    /// A capacity figure: whole halves, written `0.5`, `1.0` as AWS does.
    package mutating func halves(_ count: Int) {
        beginValue()
        bytes += "\(count / 2).\(count % 2 == 0 ? 0 : 5)".utf8
    }

    package mutating func bool(_ value: Bool) {
        beginValue()
        bytes += (value ? "true" : "false").utf8
    }

    package mutating func null() {
        beginValue()
        bytes += "null".utf8
    }

    /// A value that is JSON text already.
    package mutating func splice(_ json: some Collection<UInt8>) {
        beginValue()
        bytes += json
    }

    /// The same for other modules, where nothing generic is specialized: in one piece.
    package mutating func splice(_ json: [UInt8]) {
        beginValue()
        bytes += json
    }

    package mutating func member<E: Error>(
        _ name: StaticString, _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        key(name)
        try body(&self)
    }

    package mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    package mutating func member(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        key(name)
        bool(value)
    }
}
