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

package struct CSVRow: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        /// UTF-8, unquoted.
        package let text: [UInt8]
        /// Where its first character stands, or its opening quote.
        package let position: TextPosition
    }

    /// At least one.
    package let fields: [Field]
    /// Where the row ends: the place of its line break.
    package let end: TextPosition

    package var line: Int { fields[0].position.line }
}

/// Reads RFC 4180: bytes in, rows out, as they become whole.
///
/// Lines end in LF, CRLF or CR; a byte order mark at the start is dropped; blank lines are passed over. Fields in
/// quotes hold anything, a quote doubled. Refused: bytes that are not UTF-8, a quote inside an unquoted field, anything
/// between a closing quote and the comma, an end inside quotes, rows beyond `rowBytesMax`.
package struct CSVReader: Sendable {
    /// Far more than an item can hold: what is longer has lost a quote.
    package static let rowBytesMax = 4 << 20

    private enum State: Sendable { case fieldStart, unquoted, quoted, quoteInQuoted }

    private var state = State.fieldStart
    private var position = TextPosition(line: 1, column: 1)
    private var fieldPosition = TextPosition(line: 1, column: 1)
    private var field: [UInt8] = []
    private var fields: [CSVRow.Field] = []
    private var rowBytes = 0
    private var isAfterCarriageReturn = false
    private var utf8 = UTF8Checker()
    /// Bytes of a byte order mark seen so far; nil once the start is behind.
    private var markSeen: Int? = 0
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    package init() {}

    /// Hands every row that ends within `bytes` to `row`, also those before a fault.
    ///
    /// - Throws: `TextError`; the reader is of no use afterwards.
    package mutating func read<E: Error>(
        _ bytes: some Sequence<UInt8>, row: (CSVRow) throws(E) -> Void, fault: (TextError) -> E
    ) throws(E) {
        for byte in bytes {
            let finished: CSVRow?
            do throws(TextError) { finished = try take(byte) } catch { throw fault(error) }
            if let finished { try row(finished) }
        }
    }

    /// The last row, where the text does not end in a line break.
    package mutating func finish() throws(TextError) -> CSVRow? {
        if let seen = markSeen, seen > 0 { try replayMark(seen) }
        if state == .quoted { throw TextError(fieldPosition, "the quote that opens here is never closed") }
        if utf8.isInside { throw TextError(position, "the text ends inside a character") }
        guard state != .fieldStart || !fields.isEmpty else { return nil }
        return endRow()
    }

    private mutating func take(_ byte: UInt8) throws(TextError) -> CSVRow? {
        if let seen = markSeen {
            if byte == Self.mark[seen] {
                markSeen = seen + 1 == Self.mark.count ? nil : seen + 1
                return nil
            }
            try replayMark(seen)
        }
        return try consume(byte)
    }

    private mutating func replayMark(_ seen: Int) throws(TextError) {
        markSeen = nil
        for byte in Self.mark[..<seen] { _ = try consume(byte) }
    }

    private mutating func consume(_ byte: UInt8) throws(TextError) -> CSVRow? {
        if byte == UInt8(ascii: "\n"), isAfterCarriageReturn {
            isAfterCarriageReturn = false
            if state == .quoted { field.append(byte) }
            return nil
        }
        isAfterCarriageReturn = byte == UInt8(ascii: "\r")
        guard utf8.take(byte) else { throw TextError(position, "this is not UTF-8") }
        rowBytes += 1
        guard rowBytes <= Self.rowBytesMax else {
            throw TextError(
                fields.first?.position ?? fieldPosition,
                "the row that begins here is longer than 4 MB; is a quote missing?")
        }
        let row = try advance(byte)
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
            position = TextPosition(line: position.line + 1, column: 1)
        } else if !utf8.isInside {
            // A character counts once it is whole, so that a fault inside it has its place.
            position.column += 1
        }
        return row
    }

    private mutating func advance(_ byte: UInt8) throws(TextError) -> CSVRow? {
        switch (state, byte) {
        case (.fieldStart, UInt8(ascii: "\"")):
            fieldPosition = position
            state = .quoted
        case (.quoted, UInt8(ascii: "\"")):
            state = .quoteInQuoted
        case (.quoted, _):
            field.append(byte)
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            field.append(byte)
            state = .quoted
        case (.fieldStart, UInt8(ascii: ",")):
            fieldPosition = position
            endField()
        case (_, UInt8(ascii: ",")):
            endField()
        case (.fieldStart, UInt8(ascii: "\n")), (.fieldStart, UInt8(ascii: "\r")):
            fieldPosition = position
            if fields.isEmpty {
                rowBytes = 0
                return nil
            }
            return endRow()
        case (_, UInt8(ascii: "\n")), (_, UInt8(ascii: "\r")):
            return endRow()
        case (.quoteInQuoted, _):
            throw TextError(position, "a comma or the line's end must follow a closing quote")
        case (.unquoted, UInt8(ascii: "\"")):
            throw TextError(position, "a quote inside a field that does not begin with one")
        case (.fieldStart, _):
            fieldPosition = position
            field.append(byte)
            state = .unquoted
        case (.unquoted, _):
            field.append(byte)
        }
        return nil
    }

    private mutating func endField() {
        fields.append(CSVRow.Field(text: field, position: fieldPosition))
        field.removeAll(keepingCapacity: true)
        state = .fieldStart
    }

    private mutating func endRow() -> CSVRow {
        if state == .fieldStart { fieldPosition = position }
        endField()
        let row = CSVRow(fields: fields, end: position)
        fields.removeAll(keepingCapacity: true)
        rowBytes = 0
        return row
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
