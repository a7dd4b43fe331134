// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import Testing

@testable import Upstreams

@Suite("Exchange machine")
struct UpstreamExchangeStateMachineTests {
    @Test("A plain exchange ends with a reusable connection")
    func plain() {
        var machine = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.finish() == .none)
        #expect(machine.receivedHead(status: 200, framing: .length(1), keepsAlive: true) == .deliver)
        #expect(machine.isInBody == true)
        #expect(machine.receivedEnd(excess: false) == .end(reuse: true))
        #expect(machine.isFinished == true)
        #expect(machine.receivedEnd(excess: false) == .ignore)
        #expect(machine.lost() == .ignore)
        #expect(machine.end() == false)
    }

    @Test(
        "Any doubt keeps a connection out of the pool",
        arguments: [
            (true, BodyFraming.length(1), true), (false, .length(1), false), (false, .untilClose, true),
        ]
    )
    func doubt(excess: Bool, framing: BodyFraming, keepsAlive: Bool) {
        var machine = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.receivedHead(status: 200, framing: framing, keepsAlive: keepsAlive) == .deliver)
        #expect(machine.receivedEnd(excess: excess) == .end(reuse: false))
    }

    @Test("A declared length is kept exactly")
    func length() {
        var machine = UpstreamExchange.StateMachine(framing: .length(3), method: .post)
        #expect(machine.write(2) == .send)
        #expect(machine.connected(isReused: true) == true)
        #expect(machine.write(0) == .drop)
        #expect(machine.write(2) == .fail("request body longer than declared"))
        #expect(machine.write(1) == .send)
        #expect(machine.finish() == .sent)
        #expect(machine.isRequestSent == true)
        var short = UpstreamExchange.StateMachine(framing: .length(3), method: .post)
        #expect(short.finish() == .fail("request body shorter than declared"))
    }

    @Test("A chunked body ends with its last chunk, once")
    func chunked() {
        var machine = UpstreamExchange.StateMachine(framing: .chunked, method: .post)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.write(5) == .sendChunk)
        #expect(machine.finish() == .sendLastChunk)
        #expect(machine.finish() == .none)
        #expect(machine.write(1) == .fail("request body after its end"))
    }

    @Test("An answer that ends before the request's body is delivered, and its connection not reused")
    func early() {
        var machine = UpstreamExchange.StateMachine(framing: .length(3), method: .post)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.receivedHead(status: 413, framing: .none, keepsAlive: true) == .deliver)
        #expect(machine.receivedEnd(excess: false) == .end(reuse: false))
        #expect(machine.write(3) == .drop)
        #expect(machine.finish() == .none)
    }

    @Test("Of interim answers 103 passes, ten are borne, 101 is refused")
    func interims() {
        var machine = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(machine.connected(isReused: false) == true)
        for _ in 0..<5 {
            #expect(machine.receivedHead(status: 100, framing: .none, keepsAlive: true) == .swallow)
            #expect(machine.receivedHead(status: 103, framing: .none, keepsAlive: true) == .deliverInterim)
        }
        #expect(
            machine.receivedHead(status: 102, framing: .none, keepsAlive: true) == .fail("more than 10 interim answers")
        )
        #expect(machine.isFinished == true)
        var switching = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(switching.connected(isReused: false) == true)
        #expect(
            switching.receivedHead(status: 101, framing: .none, keepsAlive: true)
                == .fail("protocol switch nobody asked for")
        )
    }

    @Test("A stale connection gives a bodiless idempotent request one fresh try, nothing else one")
    func retry() {
        var machine = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(machine.connected(isReused: true) == true)
        #expect(machine.lost() == .retry)
        #expect(machine.connected(isReused: true) == true)
        #expect(machine.lost() == .fail(isEndpointsFault: false))

        var post = UpstreamExchange.StateMachine(framing: .none, method: .post)
        #expect(post.connected(isReused: true) == true)
        #expect(post.lost() == .fail(isEndpointsFault: false))

        var withBody = UpstreamExchange.StateMachine(framing: .length(1), method: .put)
        #expect(withBody.connected(isReused: true) == true)
        #expect(withBody.lost() == .fail(isEndpointsFault: false))

        var fresh = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(fresh.connected(isReused: false) == true)
        #expect(fresh.lost() == .fail(isEndpointsFault: true))

        var touched = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(touched.connected(isReused: true) == true)
        touched.receivedBytes()
        #expect(touched.lost() == .fail(isEndpointsFault: true))
    }
}
