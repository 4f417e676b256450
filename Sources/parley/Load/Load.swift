import ArgumentParser

struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a load on a server, and check that it serves it rightly.",
        discussion: """
            On your own deployment: the load is real, and rooms are made for it. What has arrived is checked: \
            something lost, twice, out of order, altered, or two who hold different states of one room make the \
            command fail, and so does a load that was busy all the time (its times are then its own). \
            docs/LOAD.md says what the numbers mean, and which limits of the server are in the way of one address.
            """,
        subcommands: [
            LoadRelay.self, LoadBroadcast.self, LoadJoinStorm.self, LoadResumeStorm.self, LoadIdle.self,
            LoadMeeting.self, LoadSoak.self, LoadServerLoss.self, LoadCalls.self, LoadPresence.self,
        ]
    )
}
