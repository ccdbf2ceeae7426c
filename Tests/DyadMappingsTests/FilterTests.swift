import DyadMappings
import DyadModel
import Testing

struct FilterTests {
    private static let record = """
        {"eventName": "MODIFY", "dynamodb": {"ApproximateCreationDateTime": 1541626099,
         "Keys": {"id": {"S": "AnyCompany"}},
         "NewImage": {"id": {"S": "AnyCompany"}, "age": {"N": "42"}, "tags": {"SS": ["red", "blue"]},
          "gone": {"NULL": true}, "list": {"L": [{"S": "x"}, {"N": "7"}]}, "empty": {"S": ""}},
         "OldImage": {"id": {"S": "AnyCompany"}, "age": {"N": "41"}}}}
        """

    private func lets(_ pattern: String) throws -> Bool {
        let record = try JSONDocument(parsing: Array(Self.record.utf8)).root
        return try FilterPattern(parsing: pattern).matches(record)
    }

    @Test(arguments: [
        #"{"eventName": ["MODIFY"]}"#, #"{"eventName": ["INSERT", "MODIFY"]}"#,
        #"{"dynamodb": {"Keys": {"id": {"S": ["AnyCompany"]}}}}"#,
        #"{"dynamodb": {"NewImage": {"age": {"N": ["42"]}}, "OldImage": {"age": {"N": ["41"]}}}}"#,
        #"{"dynamodb": {"NewImage": {"id": {"S": [{"prefix": "Any"}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"id": {"S": [{"suffix": "pany"}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"id": {"S": [{"equals-ignore-case": "ANYcompany"}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"id": {"S": [{"anything-but": "Other"}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"id": {"S": [{"anything-but": ["Other", "Another"]}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"id": {"S": [{"anything-but": {"prefix": "Other"}}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"tags": {"SS": ["blue"]}}}}"#,
        #"{"dynamodb": {"NewImage": {"list": {"L": {"N": ["7"]}}}}}"#,
        #"{"dynamodb": {"NewImage": {"gone": {"NULL": [true]}}}}"#,
        #"{"dynamodb": {"NewImage": {"empty": {"S": [""]}}}}"#,
        #"{"dynamodb": {"NewImage": {"age": {"N": [{"exists": true}]}, "missing": [{"exists": false}]}}}"#,
        // No value, an object, is as good as not there (recorded from AWS by LocalStack's tests).
        #"{"dynamodb": {"NewImage": {"age": [{"exists": false}]}}}"#,
        #"{"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">", 0, "<=", 1541626099]}]}}"#,
        #"{"dynamodb": {"ApproximateCreationDateTime": [1541626099]}}"#,
        #"{"dynamodb": {"NewImage": {"age": {"N": [{"numeric": [">", 100]}, {"anything-but": "101"}]}}}}"#,
        #"{"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"NewImage": {"age": {"N": ["42"]}}}}]}"#,
        #"{"eventName": ["MODIFY"], "dynamodb": {"$or": [{"Keys": {"id": {"S": ["x"]}}}, {"OldImage": {"age": {"N": ["41"]}}}]}}"#,
    ]) func `these let the record through`(pattern: String) throws {
        #expect(try lets(pattern))
    }

    @Test(arguments: [
        #"{"eventName": ["modify"]}"#, #"{"eventName": [{"prefix": "INS"}]}"#, #"{"nothing": ["MODIFY"]}"#,
        #"{"dynamodb": {"NewImage": {"id": ["AnyCompany"]}}}"#,
        #"{"dynamodb": {"NewImage": {"age": [{"exists": true}]}}}"#,
        #"{"dynamodb": {"NewImage": {"missing": {"S": [{"anything-but": "x"}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"id": {"S": [{"anything-but": {"suffix": ["x", "pany"]}}]}}}}"#,
        // Docs: numbers of items are texts in a record, and numeric rules know numbers alone.
        #"{"dynamodb": {"NewImage": {"age": {"N": [{"numeric": [">", 0]}]}}}}"#,
        #"{"dynamodb": {"NewImage": {"age": {"N": [42]}}}}"#,
        #"{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"id": {"S": ["other"]}}}}"#,
        #"{"eventName": [null]}"#, #"{"eventName": [{"exists": false}]}"#,
        #"{"dynamodb": {"ApproximateCreationDateTime": [1541626099.0]}}"#,
        #"{"$or": [{"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}]}"#,
    ]) func `these do not`(pattern: String) throws {
        #expect(try !lets(pattern))
    }

    @Test(arguments: [
        "", "single-string", "null", "[]", "{}", #"[{"eventName": ["INSERT"=123}]"#, #"{"eventName": "INSERT"}"#,
        #"{"eventName": []}"#, #"{"eventName": {}}"#, #"{"eventName": [["INSERT"]]}"#,
        #"{"eventName": [{"prefix": 7}]}"#, #"{"eventName": [{"like": "x"}]}"#, #"{"eventName": [{"exists": "yes"}]}"#,
        #"{"eventName": [{"prefix": "a", "suffix": "b"}]}"#, #"{"a": [{"numeric": [">"]}]}"#,
        #"{"a": [{"numeric": [">", "0"]}]}"#, #"{"a": [{"numeric": ["!", 0]}]}"#, #"{"a": [{"anything-but": []}]}"#,
        #"{"a": [{"anything-but": [{"prefix": "x"}]}]}"#, #"{"$or": [{"a": ["x"]}]}"#, #"{"a": 7}"#,
    ]) func `what is no pattern is refused`(text: String) {
        #expect(throws: InvalidFilter.self) { try FilterPattern(parsing: text) }
    }

    // MARK: Properties

    private static let words = ["", "a", "b", "ab", "aba", "B", "é", "e\u{301}", "ba"]

    private func matches(_ rule: String, _ value: String?) throws -> Bool {
        var json = JSONWriter()
        json.object { $0.member("f", value) }
        return try FilterPattern(parsing: #"{"f": [\#(rule)]}"#).matches(JSONDocument(parsing: json.bytes).root)
    }

    private func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test func `rules of texts agree with what they mean, byte by byte, and anything-but with their opposite`() throws {
        for wanted in Self.words {
            for value in Self.words {
                let (wantedBytes, bytes) = (Array(wanted.utf8), Array(value.utf8))
                let meanings = [
                    ("", bytes == wantedBytes), ("prefix", bytes.starts(with: wantedBytes)),
                    ("suffix", bytes.reversed().starts(with: wantedBytes.reversed())),
                ]
                for (name, expected) in meanings {
                    let rule = name.isEmpty ? quoted(wanted) : #"{"\#(name)": \#(quoted(wanted))}"#
                    #expect(try matches(rule, value) == expected, "\(rule) and \(value)")
                    #expect(try matches(#"{"anything-but": \#(rule)}"#, value) == !expected, "not \(rule) and \(value)")
                    #expect(try !matches(rule, nil))
                }
            }
        }
    }

    @Test func `several rules are one or the other, several fields one and the other, and $or joins patterns`() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2000 {
            let (left, right) = (
                Self.words.randomElement(using: &random) ?? "", Self.words.randomElement(using: &random) ?? ""
            )
            let (f, g) = (
                Self.words.randomElement(using: &random) ?? "", Self.words.randomElement(using: &random) ?? ""
            )
            var json = JSONWriter()
            json.object {
                $0.member("f", f)
                $0.member("g", g)
            }
            let record = try JSONDocument(parsing: json.bytes).root
            func lets(_ pattern: String) throws -> Bool { try FilterPattern(parsing: pattern).matches(record) }
            let first = #"{"prefix": \#(quoted(left))}"#
            let second = #"{"suffix": \#(quoted(right))}"#
            let isFirst = try lets(#"{"f": [\#(first)]}"#)
            let isSecond = try lets(#"{"g": [\#(second)]}"#)
            #expect(try lets(#"{"f": [\#(first)], "g": [\#(second)]}"#) == (isFirst && isSecond))
            #expect(try lets(#"{"$or": [{"f": [\#(first)]}, {"g": [\#(second)]}]}"#) == (isFirst || isSecond))
            let isOther = try lets(#"{"f": [\#(second)]}"#)
            #expect(try lets(#"{"f": [\#(first), \#(second)]}"#) == (isFirst || isOther))
        }
    }

    @Test func `numbers lie between bounds as they do in arithmetic`() throws {
        for value in [-3.5, -1, 0, 0.5, 1, 2, 1e6] {
            for limit in [-1.0, 0, 0.5, 2] {
                let record = try JSONDocument(parsing: Array("{\"f\": \(value)}".utf8)).root
                func lets(_ bounds: String) throws -> Bool {
                    try FilterPattern(parsing: #"{"f": [{"numeric": [\#(bounds)]}]}"#).matches(record)
                }
                #expect(try lets("\"<\", \(limit)") == (value < limit))
                #expect(try lets("\">=\", \(limit)") == (value >= limit))
                #expect(try lets("\"=\", \(limit)") == (value == limit))
                #expect(try lets("\">\", -2, \"<=\", \(limit)") == (value > -2 && value <= limit))
            }
        }
    }
}
