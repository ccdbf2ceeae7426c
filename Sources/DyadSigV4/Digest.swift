import CCrypto

/// SHA-256 and its HMAC, as libcrypto computes them.
enum Digest {
    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        let digest = [UInt8](unsafeUninitializedCapacity: 32) { out, count in
            count = dyad_sha256(bytes, bytes.count, out.baseAddress) == 1 ? 32 : 0
        }
        precondition(digest.count == 32, "libcrypto has no SHA-256")
        return digest
    }

    static func hmac(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        let code = [UInt8](unsafeUninitializedCapacity: 32) { out, count in
            count = dyad_hmac_sha256(key, key.count, bytes, bytes.count, out.baseAddress) == 1 ? 32 : 0
        }
        precondition(code.count == 32, "libcrypto has no HMAC-SHA-256")
        return code
    }

    /// Two lowercase digits a byte.
    static func hex(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { out in
            for (index, byte) in bytes.enumerated() {
                out[index * 2] = Percent.lowercaseDigit(byte >> 4)
                out[index * 2 + 1] = Percent.lowercaseDigit(byte & 0x0F)
            }
            return bytes.count * 2
        }
    }

    /// Compares in a time that does not tell how much of a guess was right.
    static func equal(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
