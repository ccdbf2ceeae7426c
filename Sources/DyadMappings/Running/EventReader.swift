package import DyadModel
package import DyadReplicator

/// Makes the event that a function gets of a record that GetRecords tells, and sees whether it is wanted.
package struct EventReader: Sendable {
    let streamARN: String
    let partitionKey: Text
    let filters: FilterCriteria

    package init(streamARN: String, partitionKey: Text, filters: FilterCriteria) {
        self.streamARN = streamARN
        self.partitionKey = partitionKey
        self.filters = filters
    }

    /// - Parameter node: an element of GetRecords' `Records`.
    package func record(_ node: JSONNode) throws(PortError) -> StreamRecord {
        guard let body = node["dynamodb"], let number = body["SequenceNumber"]?.string.flatMap(SequenceNumber.init),
            let keys = body["Keys"]
        else { throw PortError(.unavailable, "a record is not what it should be") }
        let key: ItemBytes
        do { key = try ItemBytes(parsing: keys) } catch {
            throw PortError(.fatal, "the record with sequence number \(number) has no key: \(error.message ?? "")")
        }
        let event = event(node)
        var isWanted = true
        if !filters.patterns.isEmpty {
            guard let root = try? JSONDocument(parsing: event).root else {
                throw PortError(.unavailable, "a record is not what it should be")
            }
            isWanted = filters.lets(root)
        }
        let change: ItemChange = node["eventName"]?.string == "REMOVE" ? .delete : .put(.empty)
        let order = key.picking { $0 == partitionKey }
        return StreamRecord(
            number, key: order.isEmpty ? key : order, change, createdAt: creation(body),
            event: isWanted ? StreamEvent(event) : .unwanted)
    }

    /// In the order in which AWS writes it. The members of `userIdentity` begin with small letters there, and the stream
    /// itself stands in it.
    private func event(_ node: JSONNode) -> [UInt8] {
        var json = JSONWriter(capacity: node.raw.count + streamARN.utf8.count + 32)
        json.object { json in
            for (name, value) in node.members {
                json.key(name)
                if name == "userIdentity" {
                    json.object {
                        $0.member("type", (value["Type"] ?? value["type"])?.string)
                        $0.member("principalId", (value["PrincipalId"] ?? value["principalId"])?.string)
                    }
                } else {
                    json.splice(value.raw)
                }
            }
            json.member("eventSourceARN", streamARN)
        }
        return json.bytes
    }

    /// Seconds since 1970, with or without a fraction.
    private func creation(_ body: JSONNode) -> Timestamp {
        let seconds = body["ApproximateCreationDateTime"].flatMap { Double(String(decoding: $0.raw, as: UTF8.self)) }
        guard let seconds, abs(seconds) < 1e12 else { return Timestamp(milliseconds: 0) }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }

    /// What a function is invoked with.
    static func payload(of events: [[UInt8]]) -> [UInt8] {
        var payload = Array(#"{"Records":["#.utf8)
        payload.reserveCapacity(events.reduce(16) { $0 + $1.count + 1 })
        for (place, event) in events.enumerated() {
            if place > 0 { payload.append(UInt8(ascii: ",")) }
            payload += event
        }
        payload += "]}".utf8
        return payload
    }
}
