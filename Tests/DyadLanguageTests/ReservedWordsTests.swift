import DyadModel
import Testing

@testable import DyadLanguage

@Suite struct ReservedWordsTests {
    @Test func `there are 573, as documented`() { #expect(ReservedWords.count == 573) }

    @Test(arguments: ["name", "NAME", "Status", "zone", "abort", "size", "ttl", "year", "timestamp"])
    func `they are told in any case`(word: String) { #expect(ReservedWords.contains(Text(word))) }

    @Test(arguments: ["title_", "pk", "id", "a", "Name_", "requestid"])
    func `others are free`(word: String) { #expect(!ReservedWords.contains(Text(word))) }

    @Test(arguments: [
        ("SET name = b", "name"), ("SET a = Status", "Status"), (" remove Absolute ", "Absolute"),
        (" set #c = :c set abOrt = true ", "abOrt"), ("SET a.b[3].Zone = c", "Zone"),
        ("SET a = if_not_exists(ttl, b)", "ttl"),
    ])
    func `none may be written out in a path, which is told before anything is undefined`(text: String, word: String) {
        #expect(
            message { _ = try update(text) }
                == "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: \(word)")
    }

    @Test func `behind a placeholder any name is fine`() throws {
        #expect(try projection("#n", names: ["#n": "name"]).apply(to: ["name": n(1)]) == ["name": n(1)])
    }
}
