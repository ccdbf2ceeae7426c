import DyadModel
import Testing

@testable import DyadServer

@Suite struct ContentCodingTests {
    private let text = Array(String(repeating: "a body that says the same again, ", count: 5000).utf8)

    /// What ScyllaDB's test/alternator/test_compressed_response.py recorded from AWS; nil: the answer came plain.
    @Test(
        arguments: [
            ("identity", nil), ("", nil), ("br", nil), ("zstd", nil), ("compress", nil), ("x-gzip", nil),
            ("gzip", "gzip"), ("deflate", "deflate"), ("GZIP, identity", "gzip"), ("gzip, deflate", "gzip"),
            ("br, identity, deflate, gzip", "deflate"), ("dog, gzip ,, cat", "gzip"),
            ("gzip;q=0.8, deflate;q=0.5", "gzip"), ("br, gzip;q=0, deflate; q = 0.5 , identity;q=0", "deflate"),
            ("*", "gzip"), ("*, deflate;q=0.5", "gzip"), ("*, deflate", "deflate"), ("*, identity", "gzip"),
            ("*, gzip;q=0.5", "deflate"), ("gzip ;q=0", nil), ("identity;q=0", nil), ("*;q=0", nil),
            ("*;q=0.5,identity", "gzip"), ("gzip;q=0.5,identity;q=0.8", "gzip"),
            ("br;q=0.8,identity;q=0.5,*;q=0", nil), ("\"gzip\"", nil), ("gzip br", nil), ("gzip:q=1", nil),
            ("deflate;q=0.5, gzip;q=31", "gzip"), ("gzip;q=31,deflate;q=51", "gzip"),
            ("deflate;q=0.5, gzip;q=0.2", "deflate"), ("deflate;q=0.5, gzip;q=1;q=0.2", "gzip"),
            ("deflate;q=0.5,gzip;q=0.", "deflate"), ("deflate;q=0.5,gzip;q=0.x", "gzip"),
            ("deflate;q=0.5,gzip;q=0. x", "gzip"), ("deflate;q=-0.5,gzip;q=0.2", "gzip"),
            ("gzip;q= 0;q=1", nil), ("gzip;q =0;q=1", "gzip"), ("gzip; q=0;q=1", nil), ("gzip;nq=0;q=1", nil),
            ("gzip;nq=1;q=0 ", nil), ("gzip;q=0, gzip;q=1, gzip;q=0", "gzip"),
            ("br,identity;q=0.5,gzip;q=0.0001", "gzip"),
        ] as [(String, String?)])
    func `an answer's coding is chosen as AWS does`(_ header: String, _ coding: String?) {
        #expect(ContentCoding.preferred(by: header)?.rawValue == coding)
    }

    @Test(arguments: [
        ";", ",;,", "*;", "gzip;q=", "gzip;q", ";q=1", "gzip;q=..", "gzip;q=-", "\u{00}", "é;q=é", "=,;q*",
    ])
    func `no header does harm`(_ header: String) { _ = ContentCoding.preferred(by: header) }

    @Test(arguments: [ContentCoding.gzip, .deflate])
    func `what was encoded is decoded`(_ coding: ContentCoding) throws {
        for bytes in [[], [7], text] {
            let encoded = try #require(coding.encode(bytes))
            #expect(try coding.decode(encoded, limit: bytes.count) == bytes)
        }
        #expect(try #require(coding.encode(text)).count < text.count / 50)
    }

    @Test(arguments: [ContentCoding.gzip, .deflate])
    func `nothing short of the whole is decoded`(_ coding: ContentCoding) throws {
        let encoded = try #require(coding.encode(Array("{\"TableName\": \"t\"}".utf8)))
        for length in 0..<encoded.count {
            #expect(throws: ContentCoding.Fault.broken) {
                try coding.decode(Array(encoded.prefix(length)), limit: 100)
            }
        }
    }

    @Test func `members of gzip are one text`() throws {
        let whole = Array("{\"TableName\": \"t\"}".utf8)
        let members = try [whole[..<5], whole[5..<5], whole[5...]].map {
            try #require(ContentCoding.gzip.encode(Array($0)))
        }
        #expect(try ContentCoding.gzip.decode(members.flatMap { $0 }, limit: whole.count) == whole)
    }

    @Test func `of deflate only the first stream counts`() throws {
        let encoded = try #require(ContentCoding.deflate.encode([1, 2, 3]))
        #expect(try ContentCoding.deflate.decode(encoded + encoded, limit: 100) == [1, 2, 3])
    }

    @Test(arguments: [ContentCoding.gzip, .deflate])
    func `junk behind the end is ignored`(_ coding: ContentCoding) throws {
        let encoded = try #require(coding.encode([1, 2, 3]))
        for junk in ["junk", "\u{1f}", "more junk than a member's head has"] {
            #expect(try coding.decode(encoded + Array(junk.utf8), limit: 3) == [1, 2, 3])
        }
    }

    @Test func `a second member that is broken is not ignored`() throws {
        var encoded = try #require(ContentCoding.gzip.encode(text))
        let first = encoded
        // Its checksum stands in the eight bytes at its end.
        encoded[encoded.count - 8] ^= 0xFF
        #expect(throws: ContentCoding.Fault.broken) {
            try ContentCoding.gzip.decode(first + encoded, limit: 2 * text.count)
        }
    }

    @Test(arguments: [ContentCoding.gzip, .deflate])
    func `more than the limit is refused`(_ coding: ContentCoding) throws {
        let encoded = try #require(coding.encode([UInt8](repeating: 0, count: 1 << 20)))
        #expect(try coding.decode(encoded, limit: 1 << 20).count == 1 << 20)
        #expect(throws: ContentCoding.Fault.tooLarge) { try coding.decode(encoded, limit: 1 << 20 - 1) }
        #expect(throws: ContentCoding.Fault.tooLarge) {
            try ContentCoding.gzip.decode(
                Array(repeatElement(ContentCoding.gzip.encode([1]) ?? [], count: 9).joined()), limit: 8)
        }
    }

    @Test func `noise does no harm`() throws {
        var generator = SeededRandom(seed: 11)
        for coding in [ContentCoding.gzip, .deflate] {
            let encoded = try #require(coding.encode(Array(text.prefix(300))))
            for _ in 0..<2000 {
                var bytes = encoded
                for _ in 0..<3 {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                _ = try? coding.decode(bytes, limit: 400)
            }
        }
    }
}
