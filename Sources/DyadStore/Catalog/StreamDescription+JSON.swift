import DyadModel

// What the store keeps of a stream. Members are only ever added: a record of an older version lacks them.

extension StreamDescription {
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("table", table)
            writer.member("label", label)
            writer.member("view", view.rawValue)
            writer.member("key") { writer in
                writer.array { writer in
                    for attribute in key.attributes {
                        writer.object {
                            $0.member("name", attribute.name.string)
                            $0.member("type", attribute.type.rawValue)
                        }
                    }
                }
            }
            writer.member("createdAt", Int(createdAt.milliseconds))
            writer.member("disabledAt", disabledAt.map { Int($0.milliseconds) })
            writer.member("dueAt", dueAt.map { Int($0.milliseconds) })
            writer.member("shards") { writer in
                writer.array { writer in
                    for shard in shards {
                        writer.object {
                            $0.member("number", Int(shard.number))
                            $0.member("id", shard.id)
                            $0.member("parent", shard.parent)
                            if shard.range != .whole {
                                $0.member("firstHash", shard.range.firstText)
                                $0.member("lastHash", shard.range.lastText)
                            }
                            $0.member("openedAt", Int(shard.openedAt.milliseconds))
                            $0.member("closedAt", shard.closedAt.map { Int($0.milliseconds) })
                            $0.member("first", Int(shard.firstSequence))
                            $0.member("last", shard.lastSequence.map(Int.init))
                            $0.member("trimmedBefore", shard.trimmedBefore.map(Int.init))
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    /// Nil when the record is none of ours.
    package init?(json: [UInt8]) {
        guard let root = try? JSONDocument(parsing: json).root, let table = root["table"]?.string,
            let label = root["label"]?.string, let view = root["view"]?.string.flatMap(TableRecord.StreamView.init),
            let created = root["createdAt"]?.integer
        else { return nil }
        let attributes: [KeySchema.Attribute] =
            root["key"]?.elements.compactMap { node in
                guard let name = node["name"]?.string,
                    let type = node["type"]?.string.flatMap(KeySchema.AttributeType.init)
                else { return nil }
                return KeySchema.Attribute(Text(name), type)
            } ?? []
        let createdAt = Timestamp(milliseconds: Int64(created))
        let disabledAt = root["disabledAt"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        let shards: [Shard] =
            root["shards"]?.elements.compactMap { Shard(json: $0, of: createdAt, disabledAt) } ?? []
        self.init(
            table: table, label: label, view: view,
            key: KeySchema(partition: Array(attributes.prefix(1)), sort: Array(attributes.dropFirst())),
            createdAt: createdAt, shards: shards)
        dueAt = root["dueAt"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        self.disabledAt = disabledAt
    }
}

extension StreamDescription.Shard {
    /// In records of older versions a shard has neither range nor times: it is the stream's only one, and as old.
    fileprivate init?(json node: JSONNode, of createdAt: Timestamp, _ disabledAt: Timestamp?) {
        guard let number = node["number"]?.integer, let id = node["id"]?.string, let first = node["first"]?.integer
        else { return nil }
        func time(_ name: String) -> Timestamp? {
            node[name]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        }
        self.init(
            number: Int64(number), id: id, parent: node["parent"]?.string,
            range: HashRange(firstText: node["firstHash"]?.string, lastText: node["lastHash"]?.string) ?? .whole,
            openedAt: time("openedAt") ?? createdAt, firstSequence: Int64(first))
        if let last = node["last"]?.integer {
            close(at: time("closedAt") ?? disabledAt ?? createdAt, lastSequence: Int64(last))
        }
        trimmedBefore = node["trimmedBefore"]?.integer.map(Int64.init)
    }
}
