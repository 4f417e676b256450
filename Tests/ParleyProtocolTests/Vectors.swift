import Foundation
import ParleyProtocol

/// The golden vectors, which the Swift and the JavaScript tests read alike.
enum Vectors {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func read(_ name: String) throws -> [JSONValue] {
        let file = Self.root.appending(path: "Tests/Vectors/\(name).json")
        let value = try JSONParser.parse([UInt8](Data(contentsOf: file)), depthMax: 40)
        guard let vectors = value.array, !vectors.isEmpty else { throw VectorFault(name) }
        return vectors
    }

    static func messages(_ direction: String) throws -> [(name: String, message: JSONValue)] {
        try Self.read("messages").filter { $0["direction"]?.string == direction }.map { vector in
            (try vector.text("name"), try vector.member("message"))
        }
    }
}

struct VectorFault: Error {
    let what: String
    init(_ what: String) { self.what = what }
}

extension JSONValue {
    func member(_ name: String) throws -> JSONValue {
        guard let value = self[name] else { throw VectorFault("no \(name)") }
        return value
    }

    func text(_ name: String) throws -> String {
        guard let text = self[name]?.string else { throw VectorFault("no text \(name)") }
        return text
    }

    var text: String { String(decoding: self.encoded, as: UTF8.self) }
}

func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(text) }

/// The fault of a text that must not be JSON to us, `nil` if it is.
func fault(_ text: String, depthMax: Int = 32) -> JSONError.Fault? {
    fault(Array(text.utf8), depthMax: depthMax)
}

func fault(_ bytes: [UInt8], depthMax: Int = 32) -> JSONError.Fault? {
    do throws(JSONError) {
        _ = try JSONParser.parse(bytes, depthMax: depthMax)
        return nil
    } catch {
        return error.fault
    }
}

/// What the scanner says of a frame: its kind, or code and member of the fault.
enum Scanned: Equatable {
    case accepted(MessageKind)
    case refused(RejectionCode, member: String?)

    init(_ frame: [UInt8]) {
        self = frame.withUnsafeBytes { bytes in
            do throws(ScanFault) {
                return .accepted(try EnvelopeScanner.scan(bytes).kind)
            } catch {
                return .refused(error.code, member: error.member.map { "\($0.text)" })
            }
        }
    }

    init(_ frame: String) { self.init(Array(frame.utf8)) }
}

func read(_ frame: [UInt8]) throws -> ClientFrame {
    try frame.withUnsafeBytes { try ClientFrame.read($0) }
}

/// The refusal of a frame, `nil` if it is accepted.
func rejection(_ frame: [UInt8]) -> Rejection? {
    do {
        _ = try read(frame)
        return nil
    } catch let rejection as Rejection {
        return rejection
    } catch {
        return nil
    }
}

func rejection(_ frame: String) -> Rejection? { rejection(Array(frame.utf8)) }
