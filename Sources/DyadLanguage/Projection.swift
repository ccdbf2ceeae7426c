package import DyadModel

/// A ProjectionExpression that is known to be legal.
package struct Projection: Sendable {
    /// As written, placeholders resolved; none is in another.
    package let paths: [DocumentPath]
    private let tree: PathTree<Void>

    /// - Throws: AWS's complaint: syntax, reserved words, undefined names, overlaps, conflicts (dynalite's tests).
    package init(parsing text: String, _ placeholders: inout Placeholders) throws(DynamoError) {
        let text = try ProjectionText.reading(text)
        if let whole = text.whole { self = whole } else { try self.init(text.paths, &placeholders) }
    }

    fileprivate init(_ syntax: [PathSyntax], _ placeholders: inout Placeholders) throws(DynamoError) {
        var resolver = Resolver(kind: .projection, placeholders: placeholders)
        var paths: [DocumentPath] = []
        for path in syntax { paths.append(try resolver.path(path)) }
        try resolver.checkApart(paths)
        placeholders = resolver.placeholders
        self.paths = paths
        tree = PathTree(paths)
    }

    /// What the paths name of the item; empty when it has nothing of it.
    package func apply(to item: Item) -> Item { tree.part(of: item) }

    /// The top-level attributes it reads.
    package var rootNames: Set<Text> { Set(tree.roots.keys) }

    /// The top-level names, in the order written, if every path is one; nil otherwise. Stored bytes can then be spliced.
    package var plainNames: [Text]? {
        paths.allSatisfy(\.steps.isEmpty) ? paths.map(\.root) : nil
    }
}

/// A projection as it is written, with every check made that its text alone decides.
private struct ProjectionText: Sendable {
    let paths: [PathSyntax]
    /// What it comes to when no placeholder has a say.
    let whole: Projection?

    private static let cache = TextCache<ProjectionText>()

    static func reading(_ text: String) throws(DynamoError) -> ProjectionText {
        try cache.reading(of: text) { (text) throws(DynamoError) in
            var parser = try Parser(text, as: .projection, keywords: [])
            var paths: [PathSyntax] = []
            repeat { paths.append(try parser.path()) } while parser.take(.comma)
            guard parser.isAtEnd else { throw parser.syntaxError() }
            var none = Placeholders()
            let resolver = Resolver(kind: .projection, placeholders: none)
            for path in paths { try resolver.checkReserved(path) }
            // What fails without placeholders is told to each request, in its turn.
            return ProjectionText(paths: paths, whole: try? Projection(paths, &none))
        }
    }
}
