// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Live
internal import Logging
internal import NIOCore
internal import Observability
internal import ServiceLifecycle
internal import Settings
internal import UnixSignals

/// The WebSocket handler of `/live` as an echo, for RFC 6455 conformance suites. Plain, for loopback.
@main
struct LiveEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live-echo",
        abstract: "Answer each WebSocket message with itself, through the handler of /live.",
        discussion: """
            live-echo --listen 127.0.0.1:9001     then run any conformance suite against ws://127.0.0.1:9001

            Every cap is off unless given here; a message has at most 16 MiB all the same. Permessage-deflate is not offered.
            Logs one JSON object a line on standard error. SIGTERM and SIGINT end it.
            """
    )

    @Option(help: ArgumentHelp("Where to listen; port 0 takes any free one.", valueName: "host:port"))
    var listen = "127.0.0.1:9001"

    @Option(help: ArgumentHelp("Longest message; one byte more is closed with 4009.", valueName: "bytes"))
    var maxMessage = 0

    @Option(help: ArgumentHelp("Seconds to wait for the peer's half of a close.", valueName: "seconds"))
    var close = 5

    func validate() throws {
        guard maxMessage >= 0, (1...3600).contains(close) else {
            throw ValidationError("--max-message is 0 or more bytes, --close 1 to 3600 seconds.")
        }
        // The address is told again when it is used; here only whether it is one.
        do { _ = try ListenAddress(parsing: listen) } catch { throw ValidationError("--listen: \(error)") }
    }

    func run() async throws {
        LogFormat.json.bootstrap(level: .info)
        let logger = Logger(label: "live-echo")
        let server = EchoServer(
            address: try ListenAddress(parsing: listen),
            echo: WebSocketEcho(messageLimit: maxMessage, closeTimeout: .seconds(Int64(close))),
            logger: logger
        )
        let group = ServiceGroup(
            services: [server],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        do { try await group.run() } catch {
            logger.error("stopped", metadata: ["reason": "\(error)"])
            throw ExitCode.failure
        }
    }
}
