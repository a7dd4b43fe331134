// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPMessages
package import NIOCore

/// Receives one exchange's answer, on the loop the exchange was started on, never from within `LoopPool.start`.
///
/// Order: interim heads, the head, body parts, then `exchangeEnded` — or `failed` in place of whatever is still
/// missing. After either of the two, and after `cancel`, nothing more comes. The exchange holds the delegate until
/// then.
package protocol UpstreamExchangeDelegate: AnyObject {
    /// The upstream's 100: it wants the body of a request that asked it first.
    func exchangeMayContinue(_ exchange: UpstreamExchange)
    /// 103 only; 102 is for us.
    func exchange(_ exchange: UpstreamExchange, receivedInterim head: borrowing MessageHead)
    func exchange(_ exchange: UpstreamExchange, receivedHead head: borrowing MessageHead, framing: BodyFraming)
    /// A slice of what was read, decoded, never empty.
    func exchange(_ exchange: UpstreamExchange, receivedBody bytes: ByteBuffer)
    /// What one read brought has been delivered: the moment to flush. Not called after `exchangeEnded`, which is one
    /// too.
    func exchangeReadComplete(_ exchange: UpstreamExchange)
    /// The answer is complete. Said even if the request's body is not: what is still written of it is dropped.
    func exchangeEnded(_ exchange: UpstreamExchange)
    /// After the head was delivered this means: the answer is cut off, and must be seen to be.
    func exchange(_ exchange: UpstreamExchange, failed error: UpstreamError)
    /// Only for a request that `upgrades`: the upstream answered 101, and the connection is the receiver's to use and to
    /// close. The last call.
    func exchange(
        _ exchange: UpstreamExchange,
        switchedProtocols head: borrowing MessageHead,
        to connection: UpgradedConnection
    )
    /// Whether more of the request's body is wanted. May be called from within `write` and `flush`.
    func exchange(_ exchange: UpstreamExchange, isWritable: Bool)
}

extension UpstreamExchangeDelegate {
    /// Who does not ask need not wait.
    package func exchangeMayContinue(_ exchange: UpstreamExchange) {}

    /// Who never asks for another protocol never gets one.
    package func exchange(
        _ exchange: UpstreamExchange,
        switchedProtocols head: borrowing MessageHead,
        to connection: UpgradedConnection
    ) {
        connection.close()
    }
}
