import DyadLanguage
import DyadModel
import Testing

@Suite struct PlaceholdersTests {
    @Test func `an empty map of names is refused before anything of the values`() {
        #expect(
            message { _ = try Placeholders(names: [:], values: [:]) } == "ExpressionAttributeNames must not be empty")
    }

    @Test func `an empty map of values is refused`() {
        #expect(
            message { _ = try Placeholders(names: nil, values: [:]) } == "ExpressionAttributeValues must not be empty")
    }

    @Test(arguments: ["a", "#", "#a-b", ":a", "#a b", "", "#é"])
    func `a name's key is a sharp and word characters`(key: String) {
        #expect(
            message { _ = try Placeholders(names: [Text(key): "a"], values: nil) }
                == "ExpressionAttributeNames contains invalid key: Syntax error; key: \"\(key)\"")
    }

    @Test(arguments: ["a", ":", ":a!", "#a"])
    func `a value's key is a colon and word characters`(key: String) {
        #expect(
            message { _ = try Placeholders(names: nil, values: [Text(key): n(1)]) }
                == "ExpressionAttributeValues contains invalid key: Syntax error; key: \"\(key)\"")
    }

    @Test func `a key may begin with a digit or an underscore`() throws {
        _ = try Placeholders(names: ["#1": "a", "#_": "b"], values: [":1": n(1), ":_": n(2)])
    }

    @Test func `a key may have 255 bytes`() throws {
        _ = try Placeholders(names: [Text("#" + String(repeating: "a", count: 254)): "a"], values: nil)
        #expect(throws: DynamoError.self) {
            try Placeholders(names: [Text("#" + String(repeating: "a", count: 255)): "a"], values: nil)
        }
    }

    @Test func `of a key that comes twice the last counts`() throws {
        var placeholders = try Placeholders(
            names: [(key: "#b", value: "x"), (key: "#a", value: "y"), (key: "#b", value: "z")],
            values: [(key: ":v", value: n(1)), (key: ":v", value: n(2))])
        #expect(try Projection(parsing: "#b, #a", &placeholders).paths.map(\.root) == ["z", "y"])
        let condition = try Condition(parsing: "z = :v", as: .condition, &placeholders)
        #expect(condition.isSatisfied(by: ["z": n(2)] as Item) && !condition.isSatisfied(by: ["z": n(1)] as Item))
        try placeholders.checkAllUsed()
    }

    @Test(arguments: 1...20) func `each of many is found, and none that is not there`(count: Int) throws {
        let names = Dictionary(uniqueKeysWithValues: (0..<count).map { (Text("#\($0)"), Text("a\($0)")) })
        var placeholders = try Placeholders(names: names, values: nil)
        for number in (0..<count).shuffled() {
            #expect(try Projection(parsing: "#\(number)", &placeholders).paths.map(\.root) == [Text("a\(number)")])
        }
        try placeholders.checkAllUsed()
        for absent in ["#", "#00", "#\(count)", "#x"] {
            #expect(throws: DynamoError.self) { try Projection(parsing: absent, &placeholders) }
        }
    }

    @Test func `what no expression used is named, names before values`() throws {
        var placeholders = try Placeholders(
            names: ["#a": "a", "#b": "b", "#c": "c"], values: [":a": n(1), ":b": n(2)])
        _ = try Condition(parsing: "#a = :a", as: .condition, &placeholders)
        #expect(
            message { try placeholders.checkAllUsed() }
                == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}")
        _ = try Projection(parsing: "#b, #c", &placeholders)
        #expect(
            message { try placeholders.checkAllUsed() }
                == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}")
        _ = try Update(parsing: "SET x = :b", &placeholders)
        #expect(message { try placeholders.checkAllUsed() } == nil)
    }
}
