import DyadModel

/// The parameters of a request of the Query protocol: `Action=CreateRole&Tags.member.1.Key=a`, in the form that is sent or
/// behind the path. The first of a name counts.
struct QueryParameters: Sendable {
    private var values: [String: String] = [:]

    init(_ request: ServiceRequest) {
        let query = request.target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        add(query)
        add(request.body)
    }

    private init(_ values: [String: String]) { self.values = values }

    private mutating func add(_ text: some Collection<UInt8>) {
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = FormEncoding.decode(pair[..<equals])
            guard values[name] == nil else { continue }
            values[name] = FormEncoding.decode(pair[equals...].dropFirst())
        }
    }

    subscript(_ name: String) -> String? { values[name] }

    /// The elements of a list of structures, in the order of their numbers: of `Tags`, the fields of each `Tags.member.N.`.
    func structures(_ list: String) -> [QueryParameters] {
        members(list).map { QueryParameters($0) }
    }

    /// The elements of a list of strings, in the order of their numbers.
    func strings(_ list: String) -> [String] { members(list).compactMap { $0[""] } }

    private func members(_ list: String) -> [[String: String]] {
        let prefix = "\(list).member."
        var members: [Int: [String: String]] = [:]
        for (name, value) in values where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            guard let number = Int(rest.prefix { $0 != "." }) else { continue }
            let field = rest.drop { $0 != "." }.dropFirst()
            members[number, default: [:]][String(field)] = value
        }
        return members.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// Percent-encoding, and the plus for a blank that forms have.
enum FormEncoding {
    static func decode(_ text: some Collection<UInt8>) -> String {
        var bytes: [UInt8] = []
        var digits: [UInt8] = []
        var isEscape = false
        for byte in text {
            if isEscape {
                digits.append(byte)
                guard digits.count == 2 else { continue }
                if let high = value(digits[0]), let low = value(digits[1]) {
                    bytes.append(high << 4 | low)
                } else {
                    bytes += [UInt8(ascii: "%")] + digits
                }
                (isEscape, digits) = (false, [])
            } else if byte == UInt8(ascii: "%") {
                isEscape = true
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        if isEscape { bytes += [UInt8(ascii: "%")] + digits }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// All but RFC 3986's unreserved characters escaped: how IAM answers policies.
    static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
