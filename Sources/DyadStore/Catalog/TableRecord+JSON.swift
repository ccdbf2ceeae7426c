internal import DyadModel

// What the store keeps of a table. Members are only ever added: a record of an older version lacks them.

extension TableRecord {
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("name", name)
            writer.member("id", id)
            writer.member("space", Int(space.rawValue))
            writer.member("createdAt", Int(createdAt.milliseconds))
            writer.member("status", status.rawValue)
            writer.member("dueAt", dueAt.map { Int($0.milliseconds) })
            writer.member("updating", updating?.rawValue)
            writer.member("attributes") { $0.attributes(attributes) }
            writer.member("key") { $0.keySchema(key) }
            writer.member("billingMode", billingMode.rawValue)
            writer.member("payPerRequestAt", payPerRequestAt.map { Int($0.milliseconds) })
            writer.member("throughput") { $0.throughput(throughput) }
            if let pendingUnits { writer.member("pendingUnits") { $0.units(pendingUnits) } }
            if let warmUnits { writer.member("warmUnits") { $0.units(warmUnits) } }
            if let pendingWarm { writer.member("pendingWarm") { $0.pending(pendingWarm) } }
            if let onDemandLimits { writer.member("onDemandLimits") { $0.limits(onDemandLimits) } }
            writer.member("localIndexes") { $0.array { writer in for index in localIndexes { writer.index(index) } } }
            writer.member("globalIndexes") { $0.array { writer in for index in globalIndexes { writer.index(index) } } }
            if let stream {
                writer.member("stream") {
                    $0.object {
                        $0.member("label", stream.label)
                        $0.member("view", stream.view.rawValue)
                        stream.openShards.write(membersTo: &$0)
                    }
                }
            }
            writer.member("latestStreamLabel", latestStreamLabel)
            writer.member("isDeletionProtected", isDeletionProtected)
            writer.member("tableClass", tableClass)
            writer.member("tableClassAt", tableClassAt.map { Int($0.milliseconds) })
            writer.member("encryptionKeyARN", encryption?.keyARN)
            if let pendingEncryption {
                writer.member("pendingEncryption") {
                    $0.object {
                        $0.member("keyARN", pendingEncryption.value?.keyARN)
                        $0.member("dueAt", Int(pendingEncryption.dueAt.milliseconds))
                    }
                }
            }
            if let timeToLive { writer.member("timeToLive") { timeToLive.write(to: &$0) } }
            writer.member("tags") {
                $0.array { writer in
                    for tag in tags {
                        writer.object {
                            $0.member("key", tag.key)
                            $0.member("value", tag.value)
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    /// Nil when the record is none of ours.
    package init?(json: [UInt8]) {
        guard let root = try? JSONDocument(parsing: json).root, let name = root["name"]?.string,
            let id = root["id"]?.string, let space = SpaceID(root["space"]),
            let createdAt = Timestamp(root["createdAt"]),
            let status = root["status"]?.string.flatMap(Status.init),
            let key = root["key"].flatMap(KeySchema.init(json:))
        else { return nil }
        self.init(
            name: name, id: id, space: space, createdAt: createdAt,
            attributes: root["attributes"].map([KeySchema.Attribute].init(json:)) ?? [], key: key)
        self.status = status
        dueAt = Timestamp(root["dueAt"])
        updating = root["updating"]?.string.flatMap(UpdateKind.init)
        billingMode = root["billingMode"]?.string.flatMap(BillingMode.init) ?? .provisioned
        payPerRequestAt = Timestamp(root["payPerRequestAt"])
        throughput = Throughput(json: root["throughput"])
        pendingUnits = Units(json: root["pendingUnits"])
        warmUnits = Units(json: root["warmUnits"])
        pendingWarm = Pending(json: root["pendingWarm"])
        onDemandLimits = OnDemandLimits(json: root["onDemandLimits"])
        localIndexes =
            root["localIndexes"]?.elements.compactMap { IndexRecord(json: $0, isGlobal: false, tableKey: key) } ?? []
        globalIndexes =
            root["globalIndexes"]?.elements.compactMap { IndexRecord(json: $0, isGlobal: true, tableKey: key) } ?? []
        if let node = root["stream"], let label = node["label"]?.string,
            let view = node["view"]?.string.flatMap(StreamView.init), let shards = OpenShards(json: node)
        {
            stream = StreamRecord(label: label, view: view, openShards: shards)
        }
        latestStreamLabel = root["latestStreamLabel"]?.string
        isDeletionProtected = root["isDeletionProtected"]?.kind == .true
        tableClass = root["tableClass"]?.string
        tableClassAt = Timestamp(root["tableClassAt"])
        encryption = root["encryptionKeyARN"]?.string.map(Encryption.init)
        if let node = root["pendingEncryption"], let dueAt = Timestamp(node["dueAt"]) {
            pendingEncryption = Pending(node["keyARN"]?.string.map(Encryption.init), dueAt: dueAt)
        }
        timeToLive = TimeToLive(json: root["timeToLive"])
        tags =
            root["tags"]?.elements.compactMap { node in
                guard let key = node["key"]?.string, let value = node["value"]?.string else { return nil }
                return Tag(key: key, value: value)
            } ?? []
    }
}

extension JSONWriter {
    fileprivate mutating func attributes(_ attributes: [KeySchema.Attribute]) {
        array { writer in
            for attribute in attributes {
                writer.object {
                    $0.member("name", attribute.name.string)
                    $0.member("type", attribute.type.rawValue)
                }
            }
        }
    }

    fileprivate mutating func keySchema(_ key: KeySchema) {
        object {
            $0.member("partition") { $0.attributes(key.partition) }
            $0.member("sort") { $0.attributes(key.sort) }
        }
    }

    fileprivate mutating func throughput(_ throughput: TableRecord.Throughput) {
        object {
            $0.member("readUnits", throughput.readUnits)
            $0.member("writeUnits", throughput.writeUnits)
            $0.member("increasedAt", throughput.increasedAt.map { Int($0.milliseconds) })
            $0.member("decreasedAt", throughput.decreasedAt.map { Int($0.milliseconds) })
            $0.member("decreasesToday", throughput.decreasesToday)
        }
    }

    fileprivate mutating func units(_ units: TableRecord.Units) {
        object {
            $0.member("read", units.read)
            $0.member("write", units.write)
        }
    }

    fileprivate mutating func pending(_ units: TableRecord.Pending<TableRecord.Units>) {
        object {
            $0.member("read", units.value.read)
            $0.member("write", units.value.write)
            $0.member("dueAt", Int(units.dueAt.milliseconds))
        }
    }

    fileprivate mutating func limits(_ limits: TableRecord.OnDemandLimits) {
        object {
            $0.member("readUnits", limits.readUnits)
            $0.member("writeUnits", limits.writeUnits)
        }
    }

    fileprivate mutating func index(_ index: IndexRecord) {
        object {
            $0.member("name", index.name)
            $0.member("space", Int(index.space.rawValue))
            $0.member("key") { $0.keySchema(index.key) }
            switch index.projection {
            case .all: $0.member("projection", "ALL")
            case .keysOnly: $0.member("projection", "KEYS_ONLY")
            case .include(let names):
                $0.member("include") { $0.array { writer in for name in names { writer.string(name.string) } } }
            }
            $0.member("throughput") { $0.throughput(index.throughput) }
            if let units = index.pendingUnits { $0.member("pendingUnits") { $0.units(units) } }
            if let units = index.warmUnits { $0.member("warmUnits") { $0.units(units) } }
            if let units = index.pendingWarm { $0.member("pendingWarm") { $0.pending(units) } }
            if let limits = index.onDemandLimits { $0.member("onDemandLimits") { $0.limits(limits) } }
            $0.member("status", index.status.rawValue)
            $0.member("dueAt", index.dueAt.map { Int($0.milliseconds) })
            if let cursor = index.backfilledUpTo {
                var encoded: [UInt8] = []
                Base64.encode(cursor, into: &encoded)
                $0.member("backfilledUpTo", String(decoding: encoded, as: UTF8.self))
            }
        }
    }
}

extension Timestamp {
    fileprivate init?(_ node: JSONNode?) {
        guard let milliseconds = node?.integer else { return nil }
        self.init(milliseconds: Int64(milliseconds))
    }
}

extension SpaceID {
    fileprivate init?(_ node: JSONNode?) {
        guard let value = node?.integer, let space = UInt32(exactly: value) else { return nil }
        self.init(rawValue: space)
    }
}

extension [KeySchema.Attribute] {
    fileprivate init(json: JSONNode) {
        self = json.elements.compactMap { node in
            guard let name = node["name"]?.string, let type = node["type"]?.string.flatMap(KeySchema.AttributeType.init)
            else { return nil }
            return KeySchema.Attribute(Text(name), type)
        }
    }
}

extension KeySchema {
    fileprivate init?(json: JSONNode) {
        guard let partition = json["partition"], let sort = json["sort"] else { return nil }
        self.init(partition: [Attribute](json: partition), sort: [Attribute](json: sort))
    }
}

extension TableRecord.Throughput {
    fileprivate init(json: JSONNode?) {
        self.init(readUnits: json?["readUnits"]?.integer ?? 0, writeUnits: json?["writeUnits"]?.integer ?? 0)
        increasedAt = Timestamp(json?["increasedAt"])
        decreasedAt = Timestamp(json?["decreasedAt"])
        decreasesToday = json?["decreasesToday"]?.integer ?? 0
    }
}

extension TableRecord.Units {
    fileprivate init?(json: JSONNode?) {
        guard let read = json?["read"]?.integer, let write = json?["write"]?.integer else { return nil }
        self.init(read: read, write: write)
    }
}

extension TableRecord.Pending where Value == TableRecord.Units {
    fileprivate init?(json: JSONNode?) {
        guard let units = TableRecord.Units(json: json), let dueAt = Timestamp(json?["dueAt"]) else { return nil }
        self.init(units, dueAt: dueAt)
    }
}

extension TableRecord.OnDemandLimits {
    fileprivate init?(json: JSONNode?) {
        guard let json else { return nil }
        self.init(readUnits: json["readUnits"]?.integer, writeUnits: json["writeUnits"]?.integer)
    }
}

extension IndexRecord {
    fileprivate init?(json: JSONNode, isGlobal: Bool, tableKey: KeySchema) {
        guard let name = json["name"]?.string, let space = SpaceID(json["space"]),
            let key = json["key"].flatMap(KeySchema.init(json:)),
            let status = json["status"]?.string.flatMap(TableRecord.Status.init)
        else { return nil }
        let projection: Projection =
            if let names = json["include"] {
                .include(names.elements.compactMap { $0.string.map { Text($0) } })
            } else {
                json["projection"]?.string == "ALL" ? .all : .keysOnly
            }
        self.init(name: name, isGlobal: isGlobal, space: space, key: key, tableKey: tableKey, projection: projection)
        throughput = TableRecord.Throughput(json: json["throughput"])
        pendingUnits = TableRecord.Units(json: json["pendingUnits"])
        warmUnits = TableRecord.Units(json: json["warmUnits"])
        pendingWarm = TableRecord.Pending(json: json["pendingWarm"])
        onDemandLimits = TableRecord.OnDemandLimits(json: json["onDemandLimits"])
        self.status = status
        dueAt = Timestamp(json["dueAt"])
        backfilledUpTo = json["backfilledUpTo"]?.string.flatMap { Base64.decode(Array($0.utf8)) }
    }
}
