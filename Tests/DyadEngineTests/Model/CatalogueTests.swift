import DyadModel
import Testing

@testable import DyadEngine

/// The catalogue beside AWS's service model, whose facts `make service-model` keeps in `fixtures/`.
struct CatalogueTests {
    private static let services: [(name: String, routes: [Route])] = [
        ("DynamoDB_20120810", Catalogue.dynamoDB), ("DynamoDBStreams_20120810", Catalogue.streams),
    ]

    @Test func `every operation of AWS is in the catalogue or is not yet built`() throws {
        var missing: Set<String> = []
        for service in Self.services {
            let modelled = Set(try ServiceModel(service.name).inputs.keys)
            let built = Set(service.routes.map(\.name))
            #expect(built.subtracting(modelled) == [], "AWS has no such operation")
            missing.formUnion(modelled.subtracting(built))
        }
        let listed = Set(NotYetBuilt.operations)
        #expect(missing.subtracting(listed) == [], "build it, or list it in NotYetBuilt")
        #expect(listed.subtracting(missing) == [], "it is built, or AWS has it no more: take it from NotYetBuilt")
    }

    @Test func `every input has AWS's members, types, bounds and words`() throws {
        var found: Set<String> = []
        for service in Self.services {
            let model = try ServiceModel(service.name)
            var comparison = CatalogueComparison(model)
            for route in service.routes {
                comparison.compare(route.input, to: model.inputs[route.name] ?? "", at: route.name)
            }
            found.formUnion(comparison.differences)
        }
        let missing = Set(NotYetBuilt.members.map { "\($0): is missing" })
        let unknown = found.subtracting(missing).filter { note in !KnownDifference.all.contains { $0.covers(note) } }
        #expect(unknown.sorted() == [], "mend it, or explain it in KnownDifference")
        #expect(missing.subtracting(found) == [], "it is built, or AWS has it no more: take it from NotYetBuilt")
        // One at a time: a note of several places with a `*` is no more when none of them is.
        let stale = KnownDifference.all.flatMap(\.notes).filter { note in
            !found.contains(where: KnownDifference(notes: [note], reason: "").covers)
        }
        #expect(stale == [], "it is no more: take it from KnownDifference")
    }

    @Test func `an attribute value is of the model's types`() throws {
        let model = try ServiceModel("DynamoDB_20120810")
        let kinds = model["AttributeValue"].members
        #expect(Set(kinds.keys) == Set(AttributeValue.Kind.allCases.map(\.rawValue)))
        for (kind, shape) in kinds {
            let sample = kind == "N" ? #""1""# : kind == "NS" ? #"["1"]"# : model.sample(shape)
            let document = try JSONDocument(parsing: Array(#"{"\#(kind)":\#(sample)}"#.utf8))
            #expect(try WireAttributeValue(reading: document.root).checked().kind.rawValue == kind)
            let wrong = try JSONDocument(parsing: Array(#"{"\#(kind)":1}"#.utf8))
            #expect(throws: DynamoError.self) { try WireAttributeValue(reading: wrong.root) }
        }
    }

    @Test(arguments: [
        ("- Operations that are not there yet: ", NotYetBuilt.operations),
        ("- Parameters that are not there yet: ", NotYetBuilt.members),
    ])
    func `README names what is not yet built`(_ opening: String, _ names: [String]) throws {
        let readme = String(decoding: try projectFile("README.md"), as: UTF8.self)
        let paragraphs = readme.split(separator: "\n- ").map { "- \($0)" }
        let paragraph = try #require(paragraphs.first { $0.hasPrefix(opening) })
        let list = paragraph.dropFirst(opening.count).split(separator: ". ").first ?? ""
        let named = list.split { $0 == "," || $0 == " " || $0 == "\n" }.map(String.init)
        #expect(named.sorted() == names.sorted())
    }
}
