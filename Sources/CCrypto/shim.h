// The digests Dyad needs, over libcrypto's EVP interface.
//
// A fetched algorithm and one context a thread are kept: fetching anew costs more than hashing a key
// (EVP_MD_fetch, docs.openssl.org/3.0/man7/crypto/#performance).
#ifndef DYAD_CCRYPTO_H
#define DYAD_CCRYPTO_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>
#include <stdint.h>

/// Hashes `parts` one after the other. Returns 1, or 0 when libcrypto refuses the algorithm.
static inline int dyad_digest2(
    const EVP_MD *algorithm, const void *first, size_t first_count, const void *second, size_t second_count,
    uint8_t *out) {
    static __thread EVP_MD_CTX *context = NULL;
    if (context == NULL && (context = EVP_MD_CTX_new()) == NULL) return 0;
    return EVP_DigestInit_ex2(context, algorithm, NULL) && EVP_DigestUpdate(context, first, first_count) &&
           EVP_DigestUpdate(context, second, second_count) && EVP_DigestFinal_ex(context, out, NULL);
}

/// MD5 of `first` followed by `second`, 16 bytes to `out`.
static inline int dyad_md5(
    const void *first, size_t first_count, const void *second, size_t second_count, uint8_t *out) {
    static __thread EVP_MD *algorithm = NULL;
    if (algorithm == NULL && (algorithm = EVP_MD_fetch(NULL, "MD5", NULL)) == NULL) return 0;
    return dyad_digest2(algorithm, first, first_count, second, second_count, out);
}

/// SHA-256 of `bytes`, 32 bytes to `out`.
static inline int dyad_sha256(const void *bytes, size_t count, uint8_t *out) {
    static __thread EVP_MD *algorithm = NULL;
    if (algorithm == NULL && (algorithm = EVP_MD_fetch(NULL, "SHA256", NULL)) == NULL) return 0;
    return dyad_digest2(algorithm, bytes, count, NULL, 0, out);
}

/// HMAC-SHA-256 of `bytes` under `key`, 32 bytes to `out`.
static inline int dyad_hmac_sha256(
    const void *key, size_t key_count, const void *bytes, size_t count, uint8_t *out) {
    unsigned int written = 0;
    return HMAC(EVP_sha256(), key, (int)key_count, (const unsigned char *)bytes, count, out, &written) != NULL;
}

#endif
