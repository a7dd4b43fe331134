// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import Foundation
import Settings
import TestSupport
import Testing

@testable import Gateway

@Suite("Inherited sockets")
struct InheritedSocketsTests {
    @Test(
        "Names say which is which; without names of ours the order does",
        arguments: [
            (1, nil, ["public"]), (2, nil, ["public", "internal"]), (2, "unknown:unknown", ["public", "internal"]),
            (1, "gatecast.socket", ["public"]), (2, "internal:public", ["internal", "public"]),
            (1, "internal", ["internal"]),
        ] as [(Int, String?, [String])]
    )
    func roles(_ count: Int, _ names: String?, _ expected: [String]) throws {
        #expect(try InheritedSockets.roles(count: count, names: names).map(\.rawValue) == expected)
    }

    @Test(
        "Too many, a name twice, or half named, is refused",
        arguments: [(3, nil), (2, "public:public"), (2, "public:admin"), (2, "public")] as [(Int, String?)]
    )
    func refused(_ count: Int, _ names: String?) {
        #expect(throws: InheritedSockets.Unusable.self) { try InheritedSockets.roles(count: count, names: names) }
    }

    @Test("What was passed to another process, or not at all, is left alone")
    func others() throws {
        for environment in [
            [:], ["LISTEN_FDS": "2"], ["LISTEN_FDS": "2", "LISTEN_PID": "1"], ["LISTEN_FDS": "0", "LISTEN_PID": "7"],
            ["LISTEN_FDS": "x", "LISTEN_PID": "7"],
        ] {
            #expect(try InheritedSockets.passed(in: environment, to: 7).sockets.isEmpty)
        }
    }

    @Test("A socket is known by its address; port 0 means any")
    func address() throws {
        let socket = try ListeningSocket.open(ListenAddress(host: "127.0.0.1", port: 0))
        defer { socket.close() }
        let port = socket.address.port
        #expect(port > 0)
        #expect(socket.serves(ListenAddress(host: "127.0.0.1", port: port)))
        #expect(socket.serves(ListenAddress(host: "127.0.0.1", port: 0)))
        #expect(!socket.serves(ListenAddress(host: "127.0.0.1", port: port ^ 1)))
        #expect(!socket.serves(ListenAddress(host: "0.0.0.0", port: port)))
        #expect(throws: (any Error).self) { try ListeningSocket.open(ListenAddress(host: "127.0.0.1", port: port)) }
    }

    @Test("Descriptors travel beside a line, and what came is the same socket")
    func descriptors() throws {
        let path = NSTemporaryDirectory() + "gatecast-\(UInt32.random(in: 0 ... .max)).sock"
        defer { unlink(path) }
        let listener = try UnixSocket.listen(at: path)
        let client = try UnixSocket.connect(to: path)
        let server = try listener.accept()
        try server.setTimeLimit(seconds: 10)
        try client.setTimeLimit(seconds: 10)
        let sockets = try (0..<3).map { _ in try ListeningSocket.open(ListenAddress(host: "127.0.0.1", port: 0)) }
        try server.send("a b c", descriptors: sockets.map(\.descriptor))
        let (line, descriptors) = try client.receive()
        #expect(line == "a b c")
        let received = try descriptors.map { try ListeningSocket(inheriting: $0) }
        #expect(received.map(\.address) == sockets.map(\.address))
        try client.send("no descriptors")
        #expect(try server.receive().descriptors.isEmpty)
        for socket in sockets + received { socket.close() }
        #expect(throws: UnixSocket.Failure.self) { try UnixSocket.connect(to: path + ".none") }
        #expect(throws: UnixSocket.Failure.self) { try UnixSocket.listen(at: "/" + String(repeating: "x", count: 200)) }
    }

    @Test("A signal wakes who waits, now and later, and a cancelled waiter is let go")
    func signal() async throws {
        let signal = Signal()
        let waiting = Task { await signal.wait() }
        let cancelled = Task { await signal.wait() }
        cancelled.cancel()
        await cancelled.value
        signal.raise()
        await waiting.value
        await signal.wait()
    }
}
