/// What a mutant gets in the place of something sensible.
enum Junk {
    static let texts = [
        "", " ", "a", "\0", "é", "e\u{301}", "𝄞", "\u{2028}", "\u{FEFF}", "\u{10FFFF}", "'", "\"", "\\", "%s%n",
        "../..", "null",
        "0", "-1", "18446744073709551616", String(repeating: "A", count: 255), String(repeating: "A", count: 256),
        String(repeating: "x", count: 2049), String(repeating: "é", count: 32_768),
        "arn:aws:dynamodb:us-east-1:1:table/x",
    ]

    static let numbers = [
        "0", "-0", "1", "-1", "1E125", "9.99E125", "1E126", "1E-130", "1E-131", String(repeating: "9", count: 38),
        String(repeating: "9", count: 39), "1" + String(repeating: "0", count: 300),
        "0." + String(repeating: "0", count: 300) + "1", "1e99999999999999999999", "1e-99999999999999999999", "NaN",
        "Infinity", "0x10", "1_0", "١", "+5", "1.", ".5", "1e", "--1", " 1", "5" + String(repeating: "0", count: 37),
        "99999999999999999999999999999999999999E87", "1E-92",
    ]

    /// JSON numbers, for members that are numbers.
    static let integers = [
        "0", "1", "2", "-1", "100", "101", "1000", "1001", "1000000", "1000001", "2147483647", "2147483648",
        "-2147483649",
        "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "1e400",
        "-1e400", "1.5", "1e3", "-0.0", "1" + String(repeating: "0", count: 400), "1e-400", "18446744073709551615",
        "40001",
    ]

    /// What is no JSON at all, or hardly any.
    static let broken = [
        "01", "+1", "1.", ".1", "NaN", "tru", "nul", "'a'", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "[1,]", "{\"a\":}", "{,}", "\u{1}", "", "\"", "[", "{", "]", "}", "/**/", "1 2", "\u{FEFF}1",
    ]

    static let values = [
        "null", "true", "false", "[]", "{}", "[[]]", "[null]", "{\"\":{}}", "{\"S\":null}", "{\"S\":\"a\",\"N\":\"1\"}",
        "{\"SS\":[]}", "{\"SS\":[\"a\",\"a\"]}", "{\"NS\":[\"1\",\"1.0\"]}", "{\"BS\":[\"AA==\",\"A\"]}",
        "{\"NULL\":false}",
        "{\"M\":{\"\":{\"L\":[]}}}", "{\"L\":[{\"N\":\"x\"}]}", "{\"B\":\"====\"}", "{\"X\":1}", "\"x\"",
    ]

    /// Put into strings, which are expressions often enough.
    static let fragments =
        texts.prefix(13)
        + [
            "(", ")", "[", "]", ".", ",", "#", ":", "=", "<", ">", "+", "-", "#n", ":v", "[0]",
            "[99999999999999999999]", "[-1]",
            " AND ", " OR ", " NOT ", " IN (", " BETWEEN ", "SET ", "REMOVE ", "ADD ", "DELETE ", "size(",
            "attribute_exists(", "begins_with(a, ", "contains(", "attribute_type(", "if_not_exists(", "list_append(",
            String(repeating: "(", count: 300), String(repeating: "NOT ", count: 400),
            String(repeating: "a.", count: 40),
            String(repeating: "a,", count: 400), "?", "'", "''", "<<", ">>", "/*", "--", ";", "*", " WHERE ",
            " IS MISSING ",
            " RETURNING ALL OLD *", "SELECT ", " FROM ", "{'a': ", "EXISTS(", "\t", "\n", "a = a",
            "\u{1F468}\u{200D}\u{1F469}",
        ]

    /// Letters that are more than a byte, or that other readers trip over; as they stand in JSON's text.
    static let letters = ["é", "𝄞", "\\u2028", "\\ud800", "\\u0000", "\u{301}"]

    static let depths = [5, 16, 30, 31, 32, 33, 100, 250, 255, 256, 257, 1000, 20_000]

    static let bytes: [[UInt8]] = [
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0], [0x7B], [0x22], [0x2C], [0x5D], [0x5C], [0xF4, 0x90, 0x80, 0x80],
    ]
}
