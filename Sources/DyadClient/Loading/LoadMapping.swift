import DyadModel

/// Makes items of a table from rows.
package struct LoadMapping: Sendable {
    private struct Column: Sendable {
        let name: String
        /// `"name":{"S":"`, and what comes behind the value.
        let opening: [UInt8]
        let closing: [UInt8]
        let kind: LoadColumn.Kind
        let isOptional: Bool
        let isKey: Bool
        let isLeftOut: Bool

        init(_ column: LoadColumn, kind: LoadColumn.Kind, isKey: Bool) {
            name = column.name
            let quote = kind == .BOOL ? "" : "\""
            var opening = JSONWriter()
            opening.string(column.name)
            self.opening = opening.bytes + ":{\"\(kind.rawValue)\":\(quote)".utf8
            closing = Array("\(quote)}".utf8)
            self.kind = kind
            isOptional = column.isOptional
            self.isKey = isKey
            isLeftOut = column.isLeftOut
        }
    }

    private let columns: [Column]
    /// Indices of the key's columns, the partition key's first.
    private let keys: [Int]
    /// Of a request's bytes, those that no row changes.
    private let frameBytes: Int

    /// - Throws: `ConfigurationError` when a key is missing, optional or of another type, or a name comes twice.
    package init(columns: [LoadColumn], table: TableDescription) throws(ConfigurationError) {
        var names: Set<Text> = []
        var resolved: [Column] = []
        for column in columns {
            let isKey = table.keys.contains(column.name)
            let ofTable = table.types[column.name].flatMap(LoadColumn.Kind.init)
            let kind = column.kind ?? ofTable ?? .S
            if !column.isLeftOut, !names.insert(Text(column.name)).inserted {
                throw ConfigurationError("the column '\(column.name)' comes twice")
            }
            if isKey, let ofTable, ofTable != kind {
                throw ConfigurationError(
                    "the column '\(column.name)' is \(kind.rawValue), but the table's key is \(ofTable.rawValue)")
            }
            if isKey, column.isOptional {
                throw ConfigurationError("the column '\(column.name)' is part of the key and cannot be optional")
            }
            resolved.append(Column(column, kind: kind, isKey: isKey))
        }
        var keys: [Int] = []
        for key in table.keys {
            guard let index = resolved.firstIndex(where: { $0.name == key }) else {
                throw ConfigurationError("no column is named '\(key)', which is part of the table's key")
            }
            keys.append(index)
        }
        self.columns = resolved
        self.keys = keys
        frameBytes = resolved.reduce(LoadItem.opening.count + 4) { $0 + $1.opening.count + $1.closing.count + 1 }
    }

    /// Columns from a first row that is a header: one that holds the names of all of the table's key attributes.
    ///
    /// - Returns: nil when it is no header.
    package static func columns(header row: CSVRow, table: TableDescription) throws(ConfigurationError)
        -> [LoadColumn]?
    {
        var columns: [LoadColumn] = []
        for field in row.fields {
            guard let column = try? LoadColumn(parsing: String(decoding: row.text(field), as: UTF8.self)) else {
                return nil
            }
            columns.append(column)
        }
        return table.keys.allSatisfy { key in columns.contains { $0.name == key } } ? columns : nil
    }

    /// Whether the row repeats the columns' names, and so is a header that nobody needs.
    package func isHeader(_ row: CSVRow) -> Bool {
        row.fields.count == columns.count
            && zip(row.fields, columns).allSatisfy { field, column in
                column.isLeftOut || row.text(field).elementsEqual(column.name.utf8)
            }
    }

    /// - Throws: `TextError` at the field that does not fit its column.
    package func item(_ row: CSVRow) throws(TextError) -> LoadItem {
        guard row.fields.count == columns.count else {
            let place = row.fields.count > columns.count ? row.fields[columns.count].position : row.end
            throw TextError(place, "the row has \(row.fields.count) fields, but there are \(columns.count) columns")
        }
        // A text that needs many escapes makes it grow.
        var json: [UInt8] = []
        json.reserveCapacity(frameBytes + row.bytes.count)
        json += LoadItem.opening
        json.append(UInt8(ascii: "{"))
        let start = json.count
        for (column, field) in zip(columns, row.fields) where !column.isLeftOut {
            if field.bytes.isEmpty && column.isOptional { continue }
            if json.count > start { json.append(UInt8(ascii: ",")) }
            json += column.opening
            if column.kind == .S {
                try Self.checkEmpty(field, column)
                JSONEscapes.encode(row.bytes.span.extracting(field.bytes), into: &json)
            } else {
                try Self.spell(row, field, column, into: &json)
            }
            json += column.closing
        }
        json.append(UInt8(ascii: "}"))
        json += LoadItem.closing
        var key: [UInt8] = []
        key.reserveCapacity(32)
        for index in keys {
            let start = key.count
            try Self.spell(row, row.fields[index], columns[index], into: &key)
            // Each part ends with its length, so that two do not run together.
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: key.count - start)) { key.append(contentsOf: $0) }
        }
        return LoadItem(request: json, key: LoadKey(key), position: row.fields[0].position)
    }

    /// Appends the value's one spelling: numbers as DynamoDB gives them back, binaries in whole Base64.
    private static func spell(
        _ row: CSVRow, _ field: CSVRow.Field, _ column: Column, into output: inout [UInt8]
    ) throws(TextError) {
        try checkEmpty(field, column)
        let text = row.text(field)
        func fault(_ why: String) -> TextError {
            let quoted = String(decoding: text.prefix(60), as: UTF8.self)
            return TextError(field.position, "\(column.name): '\(quoted)' is \(why)")
        }
        switch column.kind {
        case .S: output += text
        case .N:
            if isPlainInteger(row.bytes.span.extracting(field.bytes)) {
                output += text
                return
            }
            do { try DynamoNumber(parsing: text).write(to: &output) } catch {
                throw fault("no number DynamoDB can hold (38 digits, 1E-130 to 9.9E+125)")
            }
        case .BOOL:
            switch String(decoding: text, as: UTF8.self).lowercased() {
            case "true": output += "true".utf8
            case "false": output += "false".utf8
            default: throw fault("neither true nor false")
            }
        case .B:
            guard let bytes = Base64.decode(text) else { throw fault("no Base64") }
            Base64.encode(bytes, into: &output)
        }
    }

    private static func checkEmpty(_ field: CSVRow.Field, _ column: Column) throws(TextError) {
        guard field.bytes.isEmpty, column.isKey || column.kind != .S else { return }
        let why = column.isKey ? "a key cannot be empty" : "empty, where a value of type \(column.kind) belongs"
        throw TextError(field.position, "\(column.name): \(why)")
    }

    /// Up to 38 digits without a leading zero: DynamoDB gives it back as it is written.
    private static func isPlainInteger(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0, text.count <= DynamoNumber.digitsMax, text[0] != UInt8(ascii: "0") else { return false }
        for index in text.indices where text[index] &- UInt8(ascii: "0") > 9 { return false }
        return true
    }
}
