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

    @Test("Of interim answers 103 passes, 100 is told, ten are borne, 101 is refused")
    func interims() {
        var machine = UpstreamExchange.StateMachine(framing: .none, method: .get)
        #expect(machine.connected(isReused: false) == true)
        for _ in 0..<5 {
            #expect(machine.receivedHead(status: 100, framing: .none, keepsAlive: true) == .mayContinue)
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

    private typealias Machine = UpstreamExchange.StateMachine

    @Test("A stale connection gives an idempotent request one fresh try, then one retry, then nothing")
    func stale() {
        var machine = Machine(framing: .none, method: .get)
        #expect(machine.connected(isReused: true) == true)
        #expect(machine.lost() == .refresh)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.lost() == .retry)
        #expect(machine.connected(isReused: true) == true)
        #expect(machine.lost() == .fail(isEndpointsFault: false))
    }

    @Test("What is not idempotent, was touched by an answer, or may not be retried is lost for good")
    func noRetry() {
        var post = Machine(framing: .none, method: .post)
        #expect(post.connected(isReused: true) == true)
        #expect(post.lost() == .fail(isEndpointsFault: false))

        var freshPost = Machine(framing: .none, method: .post)
        #expect(freshPost.connected(isReused: false) == true)
        #expect(freshPost.lost() == .fail(isEndpointsFault: true))

        var touched = Machine(framing: .none, method: .get)
        #expect(touched.connected(isReused: true) == true)
        touched.receivedBytes()
        #expect(touched.lost() == .fail(isEndpointsFault: true))

        var never = Machine(framing: .none, method: .get, allowsRetry: false)
        #expect(never.connected(isReused: true) == true)
        #expect(never.lost() == .fail(isEndpointsFault: false))

        var tunnel = Machine(framing: .none, method: .get, upgrades: true)
        #expect(tunnel.connected(isReused: false) == true)
        #expect(tunnel.lost() == .fail(isEndpointsFault: true))
    }

    @Test("A connection that never stood lets any method try again, once")
    func connectFailed() {
        var post = Machine(framing: .length(3), method: .post)
        #expect(post.write(3) == .send)
        #expect(post.connectFailed() == .retry)
        #expect(post.connectFailed() == .fail(isEndpointsFault: true))
        #expect(post.connectFailed() == .ignore)

        var never = Machine(framing: .none, method: .get, allowsRetry: false)
        #expect(never.connectFailed() == .fail(isEndpointsFault: true))
    }

    @Test("A body of 64 KiB is kept for a second try, one byte more is not", arguments: [0, 1])
    func kept(excess: Int) {
        let size = Machine.keptLimit + excess
        var machine = Machine(framing: .length(size), method: .put)
        #expect(machine.keepsBody == true)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.write(size) == .send)
        #expect(machine.keepsBody == (excess == 0))
        #expect(machine.lost() == (excess == 0 ? .retry : .fail(isEndpointsFault: true)))
    }

    @Test("Nothing is kept for a POST, nor once an answer has begun, nor on the last try")
    func notKept() {
        let post = Machine(framing: .length(1), method: .post)
        #expect(post.keepsBody == false)
        var put = Machine(framing: .length(1), method: .put)
        #expect(put.connected(isReused: false) == true)
        put.receivedBytes()
        #expect(put.keepsBody == false)
        var last = Machine(framing: .length(1), method: .put)
        #expect(last.connectFailed() == .retry)
        #expect(last.connected(isReused: false) == true)
        #expect(last.keepsBody == false)
    }

    @Test("A retried request goes on where its client is")
    func continues() {
        var machine = Machine(framing: .length(4), method: .put)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.write(2) == .send)
        #expect(machine.lost() == .retry)
        #expect(machine.write(2) == .send)
        #expect(machine.finish() == .sent)
        #expect(machine.connected(isReused: false) == true)
        #expect(machine.isRequestSent == true)
    }
}
