// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOPosix
import Sessions
import Testing
import Wire

@testable import Gateway

@Suite("The parts of a gateway")
struct AssemblyTests {
    private let fixture: ConfigurationFixture

    init() throws { fixture = try ConfigurationFixture() }

    @Test(
        "Publishers are held to the live limit; where that is off, to the log's own",
        arguments: [("1KiB", 1024), ("0", 65_536)]
    )
    func dataLimit(_ limit: String, _ bytes: Int) throws {
        let settings = try fixture.settings([("live:      {", "live:      { limits: { event: \(limit) },")])
        let stores = try EventStores(
            settings: settings,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: AdminHarness.logger
        )
        #expect(stores.maxData == bytes)
        #expect(stores.redis == nil)
        #expect(stores.services.isEmpty)
    }

    @Test(
        "The end of a session closes its sockets with a code that tells the client whether to come back",
        arguments: [
            (EndReason.logout, CloseCode.sessionEnded), (.revoked, .sessionEnded), (.refused, .sessionEnded),
            (.expired, .loginRequired), (.renewed, .sessionRenewed),
        ]
    )
    func closeCodes(_ reason: EndReason, _ code: CloseCode) { #expect(LiveSessions.closeCode(reason) == code) }
}
