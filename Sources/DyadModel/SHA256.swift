import CCrypto

/// The 32 bytes of a SHA-256 digest.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { out, count in
        count = dyad_sha256(bytes, bytes.count, out.baseAddress) == 1 ? 32 : 0
    }
    // SHA-256 is missing only from a libcrypto that was configured without it.
    precondition(digest.count == 32, "libcrypto has no SHA-256")
    return digest
}
