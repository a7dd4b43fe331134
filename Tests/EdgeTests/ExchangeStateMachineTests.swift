// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Edge

@Suite("ExchangeStateMachine")
struct ExchangeStateMachineTests {
    @Test("No body byte is taken before the decision")
    func noBodyBeforeDecision() {
        var machine = ExchangeStateMachine()
        machine.begin(hasBody: true)
        expect(machine.wantsBody, false)
        expect(machine.bodyReceived(1), .ignore)
        expect(machine.forward(limit: 10), false)
        expect(machine.wantsBody, true)
        expect(machine.bodyReceived(1), .forward)
    }

    @Test("The limit holds at n and not at n + 1, before and after the head")
    func limit() {
        var machine = ExchangeStateMachine()
        machine.begin(hasBody: true)
        _ = machine.forward(limit: 10)
        expect(machine.bodyReceived(10), .forward)
        expect(machine.bodyReceived(1), .refuseTooLarge)
        expect(machine.fail(), .answer(cancelUpstream: true, reuseConnection: false))

        machine.begin(hasBody: true)
        _ = machine.forward(limit: 10)
        expect(machine.upstreamHead(), .relay)
        expect(machine.bodyReceived(11), .abortTooLarge)
        expect(machine.fail(), .abort(cancelUpstream: true))

        machine.begin(hasBody: true)
        _ = machine.forward(limit: 0)
        expect(machine.bodyReceived(1 << 40), .forward)
    }

    @Test("A whole exchange leaves the connection fit for the next")
    func whole() {
        var machine = ExchangeStateMachine()
        machine.begin(hasBody: true)
        _ = machine.forward(limit: 0)
        expect(machine.bodyReceived(3), .forward)
        expect(machine.bodyEnded(), .finishUpstream)
        expect(machine.upstreamHead(), .relay)
        expect(machine.upstreamHead(), .ignore)
        expect(machine.upstreamEnded(), .end(reuseConnection: true))
        expect(machine.upstreamEnded(), .ignore)
        expect(machine.clientGone(), .ignore)
    }

    @Test("An answer that comes before the body is whole costs the connection")
    func earlyAnswer() {
        var machine = ExchangeStateMachine()
        machine.begin(hasBody: true)
        _ = machine.forward(limit: 0)
        _ = machine.upstreamHead()
        expect(machine.upstreamEnded(), .end(reuseConnection: false))
    }

    @Test("Failure before the head is an answer, after it an abort, and happens once")
    func failure() {
        var machine = ExchangeStateMachine()
        machine.begin(hasBody: false)
        expect(machine.forward(limit: 0), true)
        expect(machine.fail(), .answer(cancelUpstream: true, reuseConnection: true))
        expect(machine.fail(), .ignore)

        machine.begin(hasBody: false)
        _ = machine.forward(limit: 0)
        _ = machine.upstreamHead()
        expect(machine.fail(), .abort(cancelUpstream: true))
        expect(machine.upstreamEnded(), .ignore)
    }

    @Test("A client that leaves cancels what runs for it")
    func clientGone() {
        var machine = ExchangeStateMachine()
        expect(machine.clientGone(), .ignore)
        machine.begin(hasBody: false)
        expect(machine.clientGone(), .forget)
        machine.begin(hasBody: false)
        _ = machine.forward(limit: 0)
        expect(machine.clientGone(), .cancelUpstream)
        machine.begin(hasBody: false)
        machine.stream()
        expect(machine.clientGone(), .stopStream)
    }

    @Test("An endpoint runs once its body is whole")
    func endpoint() {
        var machine = ExchangeStateMachine()
        machine.begin(hasBody: true)
        expect(machine.collect(limit: 4), false)
        expect(machine.bodyReceived(4), .collect)
        expect(machine.bodyEnded(), .runEndpoint)
        expect(machine.answered(), .end(reuseConnection: true))

        machine.begin(hasBody: true)
        _ = machine.collect(limit: 4)
        expect(machine.bodyReceived(5), .refuseTooLarge)
        expect(machine.fail(), .answer(cancelUpstream: false, reuseConnection: false))
    }
}

/// `#expect` copies what it looks at; the machine cannot be copied.
private func expect<Value: Equatable>(_ value: Value, _ expected: Value, at location: SourceLocation = #_sourceLocation)
{
    #expect(value == expected, sourceLocation: location)
}
