extension JSONDocument {
    /// Where the names of an object's members lie on the tape, in the order of their bytes. Of equal names the last is
    /// kept, and members that are null are left out.
    ///
    /// - Parameter object: where the object lies.
    func sortedNames(of object: Int) -> [Int] {
        var names: [Int] = []
        names.reserveCapacity(8)
        var isSorted = true
        var at = object + 1
        let end = Int(tape[object].next)
        while at < end {
            if tape[at + 1].kind != .null {
                if isSorted, let last = names.last { isSorted = precedes(last, at) }
                names.append(at)
            }
            at = Int(tape[at + 1].next)
        }
        guard !isSorted else { return names }
        // Sorting is stable: equal names stay in the order in which they came.
        names.sort(by: precedes)
        var kept: [Int] = []
        kept.reserveCapacity(names.count)
        for name in names {
            if let last = kept.last, !precedes(last, name) { kept.removeLast() }
            kept.append(name)
        }
        return kept
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (tape[left], tape[right])
        guard !left.hasEscapes, !right.hasEscapes else {
            return text(of: left).utf8.lexicographicallyPrecedes(text(of: right).utf8)
        }
        let (start, other) = (Int(left.start), Int(right.start))
        let (count, otherCount) = (Int(left.end) - start, Int(right.end) - other)
        var offset = 0
        while offset < count, offset < otherCount {
            let (byte, otherByte) = (bytes[start + offset], bytes[other + offset])
            guard byte == otherByte else { return byte < otherByte }
            offset += 1
        }
        return count < otherCount
    }
}
