import HTTPTypes

/// What every page of the server tells the browser: nothing from anywhere else, in nobody's frame.
enum SiteHeaders {
    static let all: HTTPFields = {
        var fields = HTTPFields()
        fields[.contentSecurityPolicy] =
            "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
            + "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        fields[.xContentTypeOptions] = "nosniff"
        if let referrer = HTTPField.Name("Referrer-Policy") { fields[referrer] = "no-referrer" }
        if let permissions = HTTPField.Name("Permissions-Policy") {
            fields[permissions] = "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
        }
        return fields
    }()

    /// A browser that came by TLS never comes without it again (RFC 6797), for a year from now.
    ///
    /// Not to this machine by its own names: those are shared by whatever else a developer runs there.
    static func insistOnTLS(in fields: inout HTTPFields, host: String?) {
        guard let host, !ServerConfiguration.isLoopback(host: ConnectionAccess.hostName(ofAuthority: host)) else {
            return
        }
        fields[.strictTransportSecurity] = "max-age=31536000"
    }
}
