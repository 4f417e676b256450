import ParleyServer

extension FuzzTarget {
    /// A message that is taken is written so that it is read as the same one.
    static let stun = FuzzTarget(name: "stun") { input in
        let bytes = Array(input)
        guard let message = try? StunMessage(bytes) else { return }
        _ = StunMessage.isSigned(bytes, with: [1, 2, 3])
        for attribute in message.attributes {
            _ = StunFailure(attribute.value)
            if let address = StunAddress(masked: attribute.value, transaction: message.transaction) {
                let again = address.masked(transaction: message.transaction)
                try demand(again.dropFirst() == attribute.value.dropFirst(), "\(address) is masked differently")
                try demand(!address.description.isEmpty, "an address without a text")
            }
        }
        let written = message.encoded(key: [1, 2, 3])
        try demand((try? StunMessage(written)) == message, "reads its own message differently")
        try demand(StunMessage.isSigned(written, with: [1, 2, 3]) == true, "does not believe its own signature")
    }

    /// What a server answers, again and again, to somebody who asks for a relay. It comes to an end, and is told once.
    static let probes = FuzzTarget(name: "probes") { input in
        var feed = Feed(input)
        let transaction = [UInt8](repeating: 9, count: StunMessage.transactionBytes)
        let purpose: TurnProbe.Purpose =
            feed.byte() & 1 == 0 ? .bind : .allocate(username: "ada", password: "secret")
        let forbidden = [StunAddress([127, 0, 0, 1], port: 80), StunAddress([10, 0, 0, 1], port: 80)]
        var probe = TurnProbe(purpose, forbidden: forbidden, transaction: transaction)
        _ = probe.begin()
        var ends = 0
        for _ in 0..<10 {
            let length = Int(feed.byte()) << 8 | Int(feed.byte())
            var answer = Array(feed.rest.prefix(length))
            for _ in answer { _ = feed.byte() }
            // Its transaction, so that it is an answer at all.
            if answer.count >= 20 { answer.replaceSubrange(8..<20, with: transaction) }
            let effects = length == 0xFFFF ? probe.silence() : probe.received(answer, next: transaction)
            if case .done? = effects.first { ends += 1 }
            try demand(ends <= 1, "told \(ends) times")
        }
    }
}
