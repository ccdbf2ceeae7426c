import DyadModel

/// Paths that do not overlap, as the tree of their steps, with something at the end of each.
struct PathTree<Leaf: Sendable>: Sendable {
    indirect enum Node: Sendable {
        case leaf(Leaf)
        case branch(members: [Text: Node], elements: [Int: Node])

        static var empty: Node { .branch(members: [:], elements: [:]) }
    }

    private(set) var roots: [Text: Node] = [:]

    /// - Precondition: no path inserted before overlaps with this one.
    mutating func insert(_ path: DocumentPath, _ leaf: Leaf) {
        Self.insert(path.steps[...], leaf, at: &roots[path.root])
    }

    private static func insert(_ steps: ArraySlice<DocumentPath.Step>, _ leaf: Leaf, at node: inout Node?) {
        guard let step = steps.first else { node = .leaf(leaf); return }
        guard case .branch(var members, var elements) = node ?? .empty else {
            preconditionFailure("paths were checked to lie apart")
        }
        switch step {
        case .attribute(let name): insert(steps.dropFirst(), leaf, at: &members[name])
        case .index(let index): insert(steps.dropFirst(), leaf, at: &elements[index])
        }
        node = .branch(members: members, elements: elements)
    }
}

extension PathTree<Void> {
    init(_ paths: [DocumentPath]) {
        for path in paths { insert(path, ()) }
    }

    /// Only what lies on the paths, in the structure it has in the item: maps keep their shape, the elements taken of a
    /// list stand next to each other in their order, and what has nothing in it is left out.
    func part(of item: Item) -> Item {
        var part: Item = [:]
        for (name, node) in roots {
            if let value = item[name], let found = Self.part(of: value, at: node) { part[name] = found }
        }
        return part
    }

    private static func part(of value: AttributeValue, at node: Node) -> AttributeValue? {
        guard case .branch(let wantedMembers, let wantedElements) = node else { return value }
        switch value {
        case .map(let members):
            var part: [Text: AttributeValue] = [:]
            for (name, node) in wantedMembers {
                if let member = members[name], let found = Self.part(of: member, at: node) { part[name] = found }
            }
            return part.isEmpty ? nil : .map(part)
        case .list(let elements):
            var part: [AttributeValue] = []
            for (index, node) in wantedElements.sorted(by: { $0.key < $1.key }) where index < elements.count {
                if let found = Self.part(of: elements[index], at: node) { part.append(found) }
            }
            return part.isEmpty ? nil : .list(part)
        default: return nil
        }
    }
}
