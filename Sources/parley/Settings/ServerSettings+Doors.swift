import ParleyServer
import ParleyTransport

extension ServerSettings {
    /// TLS, if both files are named and can be used.
    static func certificates(_ settings: SettingsReader) throws -> ServerCertificates? {
        func path(_ setting: Setting) throws -> String? { try settings.value(setting) { $0.isEmpty ? nil : $0 } }
        let certificate = try path(.tlsCertificate)
        let key = try path(.tlsKey)
        let operators = try path(.adminCA)
        switch (certificate, key) {
        case (nil, nil):
            if let operators { throw SettingError(.adminCA, value: operators, source: "alone") }
            return nil
        case (let certificate?, nil): throw SettingError(.tlsCertificate, value: certificate, source: "alone")
        case (nil, let key?): throw SettingError(.tlsKey, value: key, source: "alone")
        case (let certificate?, let key?):
            do throws(CertificateProblem) {
                return try ServerCertificates(
                    files: CertificateFiles(certificate: certificate, key: key, operators: operators)
                )
            } catch {
                throw SettingError(error.description)
            }
        }
    }

    static func allowedOrigins(_ settings: SettingsReader, max: Int) throws -> [AllowedOrigin] {
        let origins = try settings.values(.allowedOrigin) { AllowedOrigin($0) } ?? []
        guard origins.count <= max else {
            throw SettingError(.allowedOrigin, value: "\(origins.count) origins", source: "all of them")
        }
        return origins
    }

    static func proxies(_ settings: SettingsReader, max: Int) throws -> TrustedProxies {
        let lists = try settings.values(.behindProxy) { text -> [AddressRange]? in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let ranges = parts.compactMap { AddressRange($0) }
            return ranges.count == parts.count ? ranges : nil
        }
        let ranges = (lists ?? []).flatMap { $0 }
        guard ranges.count <= max else {
            throw SettingError(.behindProxy, value: "\(ranges.count) ranges", source: "all of them")
        }
        return TrustedProxies(ranges)
    }

    /// Other machines may reach the port only if they have to say who they are, and nobody in between can read that.
    static func refusePublicAddress(_ server: ServerConfiguration) throws {
        guard !ServerConfiguration.isLoopback(host: server.host) else { return }
        var missing: [String] = []
        if !server.isGuarded {
            missing.append(
                """
                no authentication is configured, so that anybody could create and enter rooms; say whose tokens are \
                believed (PARLEY_TOKEN_SECRET, --token-key or --token-jwks), or who is asked (--auth-webhook)
                """
            )
        }
        if server.certificates == nil, server.proxies.ranges.isEmpty {
            missing.append(
                """
                nothing encrypts what is said; give a certificate (--tls-certificate FILE --tls-key FILE), or name the \
                proxy that has one (--behind-proxy ADDRESS)
                """
            )
        }
        guard !missing.isEmpty else { return }
        throw SettingError(
            """
            The setting host (\(server.host)) is an address that other machines can reach, but \
            \(missing.joined(separator: ", and ")). Without that it serves this machine only: listen on 127.0.0.1, \
            ::1 or localhost. To try it from another machine, forward the port: ssh -L 8080:127.0.0.1:8080 HOST
            """
        )
    }
}
