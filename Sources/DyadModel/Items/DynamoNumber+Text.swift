/// A number as it is written, before it is known whether DynamoDB has it.
private struct DecimalText {
    var isNegative = false
    /// Of the first 38 significant digits.
    var coefficient: UInt128 = 0
    /// Of the coefficient's last digit.
    var exponent = 0
    var significant = 0
    var hasTooManyDigits = false
    /// All digits but leading zeros, at least one: Java's precision.
    var precision = 1
    /// Digits behind the point less the power of ten: Java's scale.
    var scale = 0

    /// What stands for a power of ten that no number has; text is too short to bring it back into the range.
    private static let powerMax = 1 << 40

    /// Reads `[+-]digits[.digits][e[+-]digits]`; nil when it is something else, or its exponent fits no 64 bits.
    init?(_ text: some Collection<UInt8>) {
        var rest = text[...]
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= 48 && $0 <= 57 } ?? false }
        func sign() -> Bool? {
            guard let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return nil }
            rest = rest.dropFirst()
            return sign == UInt8(ascii: "-")
        }
        isNegative = sign() ?? false
        var pendingZeros = 0
        var seenDigit = false
        var seenPoint = false
        while let byte = rest.first {
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if isDigit(byte) {
                seenDigit = true
                if seenPoint { exponent -= 1 }
                // Zeros wait until a later digit makes them significant: "1.000…0" has one digit.
                if byte == 48 {
                    if coefficient != 0 { pendingZeros += 1 }
                } else if significant + pendingZeros + 1 > DynamoNumber.digitsMax, coefficient != 0 {
                    hasTooManyDigits = true
                    pendingZeros += 1
                } else {
                    for _ in 0...pendingZeros { coefficient *= 10 }
                    coefficient += UInt128(byte - 48)
                    significant += pendingZeros + 1
                    pendingZeros = 0
                }
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard seenDigit else { return nil }
        precision = max(1, significant + pendingZeros)
        scale = -exponent
        exponent += pendingZeros
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            let isDown = sign() ?? false
            guard isDigit(rest.first) else { return nil }
            var power = 0
            while let byte = rest.first, isDigit(byte) {
                let (tens, overflow) = power.multipliedReportingOverflow(by: 10)
                let (sum, overflows) = tens.addingReportingOverflow(Int(byte - 48))
                guard !overflow, !overflows else { return nil }
                power = sum
                rest = rest.dropFirst()
            }
            power = min(power, Self.powerMax) * (isDown ? -1 : 1)
            exponent += power
            scale -= power
        }
        guard rest.isEmpty else { return nil }
    }
}

extension DynamoNumber {
    /// Reads `[+-]digits[.digits][e[+-]digits]`.
    ///
    /// - Throws: `ValidationException` in AWS's words when it is no number, or out of digits or range.
    package init(parsing text: some Collection<UInt8>) throws(DynamoError) {
        guard let decimal = DecimalText(text) else { throw .notANumber(text) }
        // A zero is in the range or not by the exponent it is written with, and the range is told before the digits: a
        // number that is too large is too large however many it has. Source: dynamodb-conformance,
        // limits/numberExponent, captured from eu-west-2 in 2026.
        if decimal.coefficient == 0 || decimal.hasTooManyDigits {
            let magnitude = decimal.exponent + max(1, decimal.significant) - 1
            if magnitude > Self.magnitudeRange.upperBound { throw .numberOverflow }
            if magnitude < Self.magnitudeRange.lowerBound { throw .numberUnderflow }
        }
        guard !decimal.hasTooManyDigits else { throw .tooManyDigits }
        try self.init(
            isNegative: decimal.isNegative, coefficient: decimal.coefficient, exponent: decimal.exponent)
    }

    /// What AWS's older layer says of a number out of the range. It reads numbers as Java's BigDecimal does, whose scale
    /// has 32 bits, and adds its digits up in 32 bits too: 1e2147483647 is too small.
    ///
    /// Source: dynamodb-conformance, error-messages/valueLayers; the reading as BigDecimal's is an inference from there.
    static func olderRefusal(ofOutOfRange text: some Collection<UInt8>) -> DynamoError {
        guard let decimal = DecimalText(text), let scale = Int32(exactly: decimal.scale) else {
            return .notANumber(text)
        }
        let magnitude = Int32(truncatingIfNeeded: decimal.precision - Int(scale))
        return magnitude > magnitudeRange.upperBound ? .numberOverflow : .numberUnderflow
    }

    package init(_ text: String) throws(DynamoError) { try self.init(parsing: Array(text.utf8)) }

    /// The decimal digits of the coefficient, most significant first, as ASCII.
    package var digits: [UInt8] {
        var reversed: [UInt8] = []
        reversed.reserveCapacity(Self.digitsMax)
        var (high, low) = coefficient.quotientAndRemainder(dividingBy: 10_000_000_000_000_000_000)
        var lower = UInt64(low)
        if high == 0 {
            repeat {
                reversed.append(UInt8(lower % 10) + 48)
                lower /= 10
            } while lower != 0
        } else {
            for _ in 0..<19 {
                reversed.append(UInt8(lower % 10) + 48)
                lower /= 10
            }
            while high != 0 {
                let (quotient, remainder) = high.quotientAndRemainder(dividingBy: 10)
                reversed.append(UInt8(remainder) + 48)
                high = quotient
            }
        }
        low = 0
        reversed.reverse()
        return reversed
    }

    /// AWS's form on output: plain decimal digits, never an exponent.
    package func write(to output: inout [UInt8]) {
        let digits = digits
        if isNegative { output.append(UInt8(ascii: "-")) }
        let pointAt = digits.count + exponent
        if exponent >= 0 {
            output += digits
            if coefficient != 0 { output += repeatElement(48, count: exponent) }
        } else if pointAt > 0 {
            output += digits[..<pointAt]
            output.append(UInt8(ascii: "."))
            output += digits[pointAt...]
        } else {
            output += [48, UInt8(ascii: ".")]
            output += repeatElement(48, count: -pointAt)
            output += digits
        }
    }
}

extension DynamoNumber: CustomStringConvertible {
    package var description: String {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
