import DyadModel
import Testing

private func item(_ json: String) throws -> WireItem {
    try WireItem(reading: JSONDocument(parsing: Array(json.utf8)).root)
}

private func canonical(_ json: String) throws -> String {
    String(decoding: try item(json).checked().bytes.utf8, as: UTF8.self)
}

struct ItemBytesTests {
    @Test(arguments: [
        (#" { "b" : {"N":"1.0"}, "a": {"S":"x"} } "#, #"{"a":{"S":"x"},"b":{"N":"1"}}"#),
        (#"{"s":{"SS":["b","a"]},"n":{"NS":["10","2","-1"]}}"#, #"{"n":{"NS":["-1","2","10"]},"s":{"SS":["a","b"]}}"#),
        (#"{"a":{"S":"\u0041\/\n\u00e9\ud83d\ude00\u0001"}}"#, "{\"a\":{\"S\":\"A/\\né😀\\u0001\"}}"),
        (
            #"{"m":{"M":{"y":{"NULL":true},"x":{"L":[{"BOOL":false}]}}}}"#,
            #"{"m":{"M":{"x":{"L":[{"BOOL":false}]},"y":{"NULL":true}}}}"#
        ),
        (#"{"a":{"S":"1"},"a":{"S":"2"}}"#, #"{"a":{"S":"2"}}"#),
        (#"{"a":{"\u0053":"x"},"b":{"N\u0053":["1"]}}"#, #"{"a":{"S":"x"},"b":{"NS":["1"]}}"#),
        (#"{"b":{"B":"AQI="}}"#, #"{"b":{"B":"AQI="}}"#),
    ])
    func `an item has one canonical form`(json: String, form: String) throws {
        #expect(try canonical(json) == form)
        // Decoding and writing again changes nothing, and the sizes agree.
        let bytes = try item(json).checked()
        #expect(ItemBytes(bytes.bytes.decoded()) == bytes.bytes)
        #expect(bytes.bytes.decoded().size == bytes.size)
    }

    @Test func `composed and decomposed names are two attributes`() throws {
        let bytes = try item("{\"\u{e9}\":{\"S\":\"1\"},\"e\u{301}\":{\"S\":\"2\"}}").checked().bytes
        #expect(bytes.decoded().count == 2)
        #expect(bytes.attribute(named: Text("\u{e9}")) == .string("1"))
        #expect(bytes.attribute(named: Text("e\u{301}")) == .string("2"))
    }

    @Test func `attributes are replaced, added and left out where their names belong`() throws {
        let bytes = try item(#"{"a\"":{"S":"q"},"b":{"N":"1"},"a":{"S":"\\"},"d":{"L":[]},"é":{"NULL":true}}"#)
            .checked().bytes
        var expected = bytes.decoded()
        let part: Item = ["": .null, "b": .string("new"), "c\n": .bool(true), "z": .null, "é": .string("last")]
        expected.merge(part) { $1 }
        expected["d"] = nil
        let names = Array(part.keys) + ["d", "absent"]
        #expect(bytes.replacing(names, with: part) == ItemBytes(expected))
        #expect(ItemBytes.empty.replacing(names, with: part) == ItemBytes(part))
        #expect(bytes.replacing(Array(bytes.decoded().keys), with: [:]) == .empty)
        #expect(bytes.decoded(only: ["b", "absent"]) == ["b": .number(DynamoNumber(1))])
    }

    /// Texts are scanned eight bytes at a time: each kind of end at each place of a word.
    @Test func `a text ends where it ends, wherever that lies in a word`() throws {
        for length in 0..<40 {
            for escape in ["", #"\n"#, #"\""#, #"\\"#, "é", "\u{7F}"] {
                for tail in 0..<10 {
                    let text = String(repeating: "x", count: length) + escape + String(repeating: "y", count: tail)
                    let canonical = #"{"a":{"S":"\#(text)"},"b":{"S":"!"}}"#
                    let bytes = try item(canonical).checked().bytes
                    #expect(String(decoding: bytes.utf8, as: UTF8.self) == canonical)
                    #expect(bytes.attribute(named: "b") == .string("!"))
                }
            }
            for control in 0..<0x20 as Range<UInt8> {
                let broken =
                    Array("{\"a\":\"\(String(repeating: "x", count: length))".utf8) + [control] + Array("\"}".utf8)
                #expect(throws: JSONError(reason: .unexpectedByte, offset: 6 + length)) {
                    try JSONDocument(parsing: broken)
                }
            }
        }
    }

    @Test func `an attribute is found behind names and values full of quotes`() throws {
        let bytes = try item(#"{"a\"}":{"S":"\"}{\\"},"b":{"M":{"b":{"S":"no"}}},"c":{"S":"yes"}}"#).checked().bytes
        #expect(bytes.attribute(named: "c") == .string("yes"))
        #expect(bytes.attribute(named: "a\"}") == .string("\"}{\\"))
        #expect(bytes.attribute(named: "d") == nil)
        #expect(bytes.attributeCount == 3)
    }

    @Test func `a bad value is told only when asked for, a bad type at once`() throws {
        let bad = try item(#"{"a":{"N":"x"}}"#)
        #expect(throws: DynamoError.validation("The parameter cannot be converted to a numeric value: x")) {
            try bad.checked()
        }
        #expect(throws: DynamoError.self) { try item(#"{"a":{"N":5}}"#) }
    }

    @Test(arguments: [
        (#"{"a":{"S":"héé"}}"#, 6), (#"{"a":{"N":"123"}}"#, 4), (#"{"a":{"BOOL":true}}"#, 2),
        (#"{"a":{"NULL":true}}"#, 2),
        (#"{"a":{"L":[]}}"#, 4), (#"{"a":{"L":[{"S":"xy"}]}}"#, 7), (#"{"a":{"M":{"k":{"S":"xy"}}}}"#, 8),
        (#"{"a":{"SS":["a","bc"]}}"#, 4),
    ])
    func `sizes follow AWS's rules`(json: String, size: Int) throws {
        #expect(try item(json).checked().size == size)
    }
}

struct JSONDocumentTests {
    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "01", "1.", "nul", "\"\\x\"", "\"\u{1}\"", "{}{}", "\"\\ud800\"",
        "[1 2]", "{\"a\":1,}", "-",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: JSONError.self) { try JSONDocument(parsing: [0x22, 0xC3, 0x28, 0x22]) }
    }

    @Test func `nesting is bounded`() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: JSONError(reason: .tooDeep, offset: JSONDocument.depthMax)) { try JSONDocument(parsing: deep) }
    }

    @Test func `members, elements and raw bytes are found`() throws {
        let root = try JSONDocument(parsing: Array(#"{"a":[1,"x",{"b":null}], "n": -12}"#.utf8)).root
        #expect(root["a"]?.elements.map(\.kind) == [.number, .string, .object])
        #expect(root["n"]?.integer == -12)
        #expect(root["a"].map { String(decoding: $0.raw, as: UTF8.self) } == #"[1,"x",{"b":null}]"#)
        #expect(root["z"] == nil)
    }
}
