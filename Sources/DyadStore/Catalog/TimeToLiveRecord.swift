package import DyadModel

extension TableRecord {
    /// What is known of a table's time to live, once it was ever switched on.
    package struct TimeToLive: Sendable, Equatable {
        /// The rows that say when each item expires; nil while time to live is off.
        package var index: Index?
        /// The spaces of indexes that were switched off and are yet to be cleared.
        package var retired: [SpaceID] = []
        /// When it was last switched on or off.
        package var changedAt: Timestamp
        /// When there is next something to fill, to clear or to delete.
        package var dueAt: Timestamp?

        package init(changedAt: Timestamp) { self.changedAt = changedAt }

        /// A hidden index in the order of expiry: its rows' keys are the second and the item's key in the table.
        package struct Index: Sendable, Equatable {
            package var attribute: Text
            package var space: SpaceID
            /// The key of the last row of the table that is in the index; nil when all are.
            package var backfilledUpTo: [UInt8]?

            package init(attribute: Text, space: SpaceID, backfilledUpTo: [UInt8]?) {
                self.attribute = attribute
                self.space = space
                self.backfilledUpTo = backfilledUpTo
            }
        }

        /// All spaces that hold rows of it.
        package var spaces: [SpaceID] { (index.map { [$0.space] } ?? []) + retired }
    }
}

extension TableRecord.TimeToLive {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("changedAt", Int(changedAt.milliseconds))
            writer.member("dueAt", dueAt.map { Int($0.milliseconds) })
            if let index {
                writer.member("attribute", index.attribute.string)
                writer.member("space", Int(index.space.rawValue))
                if let cursor = index.backfilledUpTo {
                    var encoded: [UInt8] = []
                    Base64.encode(cursor, into: &encoded)
                    writer.member("backfilledUpTo", String(decoding: encoded, as: UTF8.self))
                }
            }
            writer.member("retired") {
                $0.array { writer in for space in retired { writer.integer(Int(space.rawValue)) } }
            }
        }
    }

    init?(json: JSONNode?) {
        guard let json, let changedAt = json["changedAt"]?.integer else { return nil }
        self.init(changedAt: Timestamp(milliseconds: Int64(changedAt)))
        dueAt = json["dueAt"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        retired = json["retired"]?.elements.compactMap { $0.integer.map { SpaceID(rawValue: UInt32($0)) } } ?? []
        if let attribute = json["attribute"]?.string, let space = json["space"]?.integer {
            index = Index(
                attribute: Text(attribute), space: SpaceID(rawValue: UInt32(space)),
                backfilledUpTo: json["backfilledUpTo"]?.string.flatMap { Base64.decode(Array($0.utf8)) })
        }
    }
}
