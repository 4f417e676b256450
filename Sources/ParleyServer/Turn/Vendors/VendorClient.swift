import AsyncHTTPClient
import NIOCore
package import ParleyProtocol

/// Asks vendors over the network.
package struct VendorClient: VendorHTTP {
    private let client: OutboundClient
    private let limits: Limits

    package init(limits: Limits = Limits()) {
        // Not that of the keys: whoever vouches for a login service need not vouch for a vendor.
        self.client = OutboundClient()
        self.limits = limits
    }

    package func shutdown() async { try? await self.client.end() }

    package func send(_ request: VendorRequest) async throws(TurnVendorError) -> JSONValue {
        let headers = request.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let bytes: [UInt8]
        do {
            let (status, body) = try await self.client.ask(
                request.url,
                method: request.method,
                headers: headers + [("accept", "application/json")],
                body: request.body,
                bytesMax: self.limits.vendorAnswerBytesMax,
                timeoutMilliseconds: self.limits.vendorMilliseconds
            )
            guard (200..<300).contains(status) else { throw TurnVendorError.refused(status) }
            bytes = body
        } catch {
            throw Self.fault(error)
        }
        do throws(JSONError) {
            return try JSONParser.parse(bytes)
        } catch {
            throw .malformed
        }
    }

    /// Errors of the library may show the address, which may have a key in it: only their kind is told.
    private static func fault(_ error: any Error) -> TurnVendorError {
        if let known = error as? TurnVendorError { return known }
        if let known = error as? HTTPClientError {
            let isLate = [.deadlineExceeded, .connectTimeout, .readTimeout].contains(known)
            return isLate ? .timeout : .unreachable(known.shortDescription)
        }
        if error is CancellationError { return .timeout }
        return error is NIOTooManyBytesError ? .malformed : .unreachable("\(type(of: error))")
    }
}

extension TurnVendor {
    /// An answer in time, or none: a vendor may be asked more than once.
    package func lendInTime(
        forSeconds seconds: Int,
        withinMilliseconds milliseconds: Int = Limits().vendorMilliseconds,
        by http: any VendorHTTP
    ) async -> Result<VendorGrant, TurnVendorError> {
        await withTaskGroup(of: Result<VendorGrant, TurnVendorError>.self) { tasks in
            tasks.addTask {
                do throws(TurnVendorError) {
                    return .success(try await self.lend(forSeconds: seconds, by: http))
                } catch {
                    return .failure(error)
                }
            }
            tasks.addTask {
                try? await Task.sleep(for: .milliseconds(milliseconds))
                return .failure(.timeout)
            }
            let first = await tasks.next() ?? .failure(.timeout)
            tasks.cancelAll()
            return first
        }
    }
}
