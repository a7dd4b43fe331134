// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore

/// `100 Continue`: who waits for whom (proxy.md §4).
///
/// We have decided before anything is forwarded; then the upstream has its say. Its 100 lets the client's body come; so does a
/// second of silence, since many a server reads on without a word. Its final answer instead is the answer.
extension RequestExchange: NIOScheduledCallbackHandler {
    private static let patience = TimeAmount.seconds(1)

    /// Until then the body waits at the client.
    func awaitContinue() {
        // Throws only once the loop is shutting down, and then nothing is served any more.
        self.continueTimer = try? self.worker.loop.assumeIsolatedUnsafeUnchecked().scheduleCallback(
            in: Self.patience,
            handler: self
        )
        self.awaitsContinue = self.continueTimer != nil
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        self.continueTimer = nil
        self.continueNow()
    }

    /// The upstream wants the body, or has had its time to refuse it.
    func continueNow() {
        guard self.awaitsContinue else { return }
        self.stopAwaitingContinue()
        self.client.sendContinue()
        self.client.resumeReading()
    }

    /// The final answer has come first: a body not asked for by now is not wanted.
    func bodyCameTooLate() {
        self.continueTimer?.cancel()
        self.continueTimer = nil
    }

    func stopAwaitingContinue() {
        guard self.awaitsContinue else { return }
        self.awaitsContinue = false
        self.continueTimer?.cancel()
        self.continueTimer = nil
    }

    /// An interim answer may be sent now: none of the final one was, and the client knows what it is.
    var mayContinue: Bool { self.head.version == .http11 && self.machine.awaitsAnswer }

    /// The answer is worth sending to a client that has ended its side. A live stream and a tunnel end with it.
    var outlivesInput: Bool { self.live == nil && self.tunnel == nil }
}
