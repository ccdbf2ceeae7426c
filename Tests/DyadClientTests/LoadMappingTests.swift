import DyadClient
import DyadModel
import Testing

struct LoadMappingTests {
    static func table(keys: [String] = ["requestid"], types: [String: String] = ["requestid": "N", "host": "S"]) throws
        -> TableDescription
    {
        TableDescription(
            keys: keys, types: types, streamARN: nil, status: "ACTIVE",
            document: try JSONDocument(parsing: [0x7B, 0x7D]))
    }

    static func row(_ text: String) throws -> CSVRow {
        try #require(CSVReaderTests.read(Array(text.utf8)).rows.first)
    }

    static func item(_ columns: String, _ text: String) throws -> String {
        let mapping = try LoadMapping(columns: LoadColumn.list(columns), table: table())
        return String(decoding: try mapping.item(row(text)).json, as: UTF8.self)
    }

    @Test func `a row becomes an item, typed by its columns`() throws {
        #expect(
            try Self.item("requestid:N,host:S,ok:BOOL,data:B", "01,\"a \"\"b\"\"\\\",TRUE,aGk=")
                == #"{"requestid":{"N":"1"},"host":{"S":"a \"b\"\\"},"ok":{"BOOL":true},"data":{"B":"aGk="}}"#)
    }

    @Test func `types that are not said come from the table, else are S`() throws {
        #expect(
            try Self.item("requestid,host,note", "7,h,8")
                == #"{"requestid":{"N":"7"},"host":{"S":"h"},"note":{"S":"8"}}"#)
    }

    @Test func `an empty field is an empty string, or nothing where it may be`() throws {
        #expect(try Self.item("requestid:N,a:S,b:S?,c:N?", "7,,,") == #"{"requestid":{"N":"7"},"a":{"S":""}}"#)
    }

    @Test func `a column named with a dash is left out`() throws {
        #expect(try Self.item("-,requestid:N,-", "x,7,y") == #"{"requestid":{"N":"7"}}"#)
    }

    @Test func `a name may hold a colon`() throws {
        #expect(try Self.item("requestid:N,a:b,c:d:N", "7,x,2").contains(#""a:b":{"S":"x"},"c:d":{"N":"2"}"#))
    }

    @Test(arguments: [
        ("7,h,x", "1:5: count: 'x' is no number DynamoDB can hold (38 digits, 1E-130 to 9.9E+125)"),
        ("7,h,", "1:5: count: empty, where a value of type N belongs"),
        (",h,1", "1:1: requestid: a key cannot be empty"),
        ("7,h", "1:4: the row has 2 fields, but there are 3 columns"),
        ("7,h,1,2", "1:7: the row has 4 fields, but there are 3 columns"),
        ("1e126,h,1", "1:1: requestid: '1e126' is no number DynamoDB can hold (38 digits, 1E-130 to 9.9E+125)"),
    ])
    func `a field that does not fit is named with its place`(text: String, fault: String) throws {
        let error = try #require(throws: TextError.self) { try Self.item("requestid:N,host:S,count:N", text) }
        #expect("\(error.position.line):\(error.position.column): \(error.reason)" == fault)
    }

    @Test(arguments: [
        ("host:S", "no column is named 'requestid', which is part of the table's key"),
        ("requestid:S", "the column 'requestid' is S, but the table's key is N"),
        ("requestid:N?", "the column 'requestid' is part of the key and cannot be optional"),
        ("requestid:N,a,a", "the column 'a' comes twice"),
        ("requestid:N,,a", "a column without a name in ''"),
    ])
    func `columns that cannot be the table's are refused`(columns: String, why: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try LoadMapping(columns: LoadColumn.list(columns), table: Self.table())
        }
        #expect(error.description == why)
    }

    @Test func `rows mean one item however they spell its number`() throws {
        let mapping = try LoadMapping(columns: LoadColumn.list("requestid:N"), table: Self.table())
        let keys = try ["1", "1.0", "01", "1e0", "+1"].map { try mapping.item(Self.row($0)).key }
        #expect(Set(keys).count == 1)
    }

    @Test func `keys of two parts do not run together`() throws {
        let table = try Self.table(keys: ["a", "b"], types: ["a": "S", "b": "S"])
        let mapping = try LoadMapping(columns: LoadColumn.list("a,b"), table: table)
        #expect(try mapping.item(Self.row("x,1y")).key != mapping.item(Self.row("x1,y")).key)
    }

    @Test func `a first row that names the keys is a header`() throws {
        let table = try Self.table()
        #expect(
            try LoadMapping.columns(header: Self.row("host,requestid:N,note:S?"), table: table)
                == LoadColumn.list("host,requestid:N,note:S?"))
        #expect(try LoadMapping.columns(header: Self.row("1,66.249.67.3"), table: table) == nil)
    }

    @Test func `a first row that repeats the columns' names is a header too`() throws {
        let mapping = try LoadMapping(columns: LoadColumn.list("requestid:N,host:S"), table: Self.table())
        #expect(try mapping.isHeader(Self.row("requestid,host")))
        #expect(try !mapping.isHeader(Self.row("1,host")))
    }

    /// Numbers that are written in many ways, and some that are none.
    static let numbers = [
        "0", "-0", "00", "+0", "0.0", "7", "07", "-7", "+7", "100", "1e2", "1E+2", "12345678901234567890", "1.50",
        "-.5", ".5",
        "5.", "1e-130", "9.9E125", "1e126", "1e-131", "99999999999999999999999999999999999999",
        "999999999999999999999999999999999999990", "999999999999999999999999999999999999999",
        "1000000000000000000000000",
        "10000000000000000000000000000000000000000", " 7", "7 ", "seven", "0x7", "1e", "-", "７",
    ]

    @Test(arguments: numbers)
    func `a number is spelled as DynamoDB spells it`(text: String) throws {
        let expected = (try? DynamoNumber(text)).map { #"{"requestid":{"N":"\#($0)"}}"# }
        #expect((try? Self.item("requestid:N", text)) == expected)
    }

    /// Letters that need escapes, at the ends and around eight bytes, and such as do not.
    static let texts: [String] = {
        let odd = ["\"", "\\", "\n", "\r", "\t", "\u{8}", "\u{C}", "\u{0}", "\u{1F}", "\u{7F}", "é", "🎈", ",", "/"]
        let places = ["_", "_plain", "plain_", "1234567_", "12345678_12345678", "__"]
        return ["plain", "12345678", "123456789"]
            + odd.flatMap { odd in places.map { $0.replacing("_", with: odd) } }
    }()

    @Test(arguments: texts)
    func `a text is encoded as a value of that text is`(text: String) throws {
        let quoted = "\"" + text.replacing("\"", with: "\"\"") + "\""
        var expected: [UInt8] = []
        AttributeValue.string(Text(text)).write(to: &expected)
        #expect(
            try Self.item(#"requestid:N,a\b"c,-"#, "7,\(quoted),\(quoted)")
                == #"{"requestid":{"N":"7"},"a\\b\"c":"# + String(decoding: expected, as: UTF8.self) + "}")
    }

    @Test(arguments: [[], [0], [0xFF, 0xFE], Array(0...255)] as [[UInt8]])
    func `binaries are encoded as values of those bytes are`(bytes: [UInt8]) throws {
        var text: [UInt8] = []
        Base64.encode(bytes, into: &text)
        var expected: [UInt8] = []
        AttributeValue.binary(bytes).write(to: &expected)
        let item = try? Self.item("requestid:N,data:B", "7," + String(decoding: text, as: UTF8.self))
        // An empty field is no binary.
        let isMissing = bytes.isEmpty
        #expect(
            item == (isMissing ? nil : #"{"requestid":{"N":"7"},"data":\#(String(decoding: expected, as: UTF8.self))}"#)
        )
    }

    @Test func `what travels is a request to put the item`() throws {
        let mapping = try LoadMapping(columns: LoadColumn.list("requestid:N"), table: Self.table())
        let item = try mapping.item(Self.row("7"))
        #expect(String(decoding: item.request, as: UTF8.self) == #"{"PutRequest":{"Item":{"requestid":{"N":"7"}}}}"#)
    }
}
