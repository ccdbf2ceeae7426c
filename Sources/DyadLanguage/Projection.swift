package import DyadModel

/// A ProjectionExpression that is known to be legal.
package struct Projection: Sendable {
    /// As written, placeholders resolved; none is in another.
    package let paths: [DocumentPath]
    private let tree: PathTree<Void>

    /// - Throws: AWS's complaint: syntax, reserved words, undefined names, overlaps, conflicts (dynalite's tests).
    package init(parsing text: String, _ placeholders: inout Placeholders) throws(DynamoError) {
        var parser = try Parser(text, as: .projection, keywords: [])
        var syntax: [PathSyntax] = []
        repeat { syntax.append(try parser.path()) } while parser.take(.comma)
        guard parser.isAtEnd else { throw parser.syntaxError() }

        var resolver = Resolver(kind: .projection, placeholders: placeholders)
        for path in syntax { try resolver.checkReserved(path) }
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
