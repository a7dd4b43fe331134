// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Live
internal import NIOCore

/// The client's end of one exchange: `HTTP1ServerHandler` over a connection, `HTTP2Stream` over one of a connection's many.
///
/// On the loop. The exchange sends one head, then body, then exactly one of `end` and `abort`, which it calls last: a
/// kept-alive connection may begin its next request before they return.
protocol ClientStream: AnyObject {
    /// `false`: what was sent waits for the client; stop until told otherwise.
    var isWritable: Bool { get }
    /// Bytes written and not yet handed to the socket.
    var pendingBytes: Int { get }
    /// The exchange wants body bytes (again).
    func resumeReading()
    /// `100 Continue`.
    func sendContinue()
    /// A 103 of the upstream.
    func sendInterim(_ head: MessageHead)
    /// An upstream's head, with our fields.
    func sendHead(_ head: MessageHead, framing: BodyFraming, statement: HeaderPolicy.ResponseStatement)
    /// An own head whose body follows without a known length.
    func sendStreamHead(_ answer: Answer)
    /// A complete own response; `end` follows, with the same `reusable`.
    func send(_ answer: Answer, reusable: Bool)
    func sendBody(_ bytes: ByteBuffer)
    func flush()
    /// The response is whole. `reusable`: the request was too, so that another may follow on the connection.
    func end(reusable: Bool)
    /// The response stays visibly incomplete (proxy.md §7).
    func abort()
    /// Answers 101 and hands the connection over. Only HTTP/1.1 streams are asked.
    func upgrade(accept: String, join: JoinRequest)
    /// Passes an upstream's 101 on and puts `handler` in the place of HTTP. Only HTTP/1.1 streams are asked.
    func switchProtocols(
        _ head: MessageHead,
        statement: HeaderPolicy.ResponseStatement,
        to handler: TunnelClientHandler
    )
}

/// What a connection knows about itself, for every request on it.
struct ConnectionFacts {
    let role: ListenerRole
    let client: ClientAddress
    /// The peer may say whom it speaks for, and which trace the request belongs to.
    var isTrusted = false
    /// What the client asked for in its TLS handshake (SNI), in lower case.
    var serverName: [UInt8]?
}
