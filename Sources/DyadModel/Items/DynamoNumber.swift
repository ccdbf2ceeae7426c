/// A DynamoDB number: exact decimal, up to 38 significant digits, magnitude 1E-130 to 9.99…E+125 or zero.
///
/// Held in normal form (no trailing zeros in the coefficient, one zero), so equality and hashing are by value.
/// Source: docs, "Data types: Number".
package struct DynamoNumber: Sendable, Hashable {
    package let isNegative: Bool
    /// The digits as an integer below 10^38.
    package let coefficient: UInt128
    /// The power of ten that the coefficient is multiplied by.
    package let exponent: Int

    package static let digitsMax = 38
    /// Powers of ten of the first digit: 9.99E+125 has 125, 1E-130 has -130.
    package static let magnitudeRange = -130...125

    package static let zero = DynamoNumber(unchecked: false, 0, 0)

    private init(unchecked isNegative: Bool, _ coefficient: UInt128, _ exponent: Int) {
        self.isNegative = isNegative
        self.coefficient = coefficient
        self.exponent = exponent
    }

    /// Normalizes, then checks digits and range.
    ///
    /// - Throws: `ValidationException` in AWS's words for more than 38 digits, overflow and underflow.
    package init(isNegative: Bool, coefficient: UInt128, exponent: Int) throws(DynamoError) {
        guard coefficient != 0 else { self = .zero; return }
        var coefficient = coefficient
        var exponent = exponent
        while true {
            let (quotient, remainder) = coefficient.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { break }
            coefficient = quotient
            exponent += 1
        }
        let digits = Self.digitCount(coefficient)
        guard digits <= Self.digitsMax else { throw .tooManyDigits }
        let magnitude = exponent + digits - 1
        guard magnitude <= Self.magnitudeRange.upperBound else { throw .numberOverflow }
        guard magnitude >= Self.magnitudeRange.lowerBound else { throw .numberUnderflow }
        self.init(unchecked: isNegative, coefficient, exponent)
    }

    package init(_ value: Int) {
        var coefficient = UInt128(value.magnitude)
        var exponent = 0
        while coefficient != 0, coefficient % 10 == 0 {
            coefficient /= 10
            exponent += 1
        }
        self.init(unchecked: value < 0, coefficient, exponent)
    }

    package var isZero: Bool { coefficient == 0 }
    package var digitCount: Int { Self.digitCount(coefficient) }

    static func digitCount(_ value: UInt128) -> Int {
        var count = 1
        var bound: UInt128 = 10
        while count < 39, value >= bound {
            count += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        return count
    }
}

extension DynamoError {
    package static let tooManyDigits = DynamoError.validation(
        "Attempting to store more than 38 significant digits in a Number")
    package static let numberOverflow = DynamoError.validation(
        "Number overflow. Attempting to store a number with magnitude larger than supported range")
    package static let numberUnderflow = DynamoError.validation(
        "Number underflow. Attempting to store a number with magnitude smaller than supported range")
    static func notANumber(_ text: some Sequence<UInt8>) -> DynamoError {
        let shown = String(decoding: Array(text), as: UTF8.self)
        return .validation(
            "The parameter cannot be converted to a numeric value" + (shown.isEmpty ? "" : ": \(shown)"))
    }
}

// MARK: Text

extension DynamoNumber {
    /// Reads `[+-]digits[.digits][e[+-]digits]`.
    ///
    /// - Throws: `ValidationException` in AWS's words when it is no number, or out of digits or range.
    package init(parsing text: some Collection<UInt8>) throws(DynamoError) {
        var rest = text[...]
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= 48 && $0 <= 57 } ?? false }
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        var coefficient: UInt128 = 0
        var exponent = 0
        var pendingZeros = 0
        var significant = 0
        var tooManyDigits = false
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
                } else if significant + pendingZeros + 1 > Self.digitsMax, coefficient != 0 {
                    tooManyDigits = true
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
        guard seenDigit else { throw .notANumber(text) }
        exponent += pendingZeros
        if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            var isDown = false
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
                isDown = sign == UInt8(ascii: "-")
                rest = rest.dropFirst()
            }
            guard isDigit(rest.first) else { throw .notANumber(text) }
            var power = 0
            while let byte = rest.first, isDigit(byte) {
                // Far outside the range already; the cap keeps the sum from trapping.
                power = min(power * 10 + Int(byte - 48), 1_000_000_000)
                rest = rest.dropFirst()
            }
            exponent += isDown ? -power : power
        }
        guard rest.isEmpty else { throw .notANumber(text) }
        if tooManyDigits {
            // The range is told first: a number that is too large is too large however many digits it has.
            let magnitude = exponent + significant - 1
            if magnitude > Self.magnitudeRange.upperBound { throw .numberOverflow }
            if magnitude < Self.magnitudeRange.lowerBound { throw .numberUnderflow }
            throw .tooManyDigits
        }
        try self.init(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
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

// MARK: Order and arithmetic

extension DynamoNumber: Comparable {
    package static func < (left: DynamoNumber, right: DynamoNumber) -> Bool {
        if left.isZero || right.isZero || left.isNegative != right.isNegative {
            return left.sign < right.sign
        }
        return left.isNegative
            ? magnitudePrecedes(right, left) : magnitudePrecedes(left, right)
    }

    private var sign: Int { isZero ? 0 : isNegative ? -1 : 1 }

    private static func magnitudePrecedes(_ left: DynamoNumber, _ right: DynamoNumber) -> Bool {
        let (leftDigits, rightDigits) = (left.digitCount, right.digitCount)
        let (leftMagnitude, rightMagnitude) = (left.exponent + leftDigits, right.exponent + rightDigits)
        guard leftMagnitude == rightMagnitude else { return leftMagnitude < rightMagnitude }
        // Equal magnitude: pad the shorter coefficient to 38 digits at most, which UInt128 holds.
        return left.coefficient * powerOfTen(max(0, rightDigits - leftDigits))
            < right.coefficient * powerOfTen(max(0, leftDigits - rightDigits))
    }

    static func powerOfTen(_ power: Int) -> UInt128 {
        precondition(power <= 38, "10^39 does not fit 128 bits")
        var result: UInt128 = 1
        for _ in 0..<power { result *= 10 }
        return result
    }
}

extension DynamoNumber {
    package var negated: DynamoNumber { DynamoNumber(unchecked: !isNegative && !isZero, coefficient, exponent) }

    /// The exact sum.
    ///
    /// - Throws: `ValidationException` when the exact sum leaves the range or has more than 38 digits. AWS calls both an
    ///   overflow (ScyllaDB's test_number.py, which was run against AWS).
    package func adding(_ other: DynamoNumber) throws(DynamoError) -> DynamoNumber {
        if isZero { return other }
        if other.isZero { return self }
        let (high, low) = exponent >= other.exponent ? (self, other) : (other, self)
        let shift = high.exponent - low.exponent
        // The last digit of the sum is the last of `low`, which is not zero: more places than 39 cannot fit 38 digits.
        guard shift + high.digitCount <= 39 else { throw .numberOverflow }
        let (scaled, overflow) = high.coefficient.multipliedReportingOverflow(by: Self.powerOfTen(shift))
        if overflow { throw .numberOverflow }
        if high.isNegative == low.isNegative {
            let (sum, overflow) = scaled.addingReportingOverflow(low.coefficient)
            if overflow { throw .numberOverflow }
            return try Self.result(high.isNegative, sum, low.exponent)
        }
        return scaled >= low.coefficient
            ? try Self.result(high.isNegative, scaled - low.coefficient, low.exponent)
            : try Self.result(low.isNegative, low.coefficient - scaled, low.exponent)
    }

    private static func result(
        _ isNegative: Bool, _ coefficient: UInt128, _ exponent: Int
    ) throws(DynamoError) -> DynamoNumber {
        do throws(DynamoError) {
            return try DynamoNumber(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
        } catch {
            throw error == .tooManyDigits ? .numberOverflow : error
        }
    }

    package func subtracting(_ other: DynamoNumber) throws(DynamoError) -> DynamoNumber {
        try adding(other.negated)
    }
}
