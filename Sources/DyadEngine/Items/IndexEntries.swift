package import DyadModel
package import DyadStore

/// The row that an item has in an index.
package struct IndexEntry: Sendable, Equatable {
    package let key: StorageKey
    /// What the index projects of the item.
    package let item: SizedItem
}

extension IndexRecord {
    /// The row that `item` has in this index, `tableKey` being its key in the table.
    ///
    /// Nil when it has none, and so the index stays sparse: an attribute of the index's key is missing, of another type,
    /// empty or too long. A write of such an item is refused; a backfill passes it over.
    package func entry(for item: SizedItem, at tableKey: StorageKey) -> IndexEntry? {
        guard let partition = components(of: item.bytes, key.partition, bytesMax: KeyLimits.partitionBytesMax),
            let sort = components(of: item.bytes, key.sort, bytesMax: KeyLimits.sortBytesMax)
        else { return nil }
        var entryKey = StorageKey(space: space, partition: partition[...], sort: sort[...])
        entryKey.append(tableKey: tableKey)
        return IndexEntry(key: entryKey, item: projected(item))
    }

    private func components(
        of item: ItemBytes, _ attributes: [KeySchema.Attribute], bytesMax: Int
    ) -> [KeyComponent]? {
        var components: [KeyComponent] = []
        for attribute in attributes {
            guard let value = item.rawValue(named: attribute.name),
                let component = KeyComponent(canonical: value, type: attribute.type),
                !component.bytes.isEmpty
            else { return nil }
            components.append(component)
        }
        return KeyLimits.fits(components, bytesMax) ? components : nil
    }

    private func projected(_ item: SizedItem) -> SizedItem {
        if case .all = projection { return item }
        let bytes = item.bytes.picking(projects)
        return SizedItem(bytes: bytes, size: bytes.decoded().size)
    }
}
