import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import ParleyProtocol

/// Asks vendors over the network.
package struct VendorClient: VendorHTTP {
    private let client: HTTPClient

    /// A longer answer is none.
    private static let answerBytesMax = 65_536
    /// For everything that one vendor is asked.
    package static let patience = Duration.seconds(2)

    package init() {
        var configuration = HTTPClient.Configuration()
        // A secret goes to nobody but whom the operator has named.
        configuration.redirectConfiguration = .disallow
        self.client = HTTPClient(configuration: configuration)
    }

    package func shutdown() async { try? await self.client.shutdown() }

    package func send(_ request: VendorRequest) async throws(TurnVendorError) -> JSONValue {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = .init(rawValue: request.method)
        for (name, value) in request.headers.sorted(by: { $0.key < $1.key }) {
            outgoing.headers.add(name: name, value: value)
        }
        outgoing.headers.add(name: "accept", value: "application/json")
        if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        let bytes: ByteBuffer
        do {
            let response = try await self.client.execute(outgoing, timeout: .seconds(2))
            guard (200..<300).contains(response.status.code) else {
                throw TurnVendorError.refused(Int(response.status.code))
            }
            bytes = try await response.body.collect(upTo: Self.answerBytesMax)
        } catch {
            throw Self.fault(error)
        }
        do throws(JSONError) {
            return try JSONParser.parse(Array(bytes.readableBytesView))
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
    /// An answer within ``VendorClient/patience``, or none.
    package func lendInTime(
        forSeconds seconds: Int,
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
                try? await Task.sleep(for: VendorClient.patience)
                return .failure(.timeout)
            }
            let first = await tasks.next() ?? .failure(.timeout)
            tasks.cancelAll()
            return first
        }
    }
}
