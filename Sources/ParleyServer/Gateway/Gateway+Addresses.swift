import Logging
import NIOCore
import ParleyProtocol
package import ParleyTransport

/// How the limits by address see whoever asks for a connection.
package enum AddressStanding: Hashable, Sendable {
    /// A program on this machine, by a connection of its own.
    case own
    /// A proxy does not say for whom it speaks: all of its clients would be one address.
    case unknown
    case counted(ClientAddress)

    /// `nil`: nobody's account.
    package var address: ClientAddress? {
        switch self {
        case .own, .unknown: nil
        case .counted(let address): address
        }
    }
}

extension ServerConfiguration {
    package func standing(of origin: ClientOrigin) -> AddressStanding {
        guard let address = origin.address else { return .unknown }
        if address.isLoopback, !origin.isProxied, !self.limitsLoopback { return .own }
        return self.proxies.contains(address) ? .unknown : .counted(address.limitKey)
    }
}

/// Limits by address: `AddressLimits+StateMachine.swift` thinks, this acts.
extension Gateway {
    private var uptime: UInt64 { self.eventLoop.now.uptimeNanoseconds }

    // MARK: Sockets

    /// For an accepted socket, before anything is read from it or said to it.
    ///
    /// - Parameter address: of whoever opened it: the socket's, or what a PROXY header says.
    /// - Returns: whether it may stay.
    func admitSocket(_ channel: any Channel, of origin: ClientOrigin) -> Bool {
        guard case .counted(let address) = self.configuration.standing(of: origin) else { return true }
        guard self.processWide.addresses({ $0.socketOpened(address) }) else {
            self.counters.socketsRefused += 1
            self.meter.add(Cost(refused: 1), address: address)
            return false
        }
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            self.processWide.addresses { $0.socketClosed(address) }
        }
        return true
    }

    // MARK: Upgrades

    func judgeAddress(_ standing: AddressStanding, isReturning: Bool) throws(ConnectionDenial) {
        if case .own = standing { return }
        let now = self.uptime
        switch self.processWide.addresses({ $0.judge(standing.address, isReturning: isReturning, now: now) }) {
        case nil: return
        case .tooManyConnections:
            // Somebody has to go first; nobody knows when that is.
            throw ConnectionDenial(.tooManyConnections, retryAfterMilliseconds: 10_000)
        case .rateLimited(let wait): throw ConnectionDenial(.rateLimited, retryAfterMilliseconds: wait)
        case .busy(let wait): throw ConnectionDenial(.busy, retryAfterMilliseconds: wait)
        }
    }

    /// For the twin of the upgrade.
    func denial(of origin: ClientOrigin, isReturning: Bool) -> ConnectionDenial? {
        do throws(ConnectionDenial) {
            try self.judgeAddress(self.configuration.standing(of: origin), isReturning: isReturning)
            return nil
        } catch {
            return error
        }
    }

    func countConnection(_ standing: AddressStanding) {
        if case .own = standing { return }
        let now = self.uptime
        self.processWide.addresses { $0.connectionOpened(standing.address, now: now) }
        self.meter.add(Cost(connections: 1), address: standing.address)
    }

    // MARK: Failures

    /// - Parameter address: as ``AddressStanding/address`` gives it.
    /// - Returns: for how long whoever comes from there has to wait; `nil`: they may try.
    func mayTry(_ attempt: AddressLimits.Attempt, from address: ClientAddress?) -> UInt64? {
        guard let address else { return nil }
        let now = self.uptime
        return self.processWide.addresses { $0.wait(of: address, for: attempt, now: now) }
    }

    /// A forged token, ticket or key, a wrong PIN: what an honest client does not say again and again. What was good
    /// once and is over is no failure.
    func noteFailure(_ attempt: AddressLimits.Attempt, from address: ClientAddress?) {
        self.counters.failuresNoted += 1
        guard let address else { return }
        self.meter.add(Cost(failures: 1), address: address)
        let now = self.uptime
        self.processWide.addresses { $0.failed(address, at: attempt, now: now) }
    }

    /// A secret that nobody knows may be of before a restart that has lost the keys.
    func noteUnknownSecret(from address: ClientAddress?) {
        let forgiven = self.startedAt + .milliseconds(Int64(self.limits.secretsForgivenMilliseconds))
        guard self.eventLoop.now >= forgiven else { return }
        self.noteFailure(.credential, from: address)
    }
}

extension UpgradeRequest {
    /// `?resume=1`: a word of the client, for when there is a crowd.
    var saysThatItReturns: Bool {
        (self.query ?? "").split(separator: "&").contains("resume=1")
    }
}
