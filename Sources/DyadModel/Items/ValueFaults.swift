/// AWS looks at the values of a request in one of two layers. They word some refusals each in its own way, and the older
/// one reads numbers and nesting otherwise.
///
/// Source: paritysuite/dynamodb-conformance, error-messages/valueLayers and limits/nestingDepth, captured from four
/// regions in October 2026.
package enum ValueLayer: Sendable {
    /// GetItem, BatchGetItem and Query, and PutItem, UpdateItem and DeleteItem, which put all they refuse in an envelope.
    /// Values of expressions are refused in the same words as any other.
    case current
    /// Statements, and the three that write when a value nests too deep for `current`: what that refuses, in the words of
    /// `older`.
    case currentInOlderWords
    /// BatchWriteItem, Scan and the transactions.
    case older
}

/// The first thing wrong with an item's values, as each layer tells it.
package struct ValueFaults: Sendable {
    private struct Note: Sendable {
        let current: DynamoError
        let currentInOlderWords: DynamoError
        /// Nil when that layer lets it pass.
        let older: DynamoError?
    }

    /// One that every layer refuses is the last.
    private var notes: [Note] = []
    /// Whether a value nests deeper than the current layer reads.
    package internal(set) var areBeyondCurrent = false

    package subscript(_ layer: ValueLayer) -> DynamoError? {
        switch layer {
        case .current: notes.first?.current
        case .currentInOlderWords: notes.first?.currentInOlderWords
        case .older: notes.lazy.compactMap(\.older).first
        }
    }

    private mutating func note(_ make: () -> Note) {
        guard notes.last?.older == nil, notes.count < 2 else { return }
        notes.append(make())
    }

    mutating func note(_ fault: @autoclosure () -> DynamoError) {
        note {
            let fault = fault()
            return Note(current: fault, currentInOlderWords: fault, older: fault)
        }
    }

    /// A scalar in 32 containers: it cannot be stored, but the older layer counts containers alone.
    mutating func noteScalarTooDeep() {
        guard notes.isEmpty else { return }
        notes.append(Note(current: .nestingTooDeep, currentInOlderWords: .nestingTooDeep, older: nil))
    }

    /// - Parameter fault: what `DynamoNumber` says.
    mutating func note(_ fault: DynamoError, ofNumber text: ArraySlice<UInt8>) {
        note {
            switch fault {
            case .numberOverflow, .numberUnderflow:
                Note(
                    current: fault, currentInOlderWords: fault,
                    older: DynamoNumber.olderRefusal(ofOutOfRange: text))
            case .tooManyDigits: Note(current: fault, currentInOlderWords: fault, older: fault)
            default:
                Note(
                    current: .validation("\(DynamoError.notNumericText): \(String(decoding: text, as: UTF8.self))"),
                    currentInOlderWords: fault, older: fault)
            }
        }
    }

    mutating func noteDuplicates(in texts: [ArraySlice<UInt8>], kind: AttributeValue.Kind) {
        note {
            let older = DynamoError.duplicates(in: texts, kind: kind)
            return Note(
                current: .duplicatesInCurrentWords(in: texts, kind: kind), currentInOlderWords: older, older: older)
        }
    }
}

extension DynamoError {
    /// The frame that AWS puts around what it finds wrong with a value.
    package static func invalidValue(_ detail: String) -> DynamoError {
        .validation("One or more parameter values were invalid: \(detail)")
    }

    /// Recorded for TransactWriteItems (paritysuite/dynamodb-conformance, validation-ordering/deepRequests).
    package static let emptyAttributeName = DynamoError.validation("Empty attribute name")

    package static let valueWithoutType = DynamoError.validation(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")

    package static let valueOfSeveralTypes = DynamoError.validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")

    package static let nestingTooDeep = DynamoError.validation(
        "Nesting Levels have exceeded supported limits: "
            + "Attributes in the item have nested levels beyond supported limit")

    fileprivate static let notNumericText = "The parameter cannot be converted to a numeric value"

    static func notANumber(_ text: some Sequence<UInt8>) -> DynamoError {
        let shown = String(decoding: Array(text), as: UTF8.self)
        return .validation(notNumericText + (shown.isEmpty ? "" : ": \(shown)"))
    }

    fileprivate static func duplicates(in texts: [ArraySlice<UInt8>], kind: AttributeValue.Kind) -> DynamoError {
        let shown = texts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
        return switch kind {
        case .numberSet: .validation("Input collection contains duplicates")
        case .binarySet: .invalidValue("Input collection [\(shown)]of type BS contains duplicates.")
        default: .invalidValue("Input collection [\(shown)] contains duplicates.")
        }
    }

    /// The members are quoted: those before the first repeated one in order, that one, and the rest as they came.
    fileprivate static func duplicatesInCurrentWords(
        in texts: [ArraySlice<UInt8>], kind: AttributeValue.Kind
    ) -> DynamoError {
        guard kind != .numberSet else { return .invalidValue("Input collection contains duplicates.") }
        let isBinary = kind == .binarySet
        var seen: Set<[UInt8]> = []
        var count = 0
        for text in texts {
            guard seen.insert(isBinary ? Base64.decode(text) ?? [] : Array(text)).inserted else { break }
            count += 1
        }
        let sorted = seen.sorted { $0.lexicographicallyPrecedes($1) }.map { member in
            var shown = member
            if isBinary {
                shown = []
                Base64.encode(member, into: &shown)
            }
            return shown[...]
        }
        let shown = (sorted + texts.dropFirst(count)).map { "\"\(String(decoding: $0, as: UTF8.self))\"" }
        return isBinary
            ? .invalidValue("Input collection [\(shown.joined(separator: ","))]of type BS contains duplicates.")
            : .invalidValue("Input collection [\(shown.joined(separator: ", "))] contains duplicates.")
    }
}
