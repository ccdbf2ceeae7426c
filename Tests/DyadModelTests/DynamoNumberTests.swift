import DyadModel
import Testing

struct DynamoNumberTests {
    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("+5", "5"), ("007", "7"), ("1.50", "1.5"), ("1e3", "1000"), ("1E-3", "0.001"),
        ("0e125", "0"), ("0.0e126", "0"), ("0e-130", "0"), (".5", "0.5"), ("5.", "5"), ("100", "100"),
        ("-12.340e1", "-123.4"),
        ("1.000000000000000000000000000000000000000000", "1"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.00000000000000000000000000000000000000000012", "0.00000000000000000000000000000000000000000012"),
    ])
    func `numbers leave in normal form`(text: String, normal: String) throws {
        #expect(try DynamoNumber(text).description == normal)
    }

    @Test(arguments: [
        "", "abc", "1a", "--1", "1e", "1e+", ".", "1.2.3", " 1", "1 ", "0x10", "NaN", "Infinity",
        "1e9223372036854775808", "1e-99999999999999999999",
    ])
    func `what is no number is refused`(text: String) {
        let expected = DynamoError.validation(
            "The parameter cannot be converted to a numeric value" + (text.isEmpty ? "" : ": \(text)"))
        #expect(throws: expected) { try DynamoNumber(text) }
    }

    @Test(arguments: [
        ("123456789012345678901234567890123456789", DynamoError.tooManyDigits),
        ("1.00000000000000000000000000000000000001", .tooManyDigits),
        ("1e126", .numberOverflow), ("-1e126", .numberOverflow), ("1e-131", .numberUnderflow),
        ("1e999999999999", .numberOverflow), ("1e-999999999999", .numberUnderflow),
        ("1e9223372036854775807", .numberOverflow), ("-1e-9223372036854775807", .numberUnderflow),
        // dynamodb-conformance, limits/numberExponent: a zero by the exponent it is written with.
        ("0e126", .numberOverflow), ("0e-131", .numberUnderflow), ("-0.0e127", .numberOverflow),
    ])
    func `digits and magnitude are bounded`(text: String, error: DynamoError) {
        #expect(throws: error) { try DynamoNumber(text) }
    }

    @Test(arguments: [
        ("1", "2", "3"), ("0.1", "0.2", "0.3"), ("1", "-1", "0"),
        ("1e20", "1e-17", "100000000000000000000.00000000000000001"),
        ("99999999999999999999999999999999999999", "1", "100000000000000000000000000000000000000"),
        ("1e38", "-1", "99999999999999999999999999999999999999"), ("5", "-7.5", "-2.5"),
    ])
    func `sums are exact`(left: String, right: String, sum: String) throws {
        #expect(try DynamoNumber(left).adding(DynamoNumber(right)).description == sum)
        #expect(try DynamoNumber(right).adding(DynamoNumber(left)).description == sum)
    }

    @Test func `a sum with more than 38 digits is refused`() throws {
        let one = try DynamoNumber("1")
        let small = try DynamoNumber("1e-38")
        #expect(throws: DynamoError.numberOverflow) { try one.adding(small) }
        let large = try DynamoNumber("9e125")
        #expect(throws: DynamoError.numberOverflow) { try large.adding(large) }
    }
}
