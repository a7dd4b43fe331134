// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import gatecast

@Suite("Who has a port")
struct PortHolderTests {
    private static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
           1: 0100007F:20FB 0100007F:B1F2 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
           2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
        """

    @Test("Only sockets that listen count, and only those of the port")
    func parsing() {
        #expect(PortHolder.sockets(listeningOn: 8443, in: Self.table) == ["4711"])
        #expect(PortHolder.sockets(listeningOn: 22, in: Self.table) == ["4713"])
        #expect(PortHolder.sockets(listeningOn: 80, in: Self.table) == [])
        #expect(PortHolder.sockets(listeningOn: 80, in: "") == [])
        #expect(PortHolder.sockets(listeningOn: 80, in: "header\nshort line\n") == [])
    }

    @Test("A process of ours is found by its port")
    func found() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        // The other tests open and close descriptors all the time, and a listing that is disturbed finds nothing.
        try await eventually { PortHolder.find(port: port)?.pid == getpid() }
        try await eventually { PortHolder.words(for: port).contains("kill \(getpid()) ends it") }
        try await listener.close().get()
    }
}
