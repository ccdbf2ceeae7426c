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
