import DyadClient
import Testing

struct CSVReaderTests {
    /// Rows as lists of texts, and the fault as `LINE:COLUMN: why`.
    static func read(_ bytes: [UInt8], chunk: Int = .max) -> (rows: [CSVRow], fault: String?) {
        var reader = CSVReader()
        var rows: [CSVRow] = []
        do throws(TextError) {
            var rest = bytes[...]
            while !rest.isEmpty {
                try reader.read(rest.prefix(chunk)) { row throws(TextError) in
                    rows.append(row)
                } fault: {
                    $0
                }
                rest = rest.dropFirst(chunk)
            }
            if let last = try reader.finish() { rows.append(last) }
            return (rows, nil)
        } catch {
            return (rows, "\(error.position.line):\(error.position.column): \(error.reason)")
        }
    }

    static func texts(_ rows: [CSVRow]) -> [[String]] {
        rows.map { row in row.fields.map { String(decoding: $0.text, as: UTF8.self) } }
    }

    static let wholes: [(String, [[String]])] = [
        ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
        ("a,b\rc,d", [["a", "b"], ["c", "d"]]),
        ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
        ("\u{FEFF}a,b\n", [["a", "b"]]),
        ("\"a,1\",\"say \"\"hi\"\"\",\"two\nlines\"\n", [["a,1", "say \"hi\"", "two\nlines"]]),
        ("\"two\r\nlines\",b\r\n", [["two\r\nlines", "b"]]),
        ("a,\n,b\n,\n", [["a", ""], ["", "b"], ["", ""]]),
        ("\"\",a\n\"\"\n", [["", "a"], [""]]),
        ("a\n\n\r\n\nb\n", [["a"], ["b"]]),
        ("", []), ("\n", []), ("\u{FEFF}", []),
        ("北京,宁夏 🎈\n", [["北京", "宁夏 🎈"]]),
        ("a b , c\n", [["a b ", " c"]]),
        ("a,", [["a", ""]]),
    ]

    @Test(arguments: wholes)
    func `rows come out however the bytes come in`(text: String, rows: [[String]]) {
        for chunk in [Int.max, 1, 2, 3] {
            let read = Self.read(Array(text.utf8), chunk: chunk)
            #expect(read.fault == nil)
            #expect(Self.texts(read.rows) == rows)
        }
    }

    @Test(arguments: [
        ("a,b\nc,d\"e\n", 1, "2:4: a quote inside a field that does not begin with one"),
        ("a,b\n\"c\"d,e\n", 1, "2:4: a comma or the line's end must follow a closing quote"),
        ("a,b\nc,\"d\ne\nf", 1, "2:3: the quote that opens here is never closed"),
        ("é,北\"\n", 0, "1:4: a quote inside a field that does not begin with one"),
    ])
    func `a fault has its place, and the rows before it are there`(text: String, rows: Int, fault: String) {
        for chunk in [Int.max, 1] {
            let read = Self.read(Array(text.utf8), chunk: chunk)
            #expect(read.rows.count == rows)
            #expect(read.fault == fault)
        }
    }

    @Test(
        arguments: [
            ([0xFF], "1:1"), (Array("a,b\nc,é".utf8) + [0xC3, 0x28], "2:4"), ([0x61, 0xC0, 0x80], "1:2"),
            ([0xED, 0xA0, 0x80], "1:1"), ([0x61, 0x2C, 0xE2, 0x82], "1:3"), ([0xEF, 0xBB, 0x61], "1:1"),
            (Array("\"x\ny".utf8) + [0x80], "2:2"),
        ] as [([UInt8], String)])
    func `bytes that are not UTF-8 are refused at their place`(bytes: [UInt8], place: String) {
        #expect(Self.read(bytes).fault?.hasPrefix("\(place): ") == true)
    }

    @Test func `fields know where they began`() {
        let rows = Self.read(Array("a,\"b\nc\",é\n\nd,,e\n".utf8)).rows
        #expect(
            rows.map { $0.fields.map { "\($0.position.line):\($0.position.column)" } }
                == [["1:1", "1:3", "2:4"], ["4:1", "4:3", "4:4"]])
        #expect(rows.map(\.line) == [1, 4])
        #expect(rows[1].end == TextPosition(line: 4, column: 5))
    }

    @Test func `a row that never ends is refused before it fills the memory`() {
        let read = Self.read(Array("a\n\"".utf8) + [UInt8](repeating: 0x62, count: CSVReader.rowBytesMax))
        #expect(read.rows.count == 1)
        #expect(read.fault == "2:1: the row that begins here is longer than 4 MB; is a quote missing?")
    }
}
