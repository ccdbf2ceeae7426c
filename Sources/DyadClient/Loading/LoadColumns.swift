import DyadModel

/// What a CSV's columns are: `requestid:N,host:S,note:S?,-`.
package struct LoadColumn: Sendable, Equatable {
    package enum Kind: String, Sendable { case S, N, B, BOOL }

    package let name: String
    /// Nil where it is not said: a key takes the table's type, all else is `S`.
    package let kind: Kind?
    /// `?`: an empty field leaves the attribute out.
    package let isOptional: Bool

    /// - Throws: `ConfigurationError` for an empty name.
    ///
    /// What follows the last colon and is no type belongs to the name.
    package init(parsing text: some StringProtocol) throws(ConfigurationError) {
        var name = String(text)
        var kind: Kind?
        var isOptional = false
        if let colon = text.lastIndex(of: ":") {
            var type = text[text.index(after: colon)...]
            let isMarked = type.hasSuffix("?")
            if isMarked { type = type.dropLast() }
            if let known = Kind(rawValue: String(type)) {
                name = String(text[..<colon])
                kind = known
                isOptional = isMarked
            }
        }
        guard !name.isEmpty else { throw ConfigurationError("a column without a name in '\(text)'") }
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }

    /// A column named `-` is left out.
    var isLeftOut: Bool { name == "-" && kind == nil }

    /// From the `--columns` option.
    package static func list(_ text: String) throws(ConfigurationError) -> [LoadColumn] {
        var columns: [LoadColumn] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            columns.append(try LoadColumn(parsing: part))
        }
        return columns
    }
}

/// A row as an item, ready to be put.
package struct LoadItem: Sendable, Equatable {
    /// The item's JSON.
    package let json: [UInt8]
    /// The key's bytes: equal for rows that mean the same item, however they spell a number.
    package let key: [UInt8]
    /// Where the row begins.
    package let position: TextPosition

    package init(json: [UInt8], key: [UInt8], position: TextPosition) {
        self.json = json
        self.key = key
        self.position = position
    }
}

/// Makes items of a table from rows.
package struct LoadMapping: Sendable {
    private struct Column: Sendable {
        let name: String
        let encodedName: [UInt8]
        let kind: LoadColumn.Kind
        let isOptional: Bool
        let isKey: Bool
        let isLeftOut: Bool
    }

    private let columns: [Column]
    /// Indices of the key's columns, the partition key's first.
    private let keys: [Int]

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
            var name = JSONWriter()
            name.string(column.name)
            resolved.append(
                Column(
                    name: column.name, encodedName: name.bytes, kind: kind, isOptional: column.isOptional,
                    isKey: isKey, isLeftOut: column.isLeftOut))
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
    }

    /// Columns from a first row that is a header: one that holds the names of all of the table's key attributes.
    ///
    /// - Returns: nil when it is no header.
    package static func columns(header row: CSVRow, table: TableDescription) throws(ConfigurationError)
        -> [LoadColumn]?
    {
        var columns: [LoadColumn] = []
        for field in row.fields {
            guard let column = try? LoadColumn(parsing: String(decoding: field.text, as: UTF8.self)) else { return nil }
            columns.append(column)
        }
        return table.keys.allSatisfy { key in columns.contains { $0.name == key } } ? columns : nil
    }

    /// Whether the row repeats the columns' names, and so is a header that nobody needs.
    package func isHeader(_ row: CSVRow) -> Bool {
        row.fields.count == columns.count
            && zip(row.fields, columns).allSatisfy { field, column in
                column.isLeftOut || field.text.elementsEqual(column.name.utf8)
            }
    }

    /// - Throws: `TextError` at the field that does not fit its column.
    package func item(_ row: CSVRow) throws(TextError) -> LoadItem {
        guard row.fields.count == columns.count else {
            let place = row.fields.count > columns.count ? row.fields[columns.count].position : row.end
            throw TextError(place, "the row has \(row.fields.count) fields, but there are \(columns.count) columns")
        }
        var json: [UInt8] = [UInt8(ascii: "{")]
        var values = [[UInt8]](repeating: [], count: columns.count)
        for (index, (column, field)) in zip(columns, row.fields).enumerated() where !column.isLeftOut {
            if field.text.isEmpty && column.isOptional { continue }
            values[index] = try Self.value(field, column)
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json += column.encodedName
            json += ":{\"\(column.kind.rawValue)\":".utf8
            if column.kind == .BOOL {
                json += values[index]
            } else {
                json.append(UInt8(ascii: "\""))
                JSONEscapes.encode(values[index], into: &json)
                json.append(UInt8(ascii: "\""))
            }
            json.append(UInt8(ascii: "}"))
        }
        json.append(UInt8(ascii: "}"))
        var key: [UInt8] = []
        for index in keys {
            key += "\(values[index].count):".utf8
            key += values[index]
        }
        return LoadItem(json: json, key: key, position: row.fields[0].position)
    }

    /// The value's one spelling: numbers as DynamoDB gives them back, binaries in whole Base64.
    private static func value(_ field: CSVRow.Field, _ column: Column) throws(TextError) -> [UInt8] {
        func fault(_ why: String) -> TextError { TextError(field.position, "\(column.name): \(why)") }
        func quoted() -> String { "'" + String(decoding: field.text.prefix(60), as: UTF8.self) + "'" }
        if field.text.isEmpty && (column.isKey || column.kind != .S) {
            throw fault(column.isKey ? "a key cannot be empty" : "empty, where a value of type \(column.kind) belongs")
        }
        switch column.kind {
        case .S: return field.text
        case .N:
            do {
                var text: [UInt8] = []
                try DynamoNumber(parsing: field.text).write(to: &text)
                return text
            } catch {
                throw fault("\(quoted()) is no number DynamoDB can hold (38 digits, 1E-130 to 9.9E+125)")
            }
        case .BOOL:
            switch String(decoding: field.text, as: UTF8.self).lowercased() {
            case "true": return Array("true".utf8)
            case "false": return Array("false".utf8)
            default: throw fault("\(quoted()) is neither true nor false")
            }
        case .B:
            guard let bytes = Base64.decode(field.text) else { throw fault("\(quoted()) is no Base64") }
            var text: [UInt8] = []
            Base64.encode(bytes, into: &text)
            return text
        }
    }
}
