import DyadModel

/// A place in a text file, both counted from 1; columns count characters (Unicode scalars), not bytes.
package struct TextPosition: Sendable, Hashable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// What is wrong with the text, and where.
package struct TextError: Error, Equatable, Sendable {
    package let position: TextPosition
    package let reason: String

    package init(_ position: TextPosition, _ reason: String) {
        self.position = position
        self.reason = reason
    }
}

/// A row's fields: their bytes one after another, and where each ends.
package struct CSVRow: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        /// Its UTF-8, unquoted, among the row's bytes.
        package let bytes: Range<Int>
        /// Where its first character stands, or its opening quote.
        package let position: TextPosition
    }

    /// At least one.
    package fileprivate(set) var fields: [Field] = []
    /// Where the row ends: the place of its line break.
    package fileprivate(set) var end = TextPosition(line: 1, column: 1)
    package fileprivate(set) var bytes: [UInt8] = []

    package var line: Int { fields[0].position.line }

    package func text(_ field: Field) -> ArraySlice<UInt8> { bytes[field.bytes] }
}

/// Reads RFC 4180: bytes in, rows out, as they become whole.
///
/// Lines end in LF, CRLF or CR; a byte order mark at the start is dropped; blank lines are passed over. Fields in
/// quotes hold anything, a quote doubled. Refused: bytes that are not UTF-8, a quote inside an unquoted field, anything
/// between a closing quote and the comma, an end inside quotes, rows beyond `rowBytesMax`.
///
/// Runs of plain characters are taken in one piece; what may mean something goes through `consume` byte by byte, where all
/// rules are.
package struct CSVReader: Sendable {
    /// Far more than an item can hold: what is longer has lost a quote.
    package static let rowBytesMax = 4 << 20

    private enum State: Sendable { case fieldStart, unquoted, quoted, quoteInQuoted }

    private var state = State.fieldStart
    private var position = TextPosition(line: 1, column: 1)
    private var fieldPosition = TextPosition(line: 1, column: 1)
    /// The row so far. Its storage serves row after row: whoever is handed it keeps a copy of what it needs.
    private var row = CSVRow()
    private var rowBytes = 0
    private var isAfterCarriageReturn = false
    private var utf8 = UTF8Checker()
    /// Bytes of a byte order mark seen so far; nil once the start is behind.
    private var markSeen: Int? = 0
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    package init() {}

    /// Hands every row that ends within `bytes` to `body`, also those before a fault.
    ///
    /// - Throws: `TextError`; the reader is of no use afterwards.
    package mutating func read<E: Error>(
        _ bytes: Span<UInt8>, row body: (CSVRow) throws(E) -> Void, fault: (TextError) -> E
    ) throws(E) {
        var at = 0
        while at < bytes.count {
            let isWhole: Bool
            do throws(TextError) {
                if markSeen == nil { try takeRun(of: bytes, &at) }
                guard at < bytes.count else { return }
                isWhole = try take(bytes[at])
            } catch {
                throw fault(error)
            }
            at += 1
            if isWhole {
                try body(row)
                beginRow()
            }
        }
    }

    /// The last row, where the text does not end in a line break.
    package mutating func finish() throws(TextError) -> CSVRow? {
        if let seen = markSeen, seen > 0 { try replayMark(seen) }
        if state == .quoted { throw TextError(fieldPosition, "the quote that opens here is never closed") }
        if utf8.isInside { throw TextError(position, "the text ends inside a character") }
        guard state != .fieldStart || !row.fields.isEmpty else { return nil }
        endRow()
        defer { beginRow() }
        return row
    }

    /// Takes the characters from `at` on that stand for themselves, if any do.
    private mutating func takeRun(of bytes: Span<UInt8>, _ at: inout Int) throws(TextError) {
        guard state != .quoteInQuoted, !utf8.isInside else { return }
        let end = bytes.endOfFieldRun(from: at)
        guard end > at else { return }
        if state == .fieldStart {
            fieldPosition = position
            state = .unquoted
        }
        rowBytes += end - at
        try checkLength()
        isAfterCarriageReturn = false
        position.column += end - at
        bytes.extracting(at..<end).withUnsafeBufferPointer { row.bytes.append(contentsOf: $0) }
        at = end
    }

    private func checkLength() throws(TextError) {
        guard rowBytes > Self.rowBytesMax else { return }
        throw TextError(
            row.fields.first?.position ?? fieldPosition,
            "the row that begins here is longer than 4 MB; is a quote missing?")
    }

    /// True when the row is whole.
    private mutating func take(_ byte: UInt8) throws(TextError) -> Bool {
        if let seen = markSeen {
            if byte == Self.mark[seen] {
                markSeen = seen + 1 == Self.mark.count ? nil : seen + 1
                return false
            }
            try replayMark(seen)
        }
        return try consume(byte)
    }

    private mutating func replayMark(_ seen: Int) throws(TextError) {
        markSeen = nil
        for byte in Self.mark[..<seen] { _ = try consume(byte) }
    }

    private mutating func consume(_ byte: UInt8) throws(TextError) -> Bool {
        if byte == UInt8(ascii: "\n"), isAfterCarriageReturn {
            isAfterCarriageReturn = false
            if state == .quoted { row.bytes.append(byte) }
            return false
        }
        isAfterCarriageReturn = byte == UInt8(ascii: "\r")
        guard utf8.take(byte) else { throw TextError(position, "this is not UTF-8") }
        rowBytes += 1
        try checkLength()
        let isWhole = try advance(byte)
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
            position = TextPosition(line: position.line + 1, column: 1)
        } else if !utf8.isInside {
            // A character counts once it is whole, so that a fault inside it has its place.
            position.column += 1
        }
        return isWhole
    }

    private mutating func advance(_ byte: UInt8) throws(TextError) -> Bool {
        switch (state, byte) {
        case (.fieldStart, UInt8(ascii: "\"")):
            fieldPosition = position
            state = .quoted
        case (.quoted, UInt8(ascii: "\"")):
            state = .quoteInQuoted
        case (.quoted, _):
            row.bytes.append(byte)
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            row.bytes.append(byte)
            state = .quoted
        case (.fieldStart, UInt8(ascii: ",")):
            fieldPosition = position
            endField()
        case (_, UInt8(ascii: ",")):
            endField()
        case (.fieldStart, UInt8(ascii: "\n")), (.fieldStart, UInt8(ascii: "\r")):
            fieldPosition = position
            if row.fields.isEmpty {
                rowBytes = 0
                return false
            }
            endRow()
            return true
        case (_, UInt8(ascii: "\n")), (_, UInt8(ascii: "\r")):
            endRow()
            return true
        case (.quoteInQuoted, _):
            throw TextError(position, "a comma or the line's end must follow a closing quote")
        case (.unquoted, UInt8(ascii: "\"")):
            throw TextError(position, "a quote inside a field that does not begin with one")
        case (.fieldStart, _):
            fieldPosition = position
            row.bytes.append(byte)
            state = .unquoted
        case (.unquoted, _):
            row.bytes.append(byte)
        }
        return false
    }

    private mutating func endField() {
        let start = row.fields.last?.bytes.upperBound ?? 0
        row.fields.append(CSVRow.Field(bytes: start..<row.bytes.count, position: fieldPosition))
        state = .fieldStart
    }

    private mutating func endRow() {
        if state == .fieldStart { fieldPosition = position }
        endField()
        row.end = position
        rowBytes = 0
    }

    private mutating func beginRow() {
        row.fields.removeAll(keepingCapacity: true)
        row.bytes.removeAll(keepingCapacity: true)
    }
}

extension Span<UInt8> {
    /// Where the first byte from `start` on stands that may mean something in a field: a quote, a comma, a control
    /// character or one beyond ASCII. The end when there is none.
    fileprivate func endOfFieldRun(from start: Int) -> Int {
        var at = start
        let raw = bytes
        while at + 8 <= count {
            let word = raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
            let found =
                word.hasByte(equal: 0x22) | word.hasByte(equal: 0x2C) | word.hasByte(below: 0x20)
                | word.bytesBeyondASCII
            guard found == 0 else { return at + found.firstMark }
            at += 8
        }
        while at < count, self[at] != 0x22, self[at] != 0x2C, self[at] >= 0x20, self[at] < 0x80 { at += 1 }
        return at
    }
}

/// Well-formed UTF-8 byte by byte (Unicode 15, table 3-7).
private struct UTF8Checker: Sendable {
    private var rest = 0
    private var next: ClosedRange<UInt8> = 0x80...0xBF

    var isInside: Bool { rest > 0 }

    /// False when the byte cannot stand here.
    mutating func take(_ byte: UInt8) -> Bool {
        if rest > 0 {
            guard next.contains(byte) else { return false }
            rest -= 1
            next = 0x80...0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: rest = 1
        case 0xE0: (rest, next) = (2, 0xA0...0xBF)
        case 0xED: (rest, next) = (2, 0x80...0x9F)
        case 0xE1...0xEF: rest = 2
        case 0xF0: (rest, next) = (3, 0x90...0xBF)
        case 0xF1...0xF3: rest = 3
        case 0xF4: (rest, next) = (3, 0x80...0x8F)
        default: return false
        }
        return true
    }
}
