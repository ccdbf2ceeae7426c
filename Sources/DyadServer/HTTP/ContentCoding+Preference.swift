extension ContentCoding {
    /// The coding of an answer to who sent this `Accept-Encoding`; nil for none.
    ///
    /// The greatest weight wins, of equal ones what stands first; what `*` stands for comes behind what is named, and is
    /// gzip unless that is named itself. `identity` says nothing. All of it as ScyllaDB's
    /// test/alternator/test_compressed_response.py recorded AWS's answers, malformed headers too.
    static func preferred(by header: String) -> ContentCoding? {
        var best: (coding: ContentCoding, weight: Double)?
        var isNamed = (gzip: false, deflate: false)
        var others = 0.0
        for element in header.utf8.split(separator: UInt8(ascii: ",")) {
            let name = element.prefix { $0 != UInt8(ascii: ";") }
            let weight = weight(element[name.endIndex...].dropFirst())
            guard let coding = ContentCoding(contentEncoding: String(Substring(trimmed(name)))) else {
                if trimmed(name).elementsEqual("*".utf8) { others = max(others, weight) }
                continue
            }
            switch coding {
            case .gzip: isNamed.gzip = true
            case .deflate: isNamed.deflate = true
            }
            if weight > best?.weight ?? 0 { best = (coding, weight) }
        }
        let other: ContentCoding? = !isNamed.gzip ? .gzip : !isNamed.deflate ? .deflate : nil
        if let other, others > best?.weight ?? 0 { return other }
        return best?.coding
    }

    /// The weight in an element's parameters, of which only the first counts: 1 when it is absent or not readable, 0 when
    /// there is a parameter of another name.
    private static func weight(_ parameters: Substring.UTF8View) -> Double {
        let first = trimmed(parameters.prefix { $0 != UInt8(ascii: ";") })
        guard let letter = first.first else { return 1 }
        guard letter == UInt8(ascii: "q") || letter == UInt8(ascii: "Q") else { return 0 }
        let rest = first.dropFirst()
        guard rest.first == UInt8(ascii: "=") else { return 1 }
        let digits = trimmed(rest.dropFirst())
        let isNumber = digits.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isNumber, let weight = Double(String(Substring(digits))) else { return 1 }
        return min(weight, 1)
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return rest
    }
}
