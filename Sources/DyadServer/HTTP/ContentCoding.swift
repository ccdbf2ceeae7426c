import CZlib

/// How a body is compressed on its way: `Content-Encoding`'s names for zlib's formats (RFC 9110, section 8.4.1).
///
/// AWS knows both, in either direction (ScyllaDB's test/alternator/test_compressed_request.py and
/// test_compressed_response.py, recorded from AWS in 2025 and 2026).
enum ContentCoding: String, Sendable {
    case gzip
    case deflate

    /// Why a body cannot be decoded.
    enum Fault: Error {
        /// It is not whole, or nothing of that coding.
        case broken
        /// It would be larger than allowed.
        case tooLarge
    }

    /// Nil for a coding that AWS does not know; of the name alone, letters in any case.
    init?(contentEncoding name: String) { self.init(rawValue: name.lowercased()) }

    /// zlib's number for the format, with the largest window.
    private var windowBits: Int32 {
        switch self {
        case .gzip: MAX_WBITS + 16
        case .deflate: MAX_WBITS
        }
    }

    private static let streamBytes = Int32(MemoryLayout<z_stream>.size)

    // MARK: Decoding

    /// Bytes that are expanded at a time: what is too large is given up this much behind the limit at most.
    private static let stepBytes = 64 << 10

    /// The text that `bytes` stand for.
    ///
    /// Members of gzip in a row are one text (RFC 1952, section 2.2). What else comes behind the end is ignored, as AWS
    /// does.
    ///
    /// - Parameter limit: bytes of the text at most.
    func decode(_ bytes: [UInt8], limit: Int) throws(Fault) -> [UInt8] {
        let result = bytes.withUnsafeBufferPointer { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.stepBytes) { step in
                expand(bytes, by: step, limit: limit)
            }
        }
        return try result.get()
    }

    private func expand(
        _ bytes: UnsafeBufferPointer<UInt8>, by step: UnsafeMutableBufferPointer<UInt8>, limit: Int
    ) -> Result<[UInt8], Fault> {
        var stream = z_stream()
        // zlib keeps the stream's address: it must not move between its calls.
        return withUnsafeMutablePointer(to: &stream) { stream in
            guard inflateInit2_(stream, windowBits, ZLIB_VERSION, Self.streamBytes) == Z_OK else {
                return .failure(.broken)
            }
            defer { inflateEnd(stream) }
            stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
            stream.pointee.avail_in = uInt(bytes.count)
            var text: [UInt8] = []
            while true {
                stream.pointee.next_out = step.baseAddress
                stream.pointee.avail_out = uInt(step.count)
                let code = inflate(stream, Z_NO_FLUSH)
                let made = step.count - Int(stream.pointee.avail_out)
                guard text.count + made <= limit else { return .failure(.tooLarge) }
                text += step[..<made]
                switch code {
                case Z_OK: continue
                case Z_STREAM_END:
                    guard self == .gzip, Self.beginsMember(stream.pointee), inflateReset(stream) == Z_OK else {
                        return .success(text)
                    }
                default: return .failure(.broken)
                }
            }
        }
    }

    /// True when another member of gzip comes next: its head is ten bytes, of which the first three are always the same.
    private static func beginsMember(_ stream: z_stream) -> Bool {
        guard stream.avail_in >= 10, let next = stream.next_in else { return false }
        return next[0] == 0x1F && next[1] == 0x8B && next[2] == 8
    }

    // MARK: Encoding

    /// The bytes that stand for `text`; nil when zlib finds no memory.
    ///
    /// At zlib's fastest level, since both ends are mostly on one machine.
    func encode(_ text: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        return withUnsafeMutablePointer(to: &stream) { stream in
            let strategy = Z_DEFAULT_STRATEGY
            let memory: Int32 = 8
            guard
                deflateInit2_(
                    stream, Z_BEST_SPEED, Z_DEFLATED, windowBits, memory, strategy, ZLIB_VERSION, Self.streamBytes)
                    == Z_OK
            else { return nil }
            defer { deflateEnd(stream) }
            var isWhole = false
            let bytes = text.withUnsafeBufferPointer { text in
                let bound = Int(deflateBound(stream, uLong(text.count)))
                return [UInt8](unsafeUninitializedCapacity: bound) { bytes, count in
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: text.baseAddress)
                    stream.pointee.avail_in = uInt(text.count)
                    stream.pointee.next_out = bytes.baseAddress
                    stream.pointee.avail_out = uInt(bound)
                    isWhole = CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END
                    count = isWhole ? bound - Int(stream.pointee.avail_out) : 0
                }
            }
            return isWhole ? bytes : nil
        }
    }
}
