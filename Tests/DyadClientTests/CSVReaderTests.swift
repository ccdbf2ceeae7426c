import DyadClient
import DyadModel
import Testing

struct CSVReaderTests {
    /// Rows as lists of texts, and the fault as `LINE:COLUMN: why`.
    static func read(_ bytes: [UInt8], chunk: Int = .max) -> (rows: [CSVRow], fault: String?) {
        read(bytes, cuts: chunk == .max ? [] : Array(stride(from: chunk, to: bytes.count, by: chunk)))
    }

    /// - Parameter cuts: where the bytes are parted, in order.
    static func read(_ bytes: [UInt8], cuts: [Int]) -> (rows: [CSVRow], fault: String?) {
        var reader = CSVReader()
        var rows: [CSVRow] = []
        do throws(TextError) {
            var start = 0
            for cut in cuts + [bytes.count] {
                try reader.read(bytes[start..<cut].span) { row throws(TextError) in
                    rows.append(row)
                } fault: {
                    $0
                }
                start = cut
            }
            if let last = try reader.finish() { rows.append(last) }
            return (rows, nil)
        } catch {
            return (rows, "\(error.position.line):\(error.position.column): \(error.reason)")
        }
    }

    static func texts(_ rows: [CSVRow]) -> [[String]] {
        rows.map { row in row.fields.map { String(decoding: row.text($0), as: UTF8.self) } }
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
        for chunk in [Int.max, 1, 2, 3, 7] {
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

    /// What files are made of, and what breaks them; long runs, too, since plain characters are read eight at a time.
    static let pieces =
        [
            "a", "01234567", "plain text that is longer than two words", ",", ",", ",", "\"", "\"", "\"\"", "\n", "\n",
            "\r\n",
            "\r", "é", "北京", "🎈", "\u{FEFF}", "\u{0}", "\t", "\u{7F}", " ",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0x80]]

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `however a text is cut, its rows and its fault are the same`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<25 {
            // Most texts end at their first fault; without the worst pieces they get further.
            let pieces = Bool.random(using: &random) ? Self.pieces : Array(Self.pieces.dropLast(3))
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...30, using: &random) { bytes += pieces.randomElement(using: &random) ?? [] }
            let whole = Self.read(bytes)
            for cut in 0...bytes.count {
                let read = Self.read(bytes, cuts: [cut])
                #expect(read.rows == whole.rows && read.fault == whole.fault, "\(bytes) cut at \(cut)")
            }
            let bytewise = Self.read(bytes, chunk: 1)
            #expect(bytewise.rows == whole.rows && bytewise.fault == whole.fault, "\(bytes) byte by byte")
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `what was written is read, quoted or not`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = Self.pieces.dropLast(3).filter { $0 != [0xEF, 0xBB, 0xBF] }
        func text() -> [UInt8] {
            (0..<Int.random(in: 0...6, using: &random)).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
        }
        for _ in 0..<50 {
            let rows = (0..<4).map { _ in (0..<Int.random(in: 1...4, using: &random)).map { _ in text() } }
            var bytes: [UInt8] = Bool.random(using: &random) ? [0xEF, 0xBB, 0xBF] : []
            var lines: [Int] = []
            for row in rows {
                lines.append(Self.lineBreaks(bytes) + 1)
                for (index, field) in row.enumerated() {
                    if index > 0 { bytes.append(UInt8(ascii: ",")) }
                    // A row of one empty field would be a blank line.
                    let mustQuote =
                        row == [[]] || field.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
                    if mustQuote || Int.random(in: 0..<4, using: &random) == 0 {
                        bytes += [0x22] + field.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
                    } else {
                        bytes += field
                    }
                }
                bytes += [[0x0A], [0x0D, 0x0A], [0x0D]].randomElement(using: &random) ?? []
            }
            let read = Self.read(bytes, chunk: Int.random(in: 1...50, using: &random))
            #expect(read.fault == nil)
            #expect(read.rows.map { row in row.fields.map { Array(row.text($0)) } } == rows, "\(bytes)")
            #expect(read.rows.map(\.line) == lines, "\(bytes)")
        }
    }

    static func lineBreaks(_ bytes: [UInt8]) -> Int {
        bytes.indices.count { at in
            bytes[at] == 0x0A || bytes[at] == 0x0D && !(at + 1 < bytes.count && bytes[at + 1] == 0x0A)
        }
    }
}
