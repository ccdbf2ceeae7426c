import DyadModel

/// The items of a page as they will leave: the beginning of the answer's body, which is grown and never copied.
struct PageItems: Sendable {
    private var bytes: [UInt8] = []
    private var count = 0

    private static let opening: StaticString = "{\"Items\":["

    /// Up to here room is doubled, as arrays do; what needs more is likely a whole page.
    private static let smallBytes = 64 << 10
    /// Room for a page of small items, whose JSON is longer than their size.
    private static let pageBytes = PageReader.pageBytesMax * 5 / 4

    /// Adds an item that is JSON already.
    mutating func append(_ item: some Collection<UInt8>) {
        makeRoom(for: item.count + 1)
        if count > 0 { bytes.append(UInt8(ascii: ",")) }
        count += 1
        bytes += item
    }

    private mutating func makeRoom(for more: Int) {
        let needed = bytes.count + more
        guard needed > bytes.capacity else { return }
        if bytes.isEmpty {
            bytes.reserveCapacity(max(4 << 10, more + Self.opening.utf8CodeUnitCount))
            bytes += UnsafeBufferPointer(start: Self.opening.utf8Start, count: Self.opening.utf8CodeUnitCount)
        } else if needed > Self.smallBytes {
            bytes.reserveCapacity(max(needed, Self.pageBytes))
        }
    }

    /// Ends the answer, of which the items are the first member: `rest` adds the others.
    ///
    /// The items are gone after this.
    mutating func finish(_ rest: (inout JSONWriter) -> Void) -> [UInt8] {
        makeRoom(for: 512)
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        taken.append(UInt8(ascii: "]"))
        var json = JSONWriter(resumingObject: consume taken)
        rest(&json)
        json.closeObject()
        return json.bytes
    }
}
