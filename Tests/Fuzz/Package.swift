// swift-tools-version:6.2
import PackageDescription

// The fuzz targets, and what they look at, built with coverage and the address sanitizer: see run.py, which puts this
// beside `Sources` and `Tests`. Only what reads and only what it needs, so that it is built in a few minutes.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"]),
]
/// `run.py` builds everything optimized, also what others have written: several times as many inputs in the same time.
/// What is asserted in ours is looked at all the same.
let fast = settings + [.unsafeFlags(["-O", "-assert-config", "Debug"])]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "parley-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    ],
    targets: [
        .target(name: "ParleyProtocol", path: "Sources/ParleyProtocol", swiftSettings: fast),
        .target(
            name: "ParleyRooms",
            dependencies: ["ParleyProtocol", .product(name: "HashTreeCollections", package: "swift-collections")],
            path: "Sources/ParleyRooms",
            swiftSettings: fast
        ),
        .target(
            name: "ParleyEngine",
            dependencies: ["ParleyProtocol", nioCore],
            path: "Sources/ParleyEngine",
            swiftSettings: fast
        ),
        .target(
            name: "ParleyTransport",
            dependencies: ["NIOSSL", nioCore],
            path: "Sources/ParleyTransport",
            exclude: ["WebSocketClientConnection+Network.swift", "WebSocketListener.swift"],
            swiftSettings: fast
        ),
        // Stand-ins.
        .target(name: "NIOSSL", dependencies: [nioCore], path: "Tests/Fuzz/NIOSSL", swiftSettings: fast),
        .target(name: "Crypto", path: "Tests/Fuzz/Crypto", swiftSettings: fast),
        .target(name: "JWTKit", dependencies: ["Crypto"], path: "Tests/Fuzz/JWTKit", swiftSettings: fast),
        .target(
            name: "ParleyServer",
            dependencies: [
                "Crypto", "JWTKit", "ParleyProtocol", "ParleyRooms", "ParleyEngine", "ParleyTransport", nioCore, log,
            ],
            path: "Sources/ParleyServer",
            sources: [
                "Access/ConnectionRefusal.swift", "Access/ForwardingHeaders.swift", "Access/ResumeSecret.swift",
                "Access/Revocations/Revocation.swift", "Access/Revocations/RevocationBook.swift",
                "Access/Revocations/RevocationLog+Coding.swift", "Access/Revocations/RevocationLog+StateMachine.swift",
                "Access/Revocations/RevocationOrder.swift", "Access/Tokens", "Access/TransferTicket.swift",
                "Access/TrustedProxies.swift", "Access/Webhook/AuthorizationAnswer.swift",
                "Audit/AuditAction.swift", "Audit/AuditChain.swift", "Audit/AuditEntry.swift",
                "Audit/AuditTail.swift", "Audit/AuditVerification.swift",
                "Rooms/Chat/ChatEntry+Coding.swift", "Rooms/RoomEntry+Coding.swift", "Rooms/RoomHint.swift",
                "Rooms/RoomHostTypes.swift", "Turn/Stun/StunAttribute.swift", "Turn/Stun/StunBytes.swift",
                "Turn/Stun/StunMessage.swift", "Turn/Stun/TurnAddress.swift", "Turn/Stun/TurnProbe+StateMachine.swift",
                "Turn/TurnSecret.swift", "Turn/Vendors/Base64.swift", "Turn/Vendors/TurnVendor.swift",
            ],
            swiftSettings: fast
        ),
        .target(
            name: "ParleyLoad",
            dependencies: ["ParleyProtocol"],
            path: "Sources/ParleyLoad",
            sources: ["Peer/HeardFrame.swift", "Relay/SignalText.swift"],
            swiftSettings: fast
        ),
        .target(
            name: "ParleyRedis",
            dependencies: [
                "ParleyProtocol", nioCore, .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "Sources/ParleyRedis",
            sources: [
                "Wire/Address", "Wire/Checks", "Wire/Connection/RedisGreeting+StateMachine.swift",
                "Wire/RESP/RESPBuilder.swift", "Wire/RESP/RESPDecoder+StateMachine.swift", "Wire/RESP/RESPValue.swift",
                "Wire/RESP/RedisCommand.swift", "Wire/RESP/RedisKey.swift",
                "Wire/Subscriptions/RedisSubscriptions+StateMachine.swift",
            ],
            swiftSettings: fast
        ),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ParleyRedis",
                "Crypto", "JWTKit", "ParleyLoad", "ParleyProtocol", "ParleyRooms", "ParleyEngine", "ParleyTransport",
                "ParleyServer", nioCore, .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Tests/Fuzz/Targets",
            swiftSettings: fast
        ),
        .executableTarget(
            name: "fuzz",
            dependencies: ["FuzzTargets"],
            path: "Tests/Fuzz/Driver",
            swiftSettings: fast,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
        ),
    ],
    swiftLanguageModes: [.v6]
)
