import NIOSSL

/// Whom to trust instead of the system's authorities.
package struct CertificateAuthorities: Sendable {
    let certificates: [NIOSSLCertificate]

    /// What `AWS_CA_BUNDLE` or the profile's `ca_bundle` names; nil when neither does.
    ///
    /// - Throws: `ConfigurationError` for a file that cannot be read or holds no certificate.
    init?(_ surroundings: Surroundings, _ settings: SharedConfiguration.Profile?) throws(ConfigurationError) {
        let variable = surroundings["AWS_CA_BUNDLE"]
        guard let path = variable ?? settings?["ca_bundle"], !path.isEmpty else { return nil }
        let place = variable == nil ? "the profile's ca_bundle" : "AWS_CA_BUNDLE"
        guard let pem = surroundings.file(path) else {
            throw ConfigurationError("cannot read \(path), which \(place) names")
        }
        let found = try? NIOSSLCertificate.fromPEMBytes(pem)
        guard let found, !found.isEmpty else {
            throw ConfigurationError("\(path), which \(place) names, holds no certificates in PEM form")
        }
        certificates = found
    }
}
