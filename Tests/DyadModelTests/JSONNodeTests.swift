import DyadModel
import Testing

struct JSONNodeTests {
    private func root(_ text: String) throws -> JSONNode { try JSONDocument(parsing: Array(text.utf8)).root }

    @Test func `a member is found by its whole name`() throws {
        let root = try root(#"{"ab":1,"a":{"b":2},"abc":3,"":4,"Länge":5}"#)
        #expect(root["a"]?["b"]?.integer == 2)
        #expect(root["ab"]?.integer == 1)
        #expect(root["abc"]?.integer == 3)
        #expect(root[""]?.integer == 4)
        #expect(root["Länge"]?.integer == 5)
        #expect(root["b"] == nil)
        #expect(root["abcd"] == nil)
    }

    @Test func `of members of one name the last counts, however it is written`() throws {
        #expect(try root(#"{"a":1,"b":2,"a":3}"#)["a"]?.integer == 3)
        #expect(try root(#"{"a":1,"\u0061":2}"#)["a"]?.integer == 2)
        #expect(try root(#"{"\u00e9\n":1}"#)["é\n"]?.integer == 1)
        #expect(try root(#"{"\u0061b":1}"#)["a"] == nil)
    }

    @Test func `a name is its bytes: what only looks the same is another`() throws {
        #expect(try root(#"{"e\u0301":1}"#)["\u{e9}"] == nil)
        #expect(try root("{\"e\u{301}\":1}")["\u{e9}"] == nil)
    }

    @Test func `what is no object has no members`() throws {
        for text in [#"["a","b"]"#, #""a""#, "1", "null", "{}"] { #expect(try root(text)["a"] == nil) }
    }
}
