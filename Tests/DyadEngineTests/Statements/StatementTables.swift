import DyadModel
import Testing

/// The tables of the items' tests, and statements on them.
struct StatementTables {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    /// The body of a request with this statement.
    static func body(_ statement: String, _ parameters: [String] = [], _ more: String = "") -> String {
        let escaped = statement.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        let list = parameters.isEmpty ? "" : #","Parameters":[\#(parameters.joined(separator: ","))]"#
        return #"{"Statement":"\#(escaped)"\#(list)\#(more)}"#
    }

    func send(_ statement: String, _ parameters: [String] = [], _ more: String = "") throws -> Reply {
        try region.send("ExecuteStatement", Self.body(statement, parameters, more))
    }

    /// What must succeed.
    @discardableResult
    func run(
        _ statement: String, _ parameters: [String] = [], _ more: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws -> Reply {
        try region.ok("ExecuteStatement", Self.body(statement, parameters, more), at: location)
    }

    /// The items of the answer, as they were sent.
    func items(
        _ statement: String, _ parameters: [String] = [], at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        try run(statement, parameters, at: location).json("Items") ?? ""
    }

    /// `[1,2,3]`: the sort keys of the items, in the order of the answer.
    func sortKeys(
        _ statement: String, _ parameters: [String] = [], at location: SourceLocation = #_sourceLocation
    ) throws -> [String] {
        let reply = try run(statement, parameters, at: location)
        return (reply["Items"]?.elements).map(Array.init)?.map { $0["sk"]?["N"]?.string ?? "" } ?? []
    }

    func batch(_ members: String..., more: String = "") throws -> Reply {
        try region.send("BatchExecuteStatement", #"{"Statements":[\#(members.joined(separator: ","))]\#(more)}"#)
    }

    func transaction(_ members: String..., more: String = "") throws -> Reply {
        try region.send("ExecuteTransaction", #"{"TransactStatements":[\#(members.joined(separator: ","))]\#(more)}"#)
    }
}
